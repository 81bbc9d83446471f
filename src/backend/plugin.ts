import type { IncomingMessage, ServerResponse } from 'node:http'
import fastifyPlugin from 'fastify-plugin'
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import type { Clock } from '../base/clock.js'
import { LoopLoad } from '../base/loop-load.js'
import { Connections } from './connections.js'
import { Drain } from './drain.js'
import { healthReport, type HealthStatus } from './health-report.js'
import type { HostProcess } from './host-process.js'
import { Leaving } from './leaving.js'
import { resolveOptions, type HeadraceBackendOptions } from './options.js'
import { Readiness } from './readiness.js'
import { Requests } from './requests.js'

/** What the plugin puts on the app. */
export interface HeadraceBackend {
  /** Has the drain begun? */
  readonly draining: boolean
  /** Requests under way, questions about health left out. */
  readonly inflight: number
  /**
   * Drains as a signal does: says so, serves until it is quiet, finishes what is open, closes the app, and ends the process unless `exit` is false.
   * Resolves when the app has closed; rejects if a hook of its closing did.
   */
  drain (): Promise<void>
}

declare module 'fastify' {
  interface FastifyInstance {
    headraceBackend: HeadraceBackend
  }
}

/** Makes the plugin for a process. */
export function backendPlugin (clock: Clock, host: HostProcess): FastifyPluginAsync<HeadraceBackendOptions> {
  const plugin: FastifyPluginAsync<HeadraceBackendOptions> = async (app, options) => {
    const settings = resolveOptions(options)
    const requests = new Requests(clock)
    const connections = new Connections(app.server, clock)
    const load = new LoopLoad(host, clock)
    const drain = new Drain(settings, { clock, log: app.log, requests, connections })
    const leaving = new Leaving(app, settings, { clock, host, drain })
    const readiness = new Readiness(settings, clock, app.log)
    const status = async (): Promise<HealthStatus> => {
      if (!drain.draining && !await readiness.ready() && !drain.draining) return 'failing'
      return drain.draining ? 'draining' : 'ok'
    }

    watchRequests(app, (request, response) => {
      if (requests.begin(request, response)) connections.begin(request, response)
    })
    app.route({
      method: 'GET',
      url: settings.path,
      exposeHeadRoute: true,
      // Probes come every few seconds, for as long as the process lives.
      logLevel: 'warn',
      onRequest: (_request, reply, done) => {
        requests.setAside(reply.raw)
        drain.asked()
        done()
      },
      handler: async (_request, reply) => {
        const now = await status()
        if (now === 'draining') reply.raw.once('finish', () => { drain.told() })
        reply.code(now === 'ok' ? 200 : 503).headers({ 'Cache-Control': 'no-store', 'Content-Type': 'application/json' })
        return JSON.stringify(healthReport(now, { requests, load, host }))
      }
    })
    app.decorate('headraceBackend', {
      get draining () { return drain.draining },
      get inflight () { return requests.inflight },
      drain: () => leaving.leave()
    })
    app.addHook('onReady', async () => { leaving.listen() })
    app.addHook('preClose', async () => {
      drain.end()
      requests.askToClose()
      leaving.appCloses()
    })
    app.addHook('onClose', async () => { load.stop() })
  }
  return fastifyPlugin(plugin, { fastify: '5.x', name: 'headrace-backend' })
}

/** Sees every request of an app, each before its handler. */
function watchRequests (app: FastifyInstance, seen: (request: IncomingMessage, response: ServerResponse) => void): void {
  // Before all hooks: one that was added earlier may answer by itself.
  app.server.prependListener('request', seen)
  // What comes from `inject` and from the second server of an app that listens on "localhost" is seen only here.
  app.addHook('onRequest', (request, reply, done) => {
    seen(request.raw, reply.raw)
    done()
  })
}
