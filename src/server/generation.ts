import Fastify, { LogController, type FastifyBaseLogger, type FastifyInstance, type FastifyPluginAsync, type FastifyPluginCallback, type FastifyRequest } from 'fastify'
import { forward, routedMethods, type ForwardOptions } from '../proxy/forward.js'
import type { Log } from '../proxy/access-log.js'
import { problem } from '../proxy/problem.js'
import { answer } from '../proxy/raw-client.js'
import { parseRequestTarget } from '../proxy/request-target.js'
import { routableTarget } from '../proxy/routing-path.js'
import type { RouteTable } from '../proxy/route-table.js'
import type { TrustProxy } from '../proxy/peer.js'
import type { RequestHandler } from './request-handler.js'

/** A plugin of the user's own: hooks, routes, decorators. Register through `fastify-plugin` what shall apply to proxied routes. */
export type GenerationPlugin = FastifyPluginCallback | FastifyPluginAsync

export interface GenerationOptions {
  readonly table: RouteTable
  readonly trustProxy: TrustProxy
  readonly plugins: readonly GenerationPlugin[]
  readonly log: FastifyBaseLogger
  readonly access: boolean
}

/** One config made runnable: a Fastify app that is ready and never listens itself. */
export interface Generation {
  readonly handle: RequestHandler
  close (): Promise<void>
}

/** Builds the app, lets the user's plugins in, and puts the proxied routes beneath them. */
export async function buildGeneration (options: GenerationOptions): Promise<Generation> {
  const app: FastifyInstance = Fastify({
    loggerInstance: options.log,
    // A child logger for each request would cost more than the request's log line.
    childLoggerFactory: logger => logger,
    logController: new LogController({ disableRequestLogging: true }),
    exposeHeadRoutes: false,
    return503OnClosing: false,
    rewriteUrl: request => routable(request.url ?? '/', request.method ?? 'GET')
  })
  addMethods(app, options.plugins.length === 0)
  app.decorateRequest('exchange', null)
  logOthers(app, options.log, options.access)
  for (const plugin of options.plugins) await app.register(plugin)
  const forwarding: ForwardOptions = { ...options, prefixes: ['/'], originalTarget: true, bare: options.plugins.length === 0, notFound }
  await app.register(async scope => { await forward(scope, forwarding) })
  await app.ready()
  return {
    handle: (request, response) => { app.routing(request, response) },
    close: () => app.close()
  }
}

/** Shows the router something it can read; what is forwarded, and matched against the routes, is the original. */
function routable (url: string, method: string): string {
  const target = parseRequestTarget(url, method)
  if (target === null || target.path === '*') return '/'
  return routableTarget(target.path)
}

/**
 * Makes every method routable. Without plugins nobody reads a body here, so none is looked at; a user's own routes keep
 * Fastify's parsing for the methods that have it.
 */
function addMethods (app: FastifyInstance, unparsed: boolean): void {
  for (const method of routedMethods) {
    const known = app.supportedMethods.includes(method)
    if (!known || unparsed) app.addHttpMethod(method, { hasBody: !unparsed, overrideExisting: known })
  }
}

function notFound (_request: FastifyRequest, reply: { raw: Parameters<typeof answer>[0], hijack: () => unknown }): void {
  reply.hijack()
  answer(reply.raw, problem(404, 'No route matches', 'no_route', ''))
}

/** Requests that no exchange was made for (no route, refused, answered by a hook) get their line here. */
function logOthers (app: FastifyInstance, log: Log, access: boolean): void {
  if (!access) return
  app.addHook('onResponse', (request, reply, done) => {
    if (request.exchange === null) {
      log.info({
        client: request.raw.socket.remoteAddress,
        method: request.raw.method,
        path: request.originalUrl,
        status: reply.raw.statusCode,
        ms: Math.round(reply.elapsedTime * 100) / 100,
        outcome: 'answered'
      }, 'request')
    }
    done()
  })
}
