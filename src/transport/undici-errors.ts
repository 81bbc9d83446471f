import { errors } from 'undici'
import { ProxyError, type FailureCode } from '../base/errors.js'

/** How far a request had come when it failed. */
export type Phase = 'connecting' | 'waiting' | 'receiving'

const BY_CODE: Readonly<Record<string, FailureCode>> = {
  ECONNREFUSED: 'connection_refused',
  EHOSTUNREACH: 'connection_refused',
  ENETUNREACH: 'connection_refused',
  EHOSTDOWN: 'connection_refused',
  ENETDOWN: 'connection_refused',
  ENOENT: 'connection_refused',
  EACCES: 'connection_refused',
  ENOTSOCK: 'connection_refused',
  ETIMEDOUT: 'connection_timeout',
  UND_ERR_CONNECT_TIMEOUT: 'connection_timeout',
  ENOTFOUND: 'dns_error',
  UND_ERR_HEADERS_OVERFLOW: 'http_response_header_section_size',
  UND_ERR_INVALID_ARG: 'http_request_error',
  UND_ERR_NOT_SUPPORTED: 'http_request_error',
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: 'http_request_error',
  UND_ERR_CLOSED: 'draining',
  UND_ERR_DESTROYED: 'draining'
}

/** The connection ended; what that means depends on the phase. */
const CLOSED = new Set(['ECONNRESET', 'ECONNABORTED', 'EPIPE'])

/** OpenSSL's verdicts on a certificate chain as Node names them, beside those that contain CERT. */
const VERDICTS = new Set(['HOSTNAME_MISMATCH', 'INVALID_CA', 'INVALID_PURPOSE', 'PATH_LENGTH_EXCEEDED', 'SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'])

/** What an error that undici or Node reported is in our words. */
export function asProxyError (error: unknown, phase: Phase): ProxyError {
  if (error instanceof ProxyError) return error
  if (!(error instanceof Error)) return new ProxyError('proxy_internal_error', String(error))
  if (error instanceof errors.HTTPParserError) return new ProxyError(parserFailure(error, phase), error.message, { cause: error })
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return new ProxyError(failureCode(code, error.message, phase), error.message, { cause: error })
}

function failureCode (code: string, message: string, phase: Phase): FailureCode {
  const known = BY_CODE[code]
  if (known === 'connection_timeout' && phase === 'receiving') return 'http_response_incomplete'
  if (known !== undefined) return known
  if (CLOSED.has(code)) return closed(phase)
  // Before the head it says that the length itself is nonsense.
  if (code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH') return phase === 'receiving' ? 'http_response_incomplete' : 'http_protocol_error'
  if (code === 'UND_ERR_SOCKET') return message.startsWith('bad ') ? 'http_protocol_error' : closed(phase)
  if (code.startsWith('EAI_')) return 'dns_error'
  return tlsCode(code) ?? 'proxy_internal_error'
}

/** undici leaves the code of most parser errors undefined; the message holds llhttp's reason. */
function parserFailure (error: Error, phase: Phase): FailureCode {
  return error.message.includes('Invalid EOF state') ? closed(phase) : 'http_protocol_error'
}

function closed (phase: Phase): FailureCode {
  return phase === 'receiving' ? 'http_response_incomplete' : 'connection_terminated'
}

function tlsCode (code: string): FailureCode | null {
  // An alert is the target's word about our certificate or protocol, not our verdict on its certificate.
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_') || code.startsWith('ERR_OSSL_')) return 'tls_protocol_error'
  if (VERDICTS.has(code) || code.includes('CERT') || code.includes('CRL')) return 'tls_certificate_error'
  return code.startsWith('ERR_TLS_') ? 'tls_protocol_error' : null
}
