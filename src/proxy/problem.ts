import type { FailureCode } from '../base/errors.js'
import { failures } from './failure.js'

/** An error answer, ready to be written: RFC 9457 problem details and an RFC 9209 `Proxy-Status`. It names no address. */
export interface Problem {
  readonly status: number
  readonly headers: readonly string[]
  readonly body: string
  /** The id that the answer tells the client. */
  readonly requestId: string
}

/** Seconds a client is asked to wait where the failure is expected to pass. */
const RETRY_AFTER = '1'

/** Our own codes in the words of RFC 9209, which allows only registered ones in `Proxy-Status`. */
const REGISTERED: ReadonlyMap<FailureCode, string> = new Map<FailureCode, string>([
  ['draining', 'proxy_internal_response'],
  ['queue_timeout', 'connection_limit_reached'],
  ['queue_full', 'connection_limit_reached'],
  ['tls_timeout', 'connection_timeout'],
  ['try_timeout', 'http_response_timeout'],
  ['request_timeout', 'http_response_timeout'],
  ['upload_too_slow', 'http_request_error'],
  ['client_stalled', 'http_request_error'],
  ['http_request_timeout', 'http_request_error'],
  ['client_closed', 'http_request_error']
])

/** The answer for a failure of the data path. */
export function failureProblem (code: FailureCode, requestId: string): Problem {
  const { status, title } = failures[code]
  const headers = ['Proxy-Status', `headrace; error=${REGISTERED.get(code) ?? code}`]
  if (status === 503) headers.push('Retry-After', RETRY_AFTER)
  return problem(status, title, code, requestId, headers)
}

/** An answer with a status of its own: `code` says why, in the words of `docs/failures.md`. */
export function problem (status: number, title: string, code: string, requestId: string, more: readonly string[] = []): Problem {
  const content = { type: 'about:blank', title, status, code, ...(requestId === '' ? {} : { requestId }) }
  const body = JSON.stringify(content)
  const headers = ['Content-Type', 'application/problem+json', 'Content-Length', String(Buffer.byteLength(body)), 'Cache-Control', 'no-store', ...more]
  if (requestId !== '') headers.push('X-Request-Id', requestId)
  return { status, headers, body, requestId }
}
