import type { FastifyInstance } from 'fastify'
import { systemClock } from '../base/clock.js'
import { systemRandom } from '../base/random.js'
import { strategyKinds } from '../balancing/strategies.js'
import { loadConfig } from '../config/load.js'
import type { Log } from '../proxy/access-log.js'
import { BalancedDispatcher } from '../proxy/balanced-dispatcher.js'
import { balancedHttpProxy as proxyOverPool, type BalancedHttpProxyOptions } from '../proxy/balanced-http-proxy.js'
import { RunningPool } from './running-pool.js'
import { Upstreams } from './upstreams.js'

/** A running pool (`app.headrace.pools.get('api')`), or one as the config writes it: `{ targets: [...], strategy, healthCheck }`. */
export type PoolOrConfig = RunningPool | object

/**
 * A dispatcher over one pool, for `fetch`, undici, @fastify/reply-from and @fastify/http-proxy.
 * A pool given as config is started here, and ends when the dispatcher is closed or destroyed.
 * @throws {ConfigError} if the config is wrong.
 */
export function balancedDispatcher (pool: PoolOrConfig, options: { readonly log?: Log } = {}): BalancedDispatcher {
  if (pool instanceof RunningPool) return new BalancedDispatcher(pool, options)
  const running = standalonePool(pool, options.log ?? silent)
  // Requests need not wait for the first verdicts: until then all targets are tried.
  void running.start()
  return new BalancedDispatcher(running, { ...options, stop: force => running.stop(force) })
}

/** Options of @fastify/http-proxy with a pool instead of an upstream. */
export type BalancedHttpProxyPluginOptions = BalancedHttpProxyOptions<PoolOrConfig>

/** @fastify/http-proxy over a pool. A pool given as config lives as long as the app. */
export async function balancedHttpProxy (app: FastifyInstance, options: BalancedHttpProxyPluginOptions): Promise<void> {
  const { pool } = options
  if (pool instanceof RunningPool) return await proxyOverPool(app, { ...options, pool })
  const running = standalonePool(pool, app.log)
  app.addHook('onReady', () => running.start())
  app.addHook('onClose', () => running.stop(true))
  await proxyOverPool(app, { ...options, pool: running })
}

function standalonePool (pool: object, log: Log): RunningPool {
  const config = loadConfig({ pools: { pool } })
  return new Upstreams(config.pools, {
    clock: systemClock, random: systemRandom, log, strategies: strategyKinds, zone: null, timeouts: config.timeouts
  }).get('pool')
}

const silent: Log = { debug () {}, info () {}, warn () {}, error () {} }
