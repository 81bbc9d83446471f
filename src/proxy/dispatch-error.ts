import { errors } from 'undici'
import type { FailureCode, ProxyError } from '../base/errors.js'
import { failures } from './failure.js'

/** An error with the `code` that users of undici look at. */
interface CodedError extends Error {
  code: string
}

/**
 * What a failure is called by a dispatcher. Where undici has an error for the cause it is that one, so that `instanceof` holds and
 * stock @fastify/reply-from answers as it should: 504 for the timeouts, 503 for ENOTFOUND, 500 for the rest. The message names no
 * address, because reply-from sends it to the client; the `ProxyError`, which may name one, is the `cause`.
 *
 * | code                       | failure                                                                          |
 * |----------------------------|----------------------------------------------------------------------------------|
 * | ENOTFOUND                  | destination_unavailable, connection_limit_reached, queue_*, dns_error            |
 * | ECONNREFUSED               | connection_refused                                                               |
 * | UND_ERR_CONNECT_TIMEOUT    | connection_timeout, tls_timeout                                                  |
 * | UND_ERR_HEADERS_TIMEOUT    | http_response_timeout, try_timeout, request_timeout, connection_write_timeout,   |
 * |                            | http_request_timeout, upload_too_slow                                            |
 * | UND_ERR_BODY_TIMEOUT       | connection_read_timeout, and any timeout after the response head                 |
 * | UND_ERR_HEADERS_OVERFLOW   | http_response_header_section_size                                                |
 * | UND_ERR_SOCKET             | connection_terminated, tls_*_error, http_protocol_error, unusable responses      |
 * | UND_ERR_INVALID_ARG        | http_request_error                                                               |
 * | UND_ERR_ABORTED            | client_closed, client_stalled                                                    |
 * | UND_ERR_DESTROYED          | draining                                                                         |
 * | UND_ERR                    | proxy_internal_error                                                             |
 *
 * @param started had the response head been passed on?
 */
export function dispatchError (error: ProxyError, started: boolean): Error {
  const { title } = failures[error.code]
  const made = TIMEOUTS.has(error.code) && started ? new errors.BodyTimeoutError(title) : MAKERS[error.code](title)
  made.cause = error
  return made
}

const TIMEOUTS: ReadonlySet<FailureCode> = new Set(['http_response_timeout', 'try_timeout', 'request_timeout', 'connection_write_timeout', 'http_request_timeout', 'upload_too_slow'])

const socket = (title: string): Error => new errors.SocketError(title)
const headersTimeout = (title: string): Error => new errors.HeadersTimeoutError(title)
const notFound = (title: string): Error => coded(title, 'ENOTFOUND')

const MAKERS: Readonly<Record<FailureCode, (title: string) => Error>> = {
  destination_unavailable: notFound,
  connection_limit_reached: notFound,
  queue_timeout: notFound,
  queue_full: notFound,
  dns_error: notFound,
  draining: title => new errors.ClientDestroyedError(title),
  connection_refused: title => coded(title, 'ECONNREFUSED'),
  connection_timeout: title => new errors.ConnectTimeoutError(title),
  tls_timeout: title => new errors.ConnectTimeoutError(title),
  connection_terminated: socket,
  connection_write_timeout: headersTimeout,
  connection_read_timeout: title => new errors.BodyTimeoutError(title),
  tls_protocol_error: socket,
  tls_certificate_error: socket,
  http_response_timeout: headersTimeout,
  try_timeout: headersTimeout,
  request_timeout: headersTimeout,
  http_response_incomplete: socket,
  http_response_header_section_size: title => new errors.HeadersOverflowError(title),
  http_response_transfer_coding: socket,
  http_protocol_error: socket,
  http_upgrade_failed: socket,
  http_request_error: title => new errors.InvalidArgumentError(title),
  http_request_timeout: headersTimeout,
  upload_too_slow: headersTimeout,
  client_stalled: title => new errors.RequestAbortedError(title),
  proxy_internal_error: title => new errors.UndiciError(title),
  client_closed: title => new errors.RequestAbortedError(title)
}

function coded (message: string, code: string): CodedError {
  return Object.assign(new Error(message), { code })
}
