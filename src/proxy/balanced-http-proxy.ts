import type { FastifyInstance } from 'fastify'
import httpProxy from '@fastify/http-proxy'
import type { FastifyReplyFromHooks } from '@fastify/reply-from'
import { ProxyError } from '../base/errors.js'
import type { TlsOptions } from '../upstream/tls-options.js'
import { BalancedDispatcher } from './balanced-dispatcher.js'
import type { Upstream } from './upstream.js'
import { replyWithFailure, type Answerable } from './reply-with-failure.js'
import { WebSocketLeases } from './web-socket-leases.js'

type HttpProxyOptions = Parameters<typeof httpProxy>[1]
/** `Omit` for each member of a union by itself. */
type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never

/** What decides where requests go is the pool's affair. */
type Decided = 'upstream' | 'wsUpstream' | 'base' | 'undici' | 'http' | 'http2' | 'globalAgent' | 'destroyAgent' | 'balancedPoolOptions' |
  'retryMethods' | 'maxRetriesOn503' | 'replyOptions'

/** `tls` is for WebSockets to https targets; HTTP goes through the transport, which has its own. */
type HttpProxyUpstream = Upstream & { readonly tls?: TlsOptions }

/** All options of @fastify/http-proxy but those that say where requests go or how often, and the pool instead of them. */
export type BalancedHttpProxyOptions<P = HttpProxyUpstream> = Without<HttpProxyOptions, Decided> & {
  readonly pool: P
  readonly replyOptions?: Omit<FastifyReplyFromHooks, 'getUpstream' | 'retryDelay' | 'retriesCount'>
}

/** Stands for the pool where @fastify/http-proxy wants a URL. */
const PLACEHOLDER = 'http://target.invalid'
const PLACEHOLDER_HOST = 'target.invalid'

/**
 * @fastify/http-proxy over a pool: the plugin as its users know it (`prefix`, `preHandler`, `wsHooks`, ...), with each request and each
 * WebSocket going to a target of the pool. Retries are the pool's; failures are answered as in docs/failures.md unless
 * `replyOptions.onError` does it. A target is called by its own name unless `replyOptions.rewriteRequestHeaders` sets a `host`.
 *
 * WebSockets keep to what @fastify/http-proxy does: the client gets its 101 before the target is dialled, so a target that cannot be
 * reached is a WebSocket that closes with 1011, and `wsReconnect` dials the same target again. Unix sockets serve HTTP only.
 * @throws {TypeError} if `websocket` is on and no target could serve one.
 */
export async function balancedHttpProxy (app: FastifyInstance, options: BalancedHttpProxyOptions): Promise<void> {
  const { pool: upstream, replyOptions, ...rest } = options
  const dispatcher = new BalancedDispatcher(upstream, { log: app.log })
  const leases = new WebSocketLeases(upstream.pool)
  app.addHook('onClose', async () => { await dispatcher.destroy() })
  if (rest.websocket === true) app.addHook('onRequest', leases.onRequest)
  await app.register(httpProxy, {
    ...rest,
    ...(rest.websocket === true ? webSocketOptions(rest, upstream, leases) : {}),
    // Has been applied to this scope already.
    prefix: '',
    // With a base given, @fastify/http-proxy would not ask `getUpstream` about WebSockets.
    upstream: '',
    undici: dispatcher,
    replyOptions: {
      onError: answerFailure,
      ...replyOptions,
      rewriteRequestHeaders: ownHost(replyOptions?.rewriteRequestHeaders),
      retryDelay: () => null,
      getUpstream: request => leases.target(request.raw)?.url ?? PLACEHOLDER
    }
  })
}

function webSocketOptions (options: Without<HttpProxyOptions, Decided>, { pool, tls }: HttpProxyUpstream, leases: WebSocketLeases) {
  const { targets } = pool
  if (targets.length > 0 && targets.every(({ address }) => address.socketPath !== null)) {
    throw new TypeError(`pool ${pool.name} has only Unix sockets, which @fastify/http-proxy cannot reach with a WebSocket`)
  }
  const before = options.preHandler ?? options.beforeHandler ?? []
  return {
    // @fastify/http-proxy hands it to Fastify as it is, which takes a list too.
    preHandler: [before, leases.preHandler].flat() as unknown as NonNullable<HttpProxyOptions['preHandler']>,
    wsClientOptions: { ...webSocketTls(tls ?? {}), ...options.wsClientOptions }
  }
}

function webSocketTls ({ verify, ca, certificate, key, serverName }: TlsOptions) {
  return {
    ...(verify === undefined ? {} : { rejectUnauthorized: verify }),
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined ? {} : { cert: certificate }),
    ...(key === undefined ? {} : { key }),
    ...(serverName === undefined ? {} : { servername: serverName })
  }
}

type Rewrite = NonNullable<FastifyReplyFromHooks['rewriteRequestHeaders']>

/** reply-from puts the placeholder into `Host`: without one, the dispatcher calls each target by its own name. */
function ownHost (rewrite: Rewrite = (_request, headers) => headers): Rewrite {
  return (request, headers) => {
    const rewritten = rewrite(request, headers)
    return rewritten.host === PLACEHOLDER_HOST ? { ...rewritten, host: undefined } : rewritten
  }
}

/** Answers by the cause of the failure instead of by what reply-from makes of its code. */
function answerFailure (reply: Answerable, { error }: { error: Error }): void {
  const failure = proxyError(error)
  if (failure === null) reply.send(error)
  else replyWithFailure(reply, failure.code)
}

function proxyError (error: unknown): ProxyError | null {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof ProxyError) return cause
  }
  return null
}
