import type { FastifyInstance, FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify'
import replyFrom, { type FastifyReplyFromHooks } from '@fastify/reply-from'
import { admit, routedMethods, type AdmissionOptions } from './admission.js'
import { answer } from './answer.js'
import { Exchange } from './exchange.js'
import { ExchangeDispatcher, exchangeKey } from './exchange-dispatcher.js'
import { RawClient } from './raw-client.js'
import { hasSendHooks } from './send-hooks.js'
import { StreamedClient } from './streamed-client.js'

declare module 'fastify' {
  interface FastifyRequest {
    /** The exchange of a proxied request; null until it has a route, and for requests that are not proxied. */
    exchange: Exchange<RawClient> | null
  }
}

export interface ForwardOptions extends AdmissionOptions {
  /** Paths to register; `/` takes everything. */
  readonly prefixes: readonly string[]
  /** Read the request target as the client sent it, where the router was given another to read? */
  readonly originalTarget: boolean
  /** What happens to a request that reaches us but has no route. */
  readonly notFound: (request: FastifyRequest, reply: FastifyReply) => void
}

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
  acceptAnyContentType(scope)
  const forwarding: Forwarding = { ...options, hooks: fromHooks(), Client: RawClient }
  scope.addHook('onReady', async () => { if (hasSendHooks(scope)) forwarding.Client = StreamedClient })
  const handler = routeHandler(forwarding)
  for (const prefix of options.prefixes) {
    const urls = prefix === '/' ? ['/*'] : [prefix, `${prefix}/*`]
    for (const url of urls) scope.route({ url, method: [...routedMethods], exposeHeadRoute: false, handler })
  }
}

/**
 * Makes every method routable: WebDAV and the like Fastify knows only when told. The methods that it knows keep their treatment.
 * @param options.hasBody does Fastify parse the bodies of the new ones on the app's own routes?
 */
export function addMethods (app: FastifyInstance, options: { readonly hasBody: boolean }): void {
  for (const method of routedMethods) {
    if (!app.supportedMethods.includes(method)) app.addHttpMethod(method, options)
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
function fromHooks (): FastifyReplyFromHooks {
  return {
    retryDelay: () => null,
    // A symbol key passes through reply-from untouched; its declared type knows only strings.
    rewriteRequestHeaders: request => ({ [exchangeKey]: request.exchange }) as unknown as Record<string, string>,
    onResponse: (_request, reply, response) => {
      // reply-from hands back the body that our dispatcher gave it.
      const { client } = response.stream as unknown as { client: RawClient }
      client.relay(reply)
    }
  }
}

function begin (request: FastifyRequest, reply: FastifyReply, forwarding: Forwarding): void {
  const url = (forwarding.originalTarget ? request.originalUrl : request.raw.url) ?? '/'
  const admitted = admit(request.raw, reply.raw, url, forwarding.Client, forwarding)
  if (admitted instanceof Exchange) {
    request.exchange = admitted
    reply.from('/', forwarding.hooks)
  } else if (admitted === null) {
    forwarding.notFound(request, reply)
  } else {
    reply.hijack()
    answer(reply.raw, admitted)
  }
}
