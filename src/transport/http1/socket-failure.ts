import { ProxyError, type FailureCode } from '../../base/errors.js'

/** How far a connection had come: being made (without or with TLS), waiting for a response head, or in the middle of a response. */
export type ConnectionPhase = 'connecting' | 'securing' | 'waiting' | 'receiving'

/** What ran out on our side: no word about the target. */
const OURS = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRNOTAVAIL'])
/** OpenSSL's verdicts on a certificate chain, as Node names them, that do not contain CERT or CRL. */
const VERDICTS = new Set(['HOSTNAME_MISMATCH', 'INVALID_CA', 'INVALID_PURPOSE', 'PATH_LENGTH_EXCEEDED', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'])

/** What a socket's error is in our words. `where` names the target for the log. */
export function socketFailure (error: Error, phase: ConnectionPhase, where: string): ProxyError {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  const syscall = 'syscall' in error ? error.syscall : undefined
  const handshake = phase === 'securing' && syscall !== 'connect' && syscall !== 'getaddrinfo'
  const message = error.message === '' ? code : error.message
  return new ProxyError(failureCode(code, phase, handshake), `${where}: ${message}`, { cause: error })
}

function failureCode (code: string, phase: ConnectionPhase, handshake: boolean): FailureCode {
  const tls = tlsCode(code)
  if (tls !== null) return tls
  if (phase === 'receiving') return 'http_response_incomplete'
  if (phase === 'waiting') return 'connection_terminated'
  if (handshake) return 'tls_protocol_error'
  if (code === 'ENOTFOUND' || code.startsWith('EAI_')) return 'dns_error'
  if (code === 'ETIMEDOUT') return 'connection_timeout'
  return OURS.has(code) ? 'proxy_internal_error' : 'connection_refused'
}

function tlsCode (code: string): FailureCode | null {
  // An alert is the target's word about our certificate or protocol, not our verdict on its certificate.
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_') || code.startsWith('ERR_OSSL_')) return 'tls_protocol_error'
  if (VERDICTS.has(code) || code.includes('CERT') || code.includes('CRL')) return 'tls_certificate_error'
  return code.startsWith('ERR_TLS_') ? 'tls_protocol_error' : null
}
