import { SlidingCounter } from '../base/sliding-counter.js'

/** Milliseconds over which requests and retries are counted. */
const WINDOW = 10_000

export interface RetryBudgetRules {
  /** Retries allowed per request of the last 10 s. */
  readonly share: number
  /** Retries allowed in any second, however few the requests. */
  readonly minimumPerSecond: number
}

/**
 * Keeps an outage from being multiplied: when most requests fail, most retries would only be more load.
 * Source: the retry budgets of Finagle and Envoy.
 */
export class RetryBudget {
  readonly #rules: RetryBudgetRules
  readonly #requests = new SlidingCounter(WINDOW)
  readonly #retries = new SlidingCounter(WINDOW)

  constructor (rules: RetryBudgetRules) {
    this.#rules = rules
  }

  /** A request has come. @param now clock time in ms. */
  request (now: number): void {
    this.#requests.add(now)
  }

  /** May a request be sent again? A yes is counted. */
  take (now: number): boolean {
    if (this.#retries.latest(now) >= this.#rules.minimumPerSecond && this.left(now) <= 0) return false
    this.#retries.add(now)
    return true
  }

  /** Retries that the requests of the last 10 s still pay for. */
  left (now: number): number {
    return Math.max(0, Math.floor(this.#requests.total(now) * this.#rules.share) - this.#retries.total(now))
  }
}
