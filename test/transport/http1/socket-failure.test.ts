import t from 'tap'
import { socketFailure, type ConnectionPhase } from '../../../src/transport/http1/socket-failure.js'

function failure (code: string, phase: ConnectionPhase, syscall?: string): string {
  return socketFailure(Object.assign(new Error('no'), { code }, syscall === undefined ? {} : { syscall }), phase, 'http://a').code
}

t.test('while connecting', async t => {
  for (const code of ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ECONNRESET', 'ENOENT', 'EACCES', 'ENOTSOCK', 'ELSE', '']) t.equal(failure(code, 'connecting', 'connect'), 'connection_refused', code)
  t.equal(failure('ETIMEDOUT', 'connecting', 'connect'), 'connection_timeout')
  for (const code of ['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL']) t.equal(failure(code, 'connecting', 'getaddrinfo'), 'dns_error', code)
  for (const code of ['EMFILE', 'ENFILE', 'EADDRNOTAVAIL']) t.equal(failure(code, 'connecting', 'connect'), 'proxy_internal_error', code)
})

t.test('while securing', async t => {
  t.equal(failure('ECONNREFUSED', 'securing', 'connect'), 'connection_refused')
  t.equal(failure('ENOTFOUND', 'securing', 'getaddrinfo'), 'dns_error')
  t.equal(failure('ECONNRESET', 'securing'), 'tls_protocol_error')
  t.equal(failure('ECONNRESET', 'securing', 'read'), 'tls_protocol_error')
  for (const code of ['EPROTO', 'ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'ERR_TLS_HANDSHAKE_TIMEOUT']) t.equal(failure(code, 'securing'), 'tls_protocol_error', code)
  for (const code of ['DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'CERT_HAS_EXPIRED', 'ERR_TLS_CERT_ALTNAME_INVALID', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'CRL_HAS_EXPIRED', 'INVALID_PURPOSE']) t.equal(failure(code, 'securing'), 'tls_certificate_error', code)
})

t.test('later', async t => {
  t.equal(failure('ECONNRESET', 'waiting', 'read'), 'connection_terminated')
  t.equal(failure('EPIPE', 'waiting', 'write'), 'connection_terminated')
  t.equal(failure('ETIMEDOUT', 'waiting', 'read'), 'connection_terminated')
  t.equal(failure('ECONNRESET', 'receiving', 'read'), 'http_response_incomplete')
  t.equal(failure('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'waiting'), 'tls_protocol_error', 'TLS 1.3 tells after the handshake')
})

t.test('what an error says goes into the message, whoever reads it is not the client', async t => {
  const error = socketFailure(Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }), 'connecting', 'http://a')
  t.equal(error.message, 'http://a: ECONNREFUSED')
  t.ok(error.cause instanceof AggregateError)
})
