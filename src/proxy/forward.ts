import { METHODS } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify'
import replyFrom, { type FastifyReplyFromHooks } from '@fastify/reply-from'
import { Exchange } from './exchange.js'
import { ExchangeDispatcher, exchangeKey } from './exchange-dispatcher.js'
import { fieldValue } from './field-value.js'
import { hostName, readHost } from './host.js'
import { IncomingBody } from './incoming-body.js'
import { peerOf, type TrustProxy } from './peer.js'
import { problem, type Problem } from './problem.js'
import { answer, awaitsContinue, RawClient, upgradeOf } from './raw-client.js'
import { requestHeaders } from './request-headers.js'
import { parseRequestTarget } from './request-target.js'
import type { RouteTable } from './route-table.js'
import type { Route } from './route.js'
import { routingPath, type RoutingPath } from './routing-path.js'
import { hasSendHooks } from './send-hooks.js'
import { StreamedClient } from './streamed-client.js'

declare module 'fastify' {
  interface FastifyRequest {
    /** The exchange of a proxied request; null until it has a route, and for requests that are not proxied. */
    exchange: Exchange<RawClient> | null
  }
}

export interface ForwardOptions {
  readonly table: RouteTable
  readonly trustProxy: TrustProxy
  /** Paths to register; `/` takes everything. */
  readonly prefixes: readonly string[]
  /** Read the request target as the client sent it, where the router was given another to read? */
  readonly originalTarget: boolean
  /** Is there nothing in the app but the proxied routes? Then no hook can see or change a request, and what serves hooks is left out. */
  readonly bare: boolean
  /** What happens to a request that reaches us but has no route. */
  readonly notFound: (request: FastifyRequest, reply: FastifyReply) => void
}

/** Methods that are routed: all that the HTTP parser knows but CONNECT, which it treats apart. */
export const routedMethods: readonly string[] = METHODS.filter(method => method !== 'CONNECT')

/** Any origin does: the exchange knows where the request goes. */
const BASE = 'http://target.invalid'

/** Registers the proxied routes on a scope of their own: no body is parsed there, and every request becomes an exchange. */
export async function forward (scope: FastifyInstance, options: ForwardOptions): Promise<void> {
  if (!scope.hasRequestDecorator('exchange')) scope.decorateRequest('exchange', null)
  const dispatcher = new ExchangeDispatcher()
  await scope.register(replyFrom, {
    base: BASE,
    disableRequestLogging: true,
    // The declared type is that of undici's own `request`; reply-from calls it with these two arguments and nothing else.
    undici: dispatcher as unknown as { request: never }
  })
  if (!options.bare) acceptAnyContentType(scope)
  const forwarding: Forwarding = { ...options, hooks: fromHooks(options.bare), Client: RawClient }
  scope.addHook('onReady', async () => { if (hasSendHooks(scope)) forwarding.Client = StreamedClient })
  const handler = routeHandler(forwarding)
  for (const prefix of options.prefixes) {
    const urls = prefix === '/' ? ['/*'] : [prefix, `${prefix}/*`]
    for (const url of urls) scope.route({ url, method: [...routedMethods], exposeHeadRoute: false, handler })
  }
}

/** Lets every body through unparsed, whatever its `Content-Type` says, be it malformed. */
function acceptAnyContentType (scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('*', (_request, _payload, done) => { done(null) })
  scope.addHook('onRequest', (request, _reply, done) => {
    const type = request.raw.headers['content-type']
    // Fastify refuses what it can't read with 415. It is shown a type that it can; the target gets the client's own.
    if ((type !== undefined && !PLAIN_TYPE.test(type)) || (type === undefined && request.raw.method === 'QUERY')) {
      request.headers = { ...request.headers, 'content-type': 'application/octet-stream' }
    }
    done()
  })
}

const PLAIN_TYPE = /^[A-Za-z0-9.+-]+\/[A-Za-z0-9.+-]+(?:; ?[A-Za-z0-9-]+=[A-Za-z0-9-]+)*$/

/** The options with what all requests of a scope share. */
interface Forwarding extends ForwardOptions {
  readonly hooks: FastifyReplyFromHooks
  /** How responses are passed on; decided when the app is ready and its hooks are known. */
  Client: typeof RawClient
}

function routeHandler (forwarding: Forwarding): RouteHandlerMethod {
  return function handle (request, reply): void {
    const { socket } = reply.raw
    if (socket === null) {
      // A pipelined request whose turn has not come: it starts when it can be answered.
      reply.raw.once('socket', () => { begin(request, reply, forwarding) })
    } else {
      begin(request, reply, forwarding)
    }
  }
}

