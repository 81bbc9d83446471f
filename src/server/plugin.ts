import type { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import fastifyPlugin from 'fastify-plugin'
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import { systemClock } from '../base/clock.js'
import { ConfigError } from '../base/errors.js'
import { systemRandom } from '../base/random.js'
import { strategyKinds } from '../balancing/strategies.js'
import type { StrategyKind } from '../balancing/strategy.js'
import { loadConfig } from '../config/load.js'
import { addMethods, forward } from '../proxy/forward.js'
import { routeServices, routeTable, tracingOf, trustedProxies } from './start.js'
import type { RunningPool } from './running-pool.js'
import { listenForUpgrades } from './upgrades.js'
import { Upstreams } from './upstreams.js'

/** What the plugin puts on the app. */
export interface HeadraceDecorator {
  /** The running pools by name. */
  readonly pools: Map<string, RunningPool>
}

declare module 'fastify' {
  interface FastifyInstance {
    headrace: HeadraceDecorator
  }
}

/** Options of the plugin: the same objects as in the config file (docs/configuration.md). */
export interface HeadraceOptions {
  readonly pools: object
  readonly routes?: readonly object[]
  readonly trustProxy?: readonly string[]
  readonly timeouts?: object
  readonly limits?: object
  readonly debug?: object
  readonly zone?: string
  readonly tracing?: boolean
  /** Put before the prefixes of all routes. A scope's own prefix comes before it. */
  readonly prefix?: string
  /** Strategies that the pools may name beside the built-in ones. */
  readonly strategies?: readonly StrategyKind[]
}

const plugin: FastifyPluginAsync<HeadraceOptions> = async (app, options) => {
  const { pools, routes, trustProxy, timeouts, limits, debug, zone, tracing } = options
  const strategies = [...strategyKinds, ...options.strategies ?? []]
  const config = loadConfig({ pools, routes, trustProxy, timeouts, limits, debug, zone, tracing }, { strategies })
  if (app.hasReplyDecorator('from')) {
    throw new ConfigError([{ path: '', message: 'headrace brings its own reply.from: register it beside @fastify/reply-from or @fastify/http-proxy, not in a scope that has one of them already' }])
  }
  const upstreams = new Upstreams(config.pools, { clock: systemClock, random: systemRandom, log: app.log, strategies, zone: config.zone, timeouts: config.timeouts })
  let closing = false
  const services = routeServices({
    clock: systemClock, log: app.log, config, access: false, statistics: null, tracing: await tracingOf(config), draining: () => closing
  })
  const { prefix = '' } = options
  const routeConfigs = config.routes.map(route => ({ ...route, prefix: joined(app.prefix + prefix, route.prefix) }))
  const table = routeTable({ routes: routeConfigs }, upstreams, services)
  decorate(app, upstreams)
  if (!app.hasRequestDecorator('exchange')) app.decorateRequest('exchange', null)
  addMethods(app, { hasBody: false })
  const prefixes = [...new Set(config.routes.map(route => joined(prefix, route.prefix)))]
  const unread = new Set<Socket>()
  await app.register(async scope => {
    scope.addHook('onResponse', (request, _reply, done) => {
      keepUnread(unread, request.raw)
      done()
    })
    await forward(scope, {
      table, prefixes, trustProxy: trustedProxies(config.trustProxy), originalTarget: false, notFound: (_request, reply) => { reply.callNotFound() }
    })
  })
  const paths = routeConfigs.map(route => route.prefix)
  const cutTunnels = listenForUpgrades(app.server, paths, (request, response) => { app.routing(request, response) })
  app.addHook('onReady', () => upstreams.start())
  app.addHook('preClose', async () => {
    closing = true
    cutTunnels()
    for (const socket of unread) socket.destroy()
  })
  app.addHook('onClose', () => upstreams.stop(true))
}

/** A route's prefix below a scope's: `/v1` and `/api` are `/v1/api`, `/v1` and `/` are `/v1`. */
function joined (above: string, prefix: string): string {
  const base = above.endsWith('/') ? above.slice(0, -1) : above
  return prefix === '/' && base !== '' ? base : base + prefix
}

/** Several registrations in one app share the decorator. */
function decorate (app: FastifyInstance, upstreams: Upstreams): void {
  if (!app.hasDecorator('headrace')) app.decorate('headrace', { pools: new Map<string, RunningPool>() })
  const { pools } = app.headrace
  for (const [name, pool] of upstreams.pools) {
    if (pools.has(name)) throw new ConfigError([{ path: `pools.${name}`, message: 'another registration of headrace in this app has a pool of that name' }])
    pools.set(name, pool)
  }
}

/**
 * A client that has its answer before it has sent all of its request may take its time with the rest. The server does not hold
 * such a connection for idle: it would keep the app from closing.
 */
function keepUnread (sockets: Set<Socket>, request: IncomingMessage): void {
  const { socket } = request
  // `inject` makes requests that have none.
  if (request.complete || !(socket instanceof Socket)) return
  sockets.add(socket)
  request.once('close', () => { sockets.delete(socket) })
}

/** The Fastify plugin: proxies the routes of its options over the pools of its options, inside an app of the user's own. */
export default fastifyPlugin(plugin, { fastify: '5.x', name: 'headrace' })
