import type { ProxyError } from '../base/errors.js'
import { Deadline } from '../base/timer-wheel.js'
import type { Outcome } from '../upstream/outcome.js'
import type { Target } from '../upstream/target.js'
import type { ExchangeHead } from './exchange-head.js'
import type { ExchangeOutcome, ExchangeRecord } from './exchange-record.js'
import { Explanation } from './explanation.js'
import { RequestContext } from './request-context.js'
import type { Route } from './route.js'
import type { ExchangeTrace } from './tracing.js'

/**
 * An exchange as those see it who watch: its record, its explanation, its spans, and the counts that it adds to. `Exchange` makes
 * happen what is noted here. It builds on this class, instead of having an object of it, because there is one for each request.
 */
export abstract class RecordedExchange extends Deadline implements ExchangeRecord {
  readonly route: Route
  readonly request: ExchangeHead
  readonly context: RequestContext
  readonly explanation: Explanation | null
  readonly #trace: ExchangeTrace | null
  #queuedAt = 0
  readonly startedAt: number
  headAt = -1
  endedAt = -1
  attempts = 0
  status = 0
  bytes = 0
  outcome: ExchangeOutcome = 'response'
  error: ProxyError | null = null
  target: Target | null = null

  constructor (route: Route, head: ExchangeHead) {
    super()
    this.route = route
    this.request = head
    this.context = new RequestContext(head, route.services)
    this.explanation = route.services.explain || head.debug ? new Explanation(route.pool) : null
    this.startedAt = route.services.clock.now()
    this.#trace = route.services.tracing?.begin(route, head) ?? null
    route.observer?.began()
  }

  get poolName (): string {
    return this.route.pool.name
  }

  /** A target is about to be chosen, none of those in `tried`. */
  protected noteChoice (tried: ReadonlySet<Target> | undefined): void {
    this.explanation?.consider(this.route.pool, this.context, tried)
  }

  /** It waits in the queue of its pool. */
  protected noteQueued (): void {
    this.#queuedAt = this.route.services.clock.now()
  }

  /** It waits there no more, whatever came of it. */
  protected noteLeftQueue (): void {
    this.explanation?.waited(this.route.services.clock.now() - this.#queuedAt)
  }

  /** An attempt at this target begins. */
  protected noteAttempt (target: Target): void {
    if (++this.attempts > 1) {
      target.counts.retries++
      this.route.pool.counts.retries++
    }
    this.target = target
    this.explanation?.chose(target)
    this.#trace?.attempt(target, this.attempts)
  }

  /** The attempt under way has ended. */
  protected noteAttemptEnd (outcome: Outcome): void {
    this.#trace?.attemptEnded(outcome)
  }

  /** All of it has ended, at `now` by the clock: everybody who wants to know is told. */
  protected noteEnd (outcome: ExchangeOutcome, now: number): void {
    this.outcome = outcome
    this.endedAt = now
    this.route.observer?.ended(this)
    this.#trace?.ended(this)
    this.route.services.onEnd(this)
  }
}
