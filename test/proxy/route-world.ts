import { systemClock, type Clock } from '../../src/base/clock.js'
import { TimerWheel } from '../../src/base/timer-wheel.js'
import { VirtualClock } from '../../src/base/virtual-clock.js'
import { RoundRobin } from '../../src/balancing/round-robin.js'
import type { DebugSecret } from '../../src/proxy/debug-secret.js'
import type { ExchangeRecord } from '../../src/proxy/exchange-record.js'
import type { RetryRules, RouteConfig } from '../../src/proxy/route-config.js'
import { RetryBudget, type RetryBudgetRules } from '../../src/proxy/retry-budget.js'
import type { Tracing } from '../../src/proxy/tracing.js'
import { Route, type RouteServices } from '../../src/proxy/route.js'
import type { Transport } from '../../src/transport/transport.js'
import { Pool } from '../../src/upstream/pool.js'
import type { Target } from '../../src/upstream/target.js'
import { FakeTransport } from './fake-transport.js'

/** Services over a clock that a test holds in its hand. */
export class FakeServices implements RouteServices {
  readonly clock = new VirtualClock()
  readonly wheel = new TimerWheel(this.clock)
  draining = false
  queueTimeout = 0
  uploadRate = 0
  explain = false
  tracing: Tracing | null = null
  debugSecret: DebugSecret | null = null
  readonly ended: ExchangeRecord[] = []
  /** What comes of every draw: 0 = no back-off at all. */
  draw = 0
  readonly random = (): number => this.draw
  readonly onEnd = (exchange: ExchangeRecord): void => { this.ended.push(exchange) }
  observe?: NonNullable<RouteServices['observe']>
}

export const retryRules: RetryRules = { attempts: 2, perTryTimeout: 0, backOff: { base: 25, max: 250 }, maxRetryAfter: 5000, bufferBody: 0, tryFor: 0, on: { connect: true, reset: true, timeout: false, statuses: [] } }

/** A route config as the defaults make it, with `more` on top. */
export function routeConfig (more: Partial<RouteConfig> = {}): RouteConfig {
  return {
    host: null,
    prefix: '/',
    methods: null,
    pool: 'api',
    stripPrefix: false,
    rewritePrefix: null,
    hostHeader: 'client',
    headers: { request: { set: [], remove: [] }, response: { set: [], remove: [] } },
    timeouts: { responseHead: 60_000, idleBody: 60_000, request: 0, tunnelIdle: 3_600_000 },
    retry: retryRules,
    priority: 'normal',
    ...more
  }
}

/** A pool of so many targets, all eligible, taken in turn. */
export function createPool (count: number, clock: Clock = systemClock): Pool {
  const pool = new Pool({ name: 'api', strategy: () => new RoundRobin(), whenAllDown: 'fail', queueMax: 10, clock })
  pool.reconcile(Array.from({ length: count }, (_, i) => ({ url: `http://10.0.0.${i + 1}:3000` })))
  return pool
}

export interface UpstreamSetup {
  readonly budget?: RetryBudgetRules
  /** Hears of targets that say they are about to stop. */
  readonly withdraw?: (target: Target) => void
}

/** A route whose pool and transport do not matter, or those that are given. */
export function createRoute (more: Partial<RouteConfig> = {}, services: RouteServices = new FakeServices(), pool: Pool = createPool(1), transport: Transport = new FakeTransport(), setup: UpstreamSetup = {}): Route {
  const { budget, withdraw = () => {} } = setup
  return new Route(routeConfig(more), { pool, transport, retryBudget: new RetryBudget(services.clock, budget), withdraw }, services)
}
