import { Writable } from 'node:stream'
import pino, { type Logger } from 'pino'
import proxyAddr from 'proxy-addr'
import { systemClock, type Clock } from '../base/clock.js'
import { systemRandom } from '../base/random.js'
import { TimerWheel } from '../base/timer-wheel.js'
import { strategyKinds } from '../balancing/strategies.js'
import type { StrategyKind } from '../balancing/strategy.js'
import type { Config } from '../config/config.js'
import { logExchange, type Log } from '../proxy/access-log.js'
import { RouteTable } from '../proxy/route-table.js'
import { Route, type RouteServices } from '../proxy/route.js'
import type { TrustProxy } from '../proxy/peer.js'
import { Front } from './front.js'
import { buildGeneration } from './build-generation.js'
import type { Generation, GenerationPlugin } from './generation.js'
import type { RunningPool } from './running-pool.js'
import { Upstreams } from './upstreams.js'

/** Code of the user's own. */
export interface Extensions {
  /** Fastify plugins: hooks, routes, decorators. */
  readonly plugins?: readonly GenerationPlugin[]
  /** Strategies that the config may name. */
  readonly strategies?: readonly StrategyKind[]
}

export interface StartOptions {
  readonly extensions?: Extensions
  /** Default: no log. */
  readonly logger?: Logger
  readonly clock?: Clock
}

/** A proxy that runs. */
export interface RunningProxy {
  /** Where it listens: `http://127.0.0.1:8080`, `unix:/run/headrace.sock`. */
  readonly addresses: readonly string[]
  readonly pools: ReadonlyMap<string, RunningPool>
  /**
   * Stops accepting, lets what is under way end, cuts what is left after the drain deadline.
   * @param deadline in ms, instead of the config's.
   * @returns how many connections were cut.
   */
  close (deadline?: number): Promise<number>
  /** Cuts everything now; makes a `close` under way end at once. @returns how many connections there were. */
  cut (): number
}

/** Brings a resolved config to life. @throws the system's error if an address can't be listened on. */
export async function start (config: Config, options: StartOptions = {}): Promise<RunningProxy> {
  const clock = options.clock ?? systemClock
  const log = options.logger ?? silentLogger()
  const upstreams = new Upstreams(config.pools, {
    clock, random: systemRandom, log, strategies: [...strategyKinds, ...options.extensions?.strategies ?? []], timeouts: config.timeouts
  })
  const services = routeServices({ clock, log, access: config.log.access, queueTimeout: config.timeouts.queue, uploadRate: config.limits.uploadRate, draining: () => front.draining })
  const generation = await buildGeneration({
    table: routeTable(config, upstreams, services),
    trustProxy: trustedProxies(config.trustProxy),
    plugins: options.extensions?.plugins ?? [],
    log,
    access: config.log.access,
    clock
  })
  const front: Front = new Front({ timeouts: config.timeouts, clock, log }, generation.handle)
  try {
    await upstreams.start()
    const addresses = await front.listen(config.listen)
    return new Running(config, addresses, front, generation, upstreams)
  } catch (error) {
    await front.drain(0)
    await upstreams.stop(true)
    await generation.close()
    throw error
  }
}

class Running implements RunningProxy {
  readonly addresses: readonly string[]
  readonly #config: Config
  readonly #front: Front
  readonly #generation: Generation
  readonly #upstreams: Upstreams
  #closing: Promise<number> | null = null

  constructor (config: Config, addresses: readonly string[], front: Front, generation: Generation, upstreams: Upstreams) {
    this.#config = config
    this.addresses = addresses
    this.#front = front
    this.#generation = generation
    this.#upstreams = upstreams
  }

  get pools (): ReadonlyMap<string, RunningPool> {
    return this.#upstreams.pools
  }

  close (deadline: number = this.#config.timeouts.drain): Promise<number> {
    this.#closing ??= this.#close(deadline)
    return this.#closing
  }

  cut (): number {
    return this.#front.cut()
  }

  async #close (deadline: number): Promise<number> {
    const cut = await this.#front.drain(deadline)
    await this.#upstreams.stop(true)
    await this.#generation.close()
    return cut
  }
}

export interface RouteServicesOptions {
  readonly clock: Clock
  readonly log: Log
  /** Log every exchange, or only those that go wrong? */
  readonly access: boolean
  /** Milliseconds. */
  readonly queueTimeout: number
  /** Bytes per second. */
  readonly uploadRate: number
  draining (): boolean
}

/** What the routes of a running proxy share. */
export function routeServices (options: RouteServicesOptions): RouteServices {
  const { clock, log, access, queueTimeout, uploadRate } = options
  return {
    clock,
    wheel: new TimerWheel(clock),
    queueTimeout,
    uploadRate,
    random: systemRandom,
    get draining () { return options.draining() },
    onEnd: exchange => { logExchange(log, exchange, access) }
  }
}

/** The routes of a config over its running pools. */
export function routeTable (config: Pick<Config, 'routes'>, upstreams: Upstreams, services: RouteServices): RouteTable {
  return new RouteTable(config.routes.map(route => new Route(route, upstreams.get(route.pool), services)))
}

/** Compiles `trustProxy`. */
export function trustedProxies (list: readonly string[]): TrustProxy {
  if (list.length === 0) return () => false
  const trust = proxyAddr.compile([...list])
  return address => trust(address, 0)
}

function silentLogger (): Logger {
  return pino({ level: 'silent' }, new Writable({ write: (_chunk, _encoding, done) => { done() } }))
}
