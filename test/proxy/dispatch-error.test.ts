import t from 'tap'
import { errors } from 'undici'
import { failureCodes, ProxyError, type FailureCode } from '../../src/base/errors.js'
import { dispatchError } from '../../src/proxy/dispatch-error.js'
import { failures } from '../../src/proxy/failure.js'

const CODES: Readonly<Record<FailureCode, string>> = {
  destination_unavailable: 'ENOTFOUND',
  connection_limit_reached: 'ENOTFOUND',
  queue_timeout: 'ENOTFOUND',
  queue_full: 'ENOTFOUND',
  dns_error: 'ENOTFOUND',
  draining: 'UND_ERR_DESTROYED',
  connection_refused: 'ECONNREFUSED',
  connection_timeout: 'UND_ERR_CONNECT_TIMEOUT',
  tls_timeout: 'UND_ERR_CONNECT_TIMEOUT',
  connection_terminated: 'UND_ERR_SOCKET',
  connection_write_timeout: 'UND_ERR_HEADERS_TIMEOUT',
  connection_read_timeout: 'UND_ERR_BODY_TIMEOUT',
  tls_protocol_error: 'UND_ERR_SOCKET',
  tls_certificate_error: 'UND_ERR_SOCKET',
  http_response_timeout: 'UND_ERR_HEADERS_TIMEOUT',
  try_timeout: 'UND_ERR_HEADERS_TIMEOUT',
  request_timeout: 'UND_ERR_HEADERS_TIMEOUT',
  http_response_incomplete: 'UND_ERR_SOCKET',
  http_response_header_section_size: 'UND_ERR_HEADERS_OVERFLOW',
  http_response_transfer_coding: 'UND_ERR_SOCKET',
  http_protocol_error: 'UND_ERR_SOCKET',
  http_upgrade_failed: 'UND_ERR_SOCKET',
  http_request_error: 'UND_ERR_INVALID_ARG',
  http_request_timeout: 'UND_ERR_HEADERS_TIMEOUT',
  upload_too_slow: 'UND_ERR_HEADERS_TIMEOUT',
  client_stalled: 'UND_ERR_ABORTED',
  proxy_internal_error: 'UND_ERR',
  client_closed: 'UND_ERR_ABORTED'
}

t.test('each failure has a code, the failure as its cause, and no address in its message', async t => {
  for (const code of failureCodes) {
    const failure = new ProxyError(code, 'http://10.0.0.1:3000 did something')
    const error = dispatchError(failure, false)
    t.match(error, { code: CODES[code], message: failures[code].title, cause: failure }, code)
  }
})

t.test('where undici has a class for it, the error is one of that', async t => {
  t.ok(dispatchError(new ProxyError('http_response_timeout', ''), false) instanceof errors.HeadersTimeoutError)
  t.ok(dispatchError(new ProxyError('connection_terminated', ''), false) instanceof errors.SocketError)
  t.ok(dispatchError(new ProxyError('connection_timeout', ''), false) instanceof errors.ConnectTimeoutError)
})

t.test('after the response head a timeout is one of the body', async t => {
  for (const code of ['http_response_timeout', 'request_timeout', 'connection_write_timeout', 'http_request_timeout', 'upload_too_slow', 'connection_read_timeout'] as const) {
    t.match(dispatchError(new ProxyError(code, ''), true), { code: 'UND_ERR_BODY_TIMEOUT' }, code)
  }
  t.match(dispatchError(new ProxyError('connection_terminated', ''), true), { code: 'UND_ERR_SOCKET' })
})
