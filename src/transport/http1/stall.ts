import { ProxyError } from '../../base/errors.js'
import type { Attempt } from './attempt.js'
import type { ResponseReader } from './response-reader.js'

/** How far the request has come. */
type Request = Pick<Attempt, 'head' | 'sent' | 'blocked' | 'hesitates'>
/** How far the response has come. */
type Response = Pick<ResponseReader, 'headSeen' | 'continued' | 'paused'>

/** Milliseconds for which nothing may happen from now on; 0 = any time. */
export function stallLimit (request: Request, response: Response): number {
  const { responseHead, idleBody } = request.head.timeouts
  if (request.blocked) return idleBody
  if (response.paused) return 0
  if (response.headSeen) return idleBody
  return targetsTurn(request, response) ? responseHead : idleBody
}

/** What it means that nothing has happened for so long. @param where names the target. */
export function stallFailure (request: Request, response: Response, where: string): ProxyError {
  if (request.blocked) return new ProxyError('connection_write_timeout', `${where}: the target does not read the request`)
  if (response.headSeen) return new ProxyError('connection_read_timeout', `${where}: the response body stalls`)
  if (targetsTurn(request, response)) return new ProxyError('http_response_timeout', `${where}: no response head in time`)
  return new ProxyError('http_request_timeout', `${where}: the request body stalls`)
}

/** What it means that a connection did not come about in time. @param securing does TCP stand, and TLS not yet? */
export function connectStallFailure (securing: boolean, where: string): ProxyError {
  return securing
    ? new ProxyError('tls_timeout', `${where}: the TLS handshake was not complete in time`)
    : new ProxyError('connection_timeout', `${where}: no connection in time`)
}

/** Is it the target that has to say something, be it only a 100? */
function targetsTurn (request: Request, response: Response): boolean {
  return request.sent === 'all' || (request.hesitates && !response.continued)
}
