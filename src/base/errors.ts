/**
 * Why a request could not be proxied. Where RFC 9209 (Proxy-Status, section 2.3) has a word for the cause, that word is
 * the code; the others are ours. `proxy/failure.ts` says what each one means for the client and for a retry.
 */
export const failureCodes = [
  'destination_unavailable',
  'connection_limit_reached',
  'queue_timeout',
  'queue_full',
  'dns_error',
  'connection_refused',
  'connection_timeout',
  'tls_timeout',
  'connection_terminated',
  'connection_write_timeout',
  'connection_read_timeout',
  'tls_protocol_error',
  'tls_certificate_error',
  'http_response_timeout',
  'try_timeout',
  'request_timeout',
  'http_response_incomplete',
  'http_response_header_section_size',
  'http_response_transfer_coding',
  'http_protocol_error',
  'http_upgrade_failed',
  'http_request_error',
  'http_request_timeout',
  'upload_too_slow',
  'client_stalled',
  'proxy_internal_error',
  'client_closed',
  'draining'
] as const

export type FailureCode = typeof failureCodes[number]

/** The one error of the data path. Its message may name addresses: it is for the log, never for the client. */
export class ProxyError extends Error {
  readonly code: FailureCode

  constructor (code: FailureCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'ProxyError'
    this.code = code
  }
}

/** One thing wrong with a config: where (`pools.api.targets[2].url`) and what was expected. */
export interface ConfigFault {
  readonly path: string
  readonly message: string
}

/** A config that cannot run. Carries every fault found, not only the first. */
export class ConfigError extends Error {
  readonly faults: readonly ConfigFault[]

  constructor (faults: readonly ConfigFault[]) {
    super(faults.map(fault => fault.path === '' ? fault.message : `${fault.path}: ${fault.message}`).join('\n'))
    this.name = 'ConfigError'
    this.faults = faults
  }
}
