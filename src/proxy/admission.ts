import type { IncomingMessage, ServerResponse } from 'node:http'
import { METHODS } from 'node:http'
import { Exchange } from './exchange.js'
import { fieldValue } from './field-value.js'
import { hostName, readHost } from './host.js'
import { IncomingBody } from './incoming-body.js'
import { peerOf, type TrustProxy } from './peer.js'
import { problem, type Problem } from './problem.js'
import { RawClient } from './raw-client.js'
import { requestHeaders, requestIdOf } from './request-headers.js'
import { awaitsContinue, upgradeOf } from './request-marks.js'
import { parseRequestTarget } from './request-target.js'
import type { RouteTable } from './route-table.js'
import type { Route } from './route.js'
import { routingPath, type RoutingPath } from './routing-path.js'

export interface AdmissionOptions {
  readonly table: RouteTable
  readonly trustProxy: TrustProxy
}

/** Methods that are routed: all that the HTTP parser knows but CONNECT, which it treats apart. */
export const routedMethods: readonly string[] = METHODS.filter(method => method !== 'CONNECT')

/**
 * Looks a request over and finds its route.
 * @param url the request target as the client sent it.
 * @param Client how the response is passed on.
 * @returns its exchange, not started yet; or the problem for which it is refused; or null if it has no route.
 */
export function admit (raw: IncomingMessage, response: ServerResponse, url: string, Client: typeof RawClient, options: AdmissionOptions): Exchange<RawClient> | Problem | null {
  const admitted = examine(raw, response, url, Client, options)
  if (admitted === null) options.table.strays?.unrouted()
  else if (!(admitted instanceof Exchange)) options.table.strays?.refused()
  return admitted
}

function examine (raw: IncomingMessage, response: ServerResponse, url: string, Client: typeof RawClient, options: AdmissionOptions): Exchange<RawClient> | Problem | null {
  const method = raw.method ?? 'GET'
  // Node's parser lets some other versions through; what they frame is not what it read.
  if (raw.httpVersionMajor !== 1) return badRequest(raw, 'The HTTP version is not supported', 505)
  if (raw.rawHeaders.length > 2 * FIELD_LIMIT) return badRequest(raw, 'The request has too many fields', 431)
  const target = parseRequestTarget(url, method)
  const read = readHost(raw.rawHeaders, raw.httpVersion === '1.1')
  if (target === null) return badRequest(raw, 'The request target is malformed')
  if ('fault' in read) return badRequest(raw, `The Host field is ${read.fault}`)
  const coding = fieldValue(raw.rawHeaders, 'transfer-encoding')
  if (coding !== undefined && (raw.httpVersion !== '1.1' || coding.toLowerCase() !== 'chunked')) {
    // The parser undoes `chunked` and nothing else; what HTTP/1.0 means by it nobody knows (RFC 9112, section 6.1).
    return badRequest(raw, 'The transfer coding is not supported', raw.httpVersion === '1.1' ? 501 : 400)
  }
  if (method === 'TRACE') return problem(405, 'The method is not allowed', 'method_not_allowed', requestIdOf(raw.rawHeaders), ['Allow', ALLOWED])
  const host = target.authority ?? read.host
  const routing = target.path === '*' ? ROOT : routingPath(target.path)
  const name = hostName(host)
  const route = options.table.match(name, routing.path, method)
  if (route === null) return null
  if (options.table.escapes(route, name, routing, method)) return badRequest(raw, 'The path leads out of its route')
  return exchangeOf(raw, route, { path: target.path, url, host, routing }, options.trustProxy, new Client(route, raw, response))
}

/** The answer to a request that no route is for. */
export function noRoute (raw: IncomingMessage): Problem {
  return problem(404, 'No route matches', 'no_route', requestIdOf(raw.rawHeaders))
}

/** Node as a target drops all fields behind the first 1,000 without a word, and what the proxy adds comes last. */
const FIELD_LIMIT = 900

const ROOT: RoutingPath = { path: '/', offsets: null, dots: 'none' }
const ALLOWED = routedMethods.filter(method => method !== 'TRACE').join(', ')

interface Located {
  readonly path: string
  readonly url: string
  readonly host: string
  readonly routing: RoutingPath
}

function exchangeOf (raw: IncomingMessage, route: Route, located: Located, trustProxy: TrustProxy, client: RawClient): Exchange<RawClient> {
  const peer = peerOf(raw.socket, trustProxy)
  const outgoing = requestHeaders({
    raw: raw.rawHeaders,
    version: raw.httpVersion,
    host: located.host,
    peer,
    expectPasses: awaitsContinue(raw)
  }, route.requestRules)
  const { hostHeader } = route.config
  if (typeof hostHeader === 'object') outgoing.headers[outgoing.hostIndex] = hostHeader.literal
  const upgrade = upgradeOf(raw) === undefined ? null : fieldValue(raw.rawHeaders, 'upgrade') ?? null
  return new Exchange(route, {
    method: raw.method ?? 'GET',
    path: route.targetPath(located.path, located.routing),
    headers: outgoing.headers,
    hostIndex: outgoing.hostIndex,
    requestId: outgoing.requestId,
    hostFromTarget: hostHeader === 'target' || (hostHeader === 'client' && located.host === ''),
    upgrade,
    urgent: route.isUrgent(raw.rawHeaders),
    freshConnection: false,
    debug: route.services.debugSecret?.isIn(raw.rawHeaders) === true,
    received: raw.rawHeaders,
    timeouts: route.attemptTimeouts,
    originalPath: located.url,
    clientAddress: peer.address
  }, upgrade === null ? IncomingBody.of(raw, route.bodyOptions) : null, client)
}

function badRequest (raw: IncomingMessage, title: string, status = 400): Problem {
  return problem(status, title, 'http_request_error', requestIdOf(raw.rawHeaders), ['Connection', 'close', 'Proxy-Status', 'headrace; error=http_request_error'])
}
