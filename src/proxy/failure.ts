import type { FailureCode } from '../base/errors.js'

/** Whose fault a failure is, and on whose side it is counted: decides what health learns from it. */
export type Fault = 'target' | 'client' | 'proxy'

/** What a failure means. */
export interface FailureMeaning {
  /** Status the client gets; 499 is for the log only: nobody is there to read an answer. */
  readonly status: number
  readonly title: string
  readonly fault: Fault
  /** May another target be tried, as far as this cause goes? `unsent` = only if no byte of the request left. */
  readonly retry: 'never' | 'unsent' | 'idempotent'
}

/** The one table from causes to answers. `docs/failures.md` is this table in words; a test holds them together. */
export const failures: Readonly<Record<FailureCode, FailureMeaning>> = {
  destination_unavailable: { status: 503, title: 'No target is available', fault: 'proxy', retry: 'never' },
  connection_limit_reached: { status: 503, title: 'All targets are at their limit', fault: 'proxy', retry: 'never' },
  queue_timeout: { status: 503, title: 'All targets stayed at their limit', fault: 'proxy', retry: 'never' },
  queue_full: { status: 503, title: 'Too many requests wait for a target', fault: 'proxy', retry: 'never' },
  draining: { status: 503, title: 'The proxy is shutting down', fault: 'proxy', retry: 'never' },
  dns_error: { status: 502, title: 'The target could not be found', fault: 'target', retry: 'unsent' },
  connection_refused: { status: 502, title: 'The target refused the connection', fault: 'target', retry: 'unsent' },
  connection_timeout: { status: 504, title: 'The target did not accept a connection in time', fault: 'target', retry: 'unsent' },
  tls_timeout: { status: 504, title: 'The target did not secure the connection in time', fault: 'target', retry: 'unsent' },
  connection_terminated: { status: 502, title: 'The target closed the connection', fault: 'target', retry: 'idempotent' },
  connection_write_timeout: { status: 504, title: 'The target stopped reading the request', fault: 'target', retry: 'idempotent' },
  connection_read_timeout: { status: 504, title: 'The target stopped sending the response', fault: 'target', retry: 'never' },
  tls_protocol_error: { status: 502, title: 'No secure connection to the target', fault: 'target', retry: 'unsent' },
  tls_certificate_error: { status: 502, title: 'The certificate of the target is not trusted', fault: 'target', retry: 'unsent' },
  http_response_timeout: { status: 504, title: 'The target did not answer in time', fault: 'target', retry: 'idempotent' },
  try_timeout: { status: 504, title: 'The target did not answer within the time of one attempt', fault: 'target', retry: 'idempotent' },
  request_timeout: { status: 504, title: 'The request took too long', fault: 'proxy', retry: 'never' },
  http_response_incomplete: { status: 502, title: 'The response of the target is incomplete', fault: 'target', retry: 'idempotent' },
  http_response_header_section_size: { status: 502, title: 'The header section of the response is too large', fault: 'target', retry: 'never' },
  http_response_transfer_coding: { status: 502, title: 'The transfer coding of the response is invalid', fault: 'target', retry: 'never' },
  http_protocol_error: { status: 502, title: 'The response of the target is not valid HTTP', fault: 'target', retry: 'never' },
  http_upgrade_failed: { status: 502, title: 'The upgrade to another protocol failed', fault: 'target', retry: 'never' },
  http_request_error: { status: 400, title: 'The request is malformed', fault: 'client', retry: 'never' },
  http_request_timeout: { status: 408, title: 'The request did not arrive in time', fault: 'client', retry: 'never' },
  upload_too_slow: { status: 408, title: 'The request arrived too slowly', fault: 'client', retry: 'never' },
  client_stalled: { status: 499, title: 'The client stopped reading the response', fault: 'client', retry: 'never' },
  proxy_internal_error: { status: 500, title: 'The proxy failed', fault: 'proxy', retry: 'never' },
  client_closed: { status: 499, title: 'The client left', fault: 'client', retry: 'never' }
}
