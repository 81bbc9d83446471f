import type { TimerWheel } from '../base/timer-wheel.js'
import type { Clock } from '../base/clock.js'
import type { PickContext } from '../balancing/strategy.js'
import type { AttemptTimeouts, Transport } from '../transport/transport.js'
import type { Pool } from '../upstream/pool.js'
import type { ExchangeRecord } from './exchange-record.js'
import { PreparedRules } from './header-rules.js'
import type { RouteConfig } from './route-config.js'
import type { RoutingPath } from './routing-path.js'

/** What all routes of a running proxy share. */
export interface RouteServices {
  readonly clock: Clock
  /** Deadlines of whole exchanges and of tunnels. */
  readonly wheel: TimerWheel
  random (): number
  /** Milliseconds for which a request waits while all targets are full; 0 = not at all. */
  readonly queueTimeout: number
  /** Is the proxy shutting down? Then responses ask their clients to close the connection. */
  readonly draining: boolean
  /** Called once when an exchange has ended. */
  onEnd (exchange: ExchangeRecord): void
}

/** A route made ready: everything that does not depend on the single request is worked out here, once. */
export class Route {
  readonly config: RouteConfig
  readonly pool: Pool
  readonly transport: Transport
  readonly services: RouteServices
  readonly requestRules: PreparedRules
  readonly responseRules: PreparedRules
  readonly attemptTimeouts: AttemptTimeouts
  readonly context: PickContext
  readonly #methods: ReadonlySet<string> | null
  /** What replaces the prefix; null = the path stays as it is. */
  readonly #replacement: string | null

  constructor (config: RouteConfig, pool: Pool, transport: Transport, services: RouteServices) {
    this.config = config
    this.pool = pool
    this.transport = transport
    this.services = services
    this.requestRules = new PreparedRules(config.headers.request)
    this.responseRules = new PreparedRules(config.headers.response)
    const { responseHead, idleBody } = config.timeouts
    const { perTryTimeout } = config.retry
    this.attemptTimeouts = { responseHead: perTryTimeout === 0 ? responseHead : responseHead === 0 ? perTryTimeout : Math.min(responseHead, perTryTimeout), idleBody }
    this.context = { key: '', random: services.random }
    this.#methods = config.methods === null ? null : new Set(config.methods)
    this.#replacement = config.rewritePrefix ?? (config.stripPrefix ? '/' : null)
  }

  accepts (method: string): boolean {
    return this.#methods === null || this.#methods.has(method)
  }

  /** The path that the target is asked for: the client's bytes, but for the prefix where the route replaces it. */
  targetPath (raw: string, routing: RoutingPath): string {
    if (this.#replacement === null || raw === '*') return raw
    const { prefix } = this.config
    const length = prefix === '/' ? 0 : prefix.length
    const rest = raw.slice(routing.offsets === null ? length : routing.offsets[length] ?? length)
    const replacement = this.#replacement.endsWith('/') ? this.#replacement.slice(0, -1) : this.#replacement
    if (rest === '' || rest.startsWith('?')) return (replacement === '' ? '/' : replacement) + rest
    // A slash that the client had percent-encoded still ends the prefix: it stays as the client wrote it.
    return rest.startsWith('/') ? replacement + rest : `${replacement}/${rest}`
  }
}