/** What reply-from is told, once for all requests. */
function fromHooks (bare: boolean): FastifyReplyFromHooks {
  return {
    retryDelay: () => null,
    // A symbol key passes through reply-from untouched; its declared type knows only strings.
    rewriteRequestHeaders: request => ({ [exchangeKey]: request.exchange }) as unknown as Record<string, string>,
    onResponse: (_request, reply, response) => {
      // reply-from hands back the body that our dispatcher gave it.
      const { client } = response.stream as unknown as { client: RawClient }
      client.relay(reply, bare)
    }
  }
}

function begin (request: FastifyRequest, reply: FastifyReply, options: Forwarding): void {
  const { raw } = request
  const method = raw.method ?? 'GET'
  const url = (options.originalTarget ? request.originalUrl : raw.url) ?? '/'
  const target = parseRequestTarget(url, method)
  const read = readHost(raw.rawHeaders, raw.httpVersion === '1.1')
  if (target === null || 'fault' in read) {
    refuse(reply, badRequest(target === null ? 'The request target is malformed' : `The Host field is ${'fault' in read ? read.fault : ''}`))
    return
  }
  const coding = fieldValue(raw.rawHeaders, 'transfer-encoding')
  if (coding !== undefined && (raw.httpVersion !== '1.1' || coding.toLowerCase() !== 'chunked')) {
    // The parser undoes `chunked` and nothing else; what HTTP/1.0 means by it nobody knows (RFC 9112, section 6.1).
    refuse(reply, badRequest('The transfer coding is not supported', raw.httpVersion === '1.1' ? 501 : 400))
    return
  }
  if (method === 'TRACE') {
    refuse(reply, problem(405, 'The method is not allowed', 'method_not_allowed', '', ['Allow', ALLOWED]))
    return
  }
  const host = target.authority ?? read.host
  const routing = target.path === '*' ? ROOT : routingPath(target.path)
  const name = hostName(host)
  const route = options.table.match(name, routing.path, method)
  if (route === null) options.notFound(request, reply)
  else if (options.table.escapes(route, name, routing, method)) refuse(reply, badRequest('The path leads out of its route'))
  else open(request, reply, route, { path: target.path, url, host, routing }, options)
}

const ROOT: RoutingPath = { path: '/', offsets: null, dots: 'none' }
const ALLOWED = routedMethods.filter(method => method !== 'TRACE').join(', ')

const NO_HEADERS = {}

interface Located {
  readonly path: string
  readonly url: string
  readonly host: string
  readonly routing: RoutingPath
}

function open (request: FastifyRequest, reply: FastifyReply, route: Route, located: Located, forwarding: Forwarding): void {
  const { raw } = request
  const peer = peerOf(raw.socket, forwarding.trustProxy)
  const outgoing = requestHeaders({
    raw: raw.rawHeaders,
    version: raw.httpVersion,
    host: located.host,
    peer,
    expectPasses: awaitsContinue(raw)
  }, route.requestRules)
  const { hostHeader } = route.config
  if (typeof hostHeader === 'object') outgoing.headers[outgoing.hostIndex] = hostHeader.literal
  const upgrade = upgradeOf(raw) === undefined ? null : raw.headers.upgrade ?? null
  request.exchange = new Exchange(route, {
    method: raw.method ?? 'GET',
    path: route.targetPath(located.path, located.routing),
    headers: outgoing.headers,
    hostIndex: outgoing.hostIndex,
    requestId: outgoing.requestId,
    hostFromTarget: hostHeader === 'target' || (hostHeader === 'client' && located.host === ''),
    upgrade,
    freshConnection: false,
    timeouts: route.attemptTimeouts,
    originalPath: located.url,
    clientAddress: peer.address
  }, upgrade === null ? IncomingBody.of(raw, route.requestRules) : null, new forwarding.Client(route, raw, reply.raw))
  // reply-from copies the headers object, which Node makes on demand; nobody needs it here.
  if (forwarding.bare) raw.headers = NO_HEADERS
  reply.from('/', forwarding.hooks)
}

function badRequest (title: string, status = 400): Problem {
  return problem(status, title, 'http_request_error', '', ['Connection', 'close', 'Proxy-Status', 'headrace; error=http_request_error'])
}

function refuse (reply: FastifyReply, refusal: Problem): void {
  reply.hijack()
  answer(reply.raw, refusal)
}
