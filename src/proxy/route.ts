import type { TimerWheel } from '../base/timer-wheel.js'
import type { Clock } from '../base/clock.js'
import type { AttemptTimeouts, Transport } from '../transport/transport.js'
import type { Pool } from '../upstream/pool.js'
import type { Target } from '../upstream/target.js'
import type { DebugSecret } from './debug-secret.js'
import type { ExchangeRecord } from './exchange-record.js'
import { PreparedRules } from './header-rules.js'
import { prefixCharacters } from './prefix-characters.js'
import type { RouteConfig } from './route-config.js'
import type { RouteObserver } from './route-observer.js'
import type { BodyOptions } from './incoming-body.js'
import type { RetryBudget } from './retry-budget.js'
import type { RoutingPath } from './routing-path.js'
import type { Strays } from './strays.js'
import type { Tracing } from './tracing.js'
import type { Upstream } from './upstream.js'
import { fieldValue } from './field-value.js'

/** What all routes of a running proxy share. */
export interface RouteServices {
  readonly clock: Clock
  /** Deadlines of whole exchanges and of tunnels. */
  readonly wheel: TimerWheel
  random (): number
  /** Milliseconds for which a request waits while all targets are full; 0 = not at all. */
  readonly queueTimeout: number
  /** Bytes per second that a client must send of a request's body; 0 = no limit. */
  readonly uploadRate: number
  /** Is each choice of a target to be recorded, for the log? */
  readonly explain: boolean
  /** Who may see that record in a response; null = nobody. */
  readonly debugSecret: DebugSecret | null
  /** Makes spans; null = nobody wants any. */
  readonly tracing: Tracing | null
  /** Is the proxy shutting down? Then responses ask their clients to close the connection. */
  readonly draining: boolean
  /** Called once when an exchange has ended. */
  onEnd (exchange: ExchangeRecord): void
  /** Who hears of the exchanges of a route. Asked once for each. */
  observe? (route: RouteConfig): RouteObserver
  readonly strays?: Strays
}

/** A route made ready: everything that does not depend on the single request is worked out here, once. */
export class Route {
  readonly config: RouteConfig
  /** Its prefix for people. */
  readonly shownPrefix: string
  readonly pool: Pool
  readonly services: RouteServices
  /** null = nobody. */
  readonly observer: RouteObserver | null
  readonly requestRules: PreparedRules
  readonly responseRules: PreparedRules
  readonly attemptTimeouts: AttemptTimeouts
  readonly bodyOptions: BodyOptions
  /** Is it the limit of a single attempt that ends the wait for a response head? */
  readonly headLimitIsPerTry: boolean
  readonly #upstream: Upstream
  readonly #methods: ReadonlySet<string> | null
  /** What replaces the prefix; null = the path stays as it is. */
  readonly #replacement: string | null

  constructor (config: RouteConfig, upstream: Upstream, services: RouteServices) {
    this.config = config
    this.shownPrefix = prefixCharacters(config.prefix)
    this.pool = upstream.pool
    this.#upstream = upstream
    this.services = services
    this.observer = services.observe?.(config) ?? null
    this.requestRules = new PreparedRules(config.headers.request)
    this.responseRules = new PreparedRules(config.headers.response)
    const { responseHead, idleBody } = config.timeouts
    const { perTryTimeout } = config.retry
    this.headLimitIsPerTry = perTryTimeout !== 0 && (responseHead === 0 || perTryTimeout < responseHead)
    this.attemptTimeouts = { responseHead: this.headLimitIsPerTry ? perTryTimeout : responseHead, idleBody }
    this.bodyOptions = { rules: this.requestRules, keep: config.retry.bufferBody, rate: services.uploadRate, wheel: services.wheel }
    this.#methods = config.methods === null ? null : new Set(config.methods)
    this.#replacement = config.rewritePrefix ?? (config.stripPrefix ? '/' : null)
  }

  /** A reload may put another in its place. */
  get transport (): Transport { return this.#upstream.transport }
  get retryBudget (): RetryBudget { return this.#upstream.retryBudget }

  /** A target has said in a response that it is about to stop. */
  withdraw (target: Target): void {
    this.#upstream.withdraw(target)
  }

  /** Is a request one of high priority? */
  isUrgent (headers: readonly string[]): boolean {
    const { priority } = this.config
    if (typeof priority === 'string') return priority === 'high'
    const value = fieldValue(headers, priority.header)
    return value !== undefined && priority.high.includes(value)
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
