import { Writable } from 'node:stream'
import pino, { type Logger } from 'pino'
import proxyAddr from 'proxy-addr'
import { EventLog } from '../admin/event-log.js'
import { Statistics } from '../admin/statistics.js'
import { systemClock, type Clock } from '../base/clock.js'
import { ConfigError } from '../base/errors.js'
import { systemRandom } from '../base/random.js'
import { TimerWheel } from '../base/timer-wheel.js'
import { strategyKinds } from '../balancing/strategies.js'
import type { StrategyKind } from '../balancing/strategy.js'
import type { Config } from '../config/config.js'
import { logExchange, type Log } from '../proxy/access-log.js'
import { DebugSecret } from '../proxy/debug-secret.js'
import { RouteTable } from '../proxy/route-table.js'
import { Route, type RouteServices } from '../proxy/route.js'
import type { Tracing } from '../proxy/tracing.js'
import type { TrustProxy } from '../proxy/peer.js'
import { eventObserver } from './event-observer.js'
import { Front } from './front.js'
import { buildGeneration } from './build-generation.js'
import type { GenerationPlugin } from './generation.js'
import { InheritedSockets } from './inherited-sockets.js'
import { Running, type Parts } from './running.js'
import type { ReloadObserver } from './reloader.js'
import type { RunningProxy } from './running-proxy.js'
import { VERSION } from './version.js'
import { TargetOverrides } from './target-overrides.js'
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
  /** Reads the config anew when an admin wants it reloaded. @throws {ConfigError} Default: there is nothing to read. */
  readonly read?: () => Config
  /** Hears of such reloads. */
  readonly reloads?: ReloadObserver
  /** Listening sockets that are open already. Default: none. */
  readonly inherited?: InheritedSockets
}

/** Brings a resolved config to life. @throws the system's error if an address can't be listened on. */
export async function start (config: Config, options: StartOptions = {}): Promise<RunningProxy> {
  const clock = options.clock ?? systemClock
  const log = options.logger ?? silentLogger()
  const { plugins = [], strategies = [] } = options.extensions ?? {}
  const events = new EventLog(clock)
  const statistics = config.admin === null ? null : new Statistics(clock)
  const upstreams = new Upstreams(config.pools, {
    clock,
    random: systemRandom,
    log,
    strategies: [...strategyKinds, ...strategies],
    zone: config.zone,
    timeouts: config.timeouts,
    observer: eventObserver(events)
  })
  const build: Parts['build'] = async (config, pools) => {
    const { access } = config.log
    const services = routeServices({ clock, log, config, access, statistics, tracing: await tracingOf(config), draining: () => front.draining })
    const table = routeTable(config, pools, services)
    return await buildGeneration({ table, trustProxy: trustedProxies(config.trustProxy), plugins, log, access, clock })
  }
  const generation = await build(config, upstreams)
  const { read = noSource, reloads, inherited = new InheritedSockets() } = options
  const front: Front = new Front({ timeouts: config.timeouts, clock, log, inherited, strays: statistics }, generation.handle)
  return await new Running(config, generation, { front, upstreams, overrides: new TargetOverrides(), events, statistics, log, logged: options.logger !== undefined, clock, inherited, read, reloads, build }).start()
}

function noSource (): Config {
  throw new ConfigError([{ path: '', message: 'the proxy was started without a file to read: call reload with a config' }])
}

export interface RouteServicesOptions {
  readonly clock: Clock
  readonly log: Log
  /** Log every exchange, or only those that go wrong? */
  readonly access: boolean
  readonly config: Pick<Config, 'timeouts' | 'limits' | 'debug' | 'log'>
  readonly tracing: Tracing | null
  /** null = nobody looks. */
  readonly statistics: Statistics | null
  draining (): boolean
}

/** What the routes of a running proxy share. */
export function routeServices (options: RouteServicesOptions): RouteServices {
  const { clock, log, access, config } = options
  return {
    clock,
    wheel: new TimerWheel(clock),
    queueTimeout: config.timeouts.queue,
    uploadRate: config.limits.uploadRate,
    explain: config.log.explain && access,
    tracing: options.tracing,
    ...(options.statistics !== null && { observe: options.statistics.route, strays: options.statistics }),
    debugSecret: config.debug.secret === null ? null : new DebugSecret(config.debug.secret),
    random: systemRandom,
    get draining () { return options.draining() },
    onEnd: exchange => { logExchange(log, exchange, access) }
  }
}

/** What makes the spans that a config asks for; null = none. It is loaded when it is asked for: start-up is quicker for it. */
export async function tracingOf ({ tracing }: Pick<Config, 'tracing'>): Promise<Tracing | null> {
  return tracing ? new (await import('../proxy/tracing.js')).Tracing(VERSION) : null
}

/** The routes of a config over its running pools. */
export function routeTable (config: Pick<Config, 'routes'>, upstreams: Pick<Upstreams, 'get'>, services: RouteServices): RouteTable {
  return new RouteTable(config.routes.map(route => new Route(route, upstreams.get(route.pool), services)), services.strays)
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
