import type { ServerResponse } from 'node:http'
import Fastify, { LogController, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { noRoute } from '../proxy/admission.js'
import { addMethods, forward, type ForwardOptions } from '../proxy/forward.js'
import { rounded, type Log } from '../proxy/access-log.js'
import { answer } from '../proxy/answer.js'
import { parseRequestTarget } from '../proxy/request-target.js'
import { routableTarget } from '../proxy/routing-path.js'
import type { Generation, GenerationOptions } from './generation.js'

/** Builds the app, lets the user's plugins in, and puts the proxied routes beneath them. */
export async function buildApp (options: GenerationOptions): Promise<Generation> {
  const app: FastifyInstance = Fastify({
    loggerInstance: options.log,
    // A child logger for each request would cost more than the request's log line.
    childLoggerFactory: logger => logger,
    logController: new LogController({ disableRequestLogging: true }),
    exposeHeadRoutes: false,
    return503OnClosing: false,
    rewriteUrl: request => routable(request.url ?? '/', request.method ?? 'GET')
  })
  addMethods(app, { hasBody: true })
  app.decorateRequest('exchange', null)
  logOthers(app, options.log, options.access)
  for (const plugin of options.plugins) await app.register(plugin)
  const forwarding: ForwardOptions = { ...options, prefixes: ['/'], originalTarget: true, notFound }
  await app.register(async scope => { await forward(scope, forwarding) })
  await app.ready()
  const underWay = new UnderWay()
  return {
    handle: (request, response) => {
      underWay.began(response)
      app.routing(request, response)
    },
    close: async now => {
      if (!now) await underWay.done()
      await app.close()
    }
  }
}

/** Requests that an app has been given and that have not ended. */
class UnderWay {
  #count = 0
  #onDone: () => void = () => {}

  began (response: ServerResponse): void {
    this.#count++
    response.once('close', () => {
      if (--this.#count === 0) this.#onDone()
    })
  }

  async done (): Promise<void> {
    if (this.#count > 0) await new Promise<void>(resolve => { this.#onDone = resolve })
  }
}

/** Shows the router something it can read; what is forwarded, and matched against the routes, is the original. */
function routable (url: string, method: string): string {
  const target = parseRequestTarget(url, method)
  if (target === null || target.path === '*') return '/'
  return routableTarget(target.path)
}

function notFound (request: FastifyRequest, reply: FastifyReply): void {
  reply.hijack()
  answer(reply.raw, noRoute(request.raw))
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
        ms: rounded(reply.elapsedTime),
        outcome: 'answered'
      }, 'request')
    }
    done()
  })
}
