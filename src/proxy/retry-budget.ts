import type { Clock } from '../base/clock.js'
import { SlidingCounter } from '../base/sliding-counter.js'

/** Milliseconds over which requests and retries are counted. */
const WINDOW = 10_000

export interface RetryBudgetRules {
  /** Retries allowed per client request of the last 10 s. */
  readonly share: number
  /** Retries allowed per second, as an average over 10 s, however few the requests. */
  readonly minimumPerSecond: number
}

export const retryBudgetDefaults: RetryBudgetRules = Object.freeze({ share: 0.2, minimumPerSecond: 3 })

/**
 * How many retries a pool's traffic may have: in an outage most requests fail, and if each were sent again the load would
 * double just when the targets can bear it least. One per pool. Source: the retry budgets of Finagle and Envoy.
 */
export class RetryBudget {
  #rules: RetryBudgetRules
  readonly #requests: SlidingCounter
  readonly #retries: SlidingCounter
  /** Retries that were not granted. */
  refused = 0

  constructor (clock: Clock, rules: RetryBudgetRules = retryBudgetDefaults) {
    this.#rules = rules
    this.#requests = new SlidingCounter(clock, WINDOW)
    this.#retries = new SlidingCounter(clock, WINDOW)
  }

  /** Takes other rules; what has been counted stays. */
  configure (rules: RetryBudgetRules): void {
    this.#rules = rules
  }

  /** Counts a client's request; its retries do not count. */
  request (): void {
    this.#requests.add()
  }

  /** Retries that would be granted now. */
  get left (): number {
    const { share, minimumPerSecond } = this.#rules
    const allowed = Math.floor(Math.max(minimumPerSecond * WINDOW / 1000, share * this.#requests.sum))
    return Math.max(0, allowed - this.#retries.sum)
  }

  /** Asks for one retry. @returns whether it is granted; then it is counted. */
  take (): boolean {
    if (this.left === 0) {
      this.refused++
      return false
    }
    this.#retries.add()
    return true
  }
}
