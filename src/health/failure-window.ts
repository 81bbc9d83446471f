import { SlidingCounter } from '../base/sliding-counter.js'
import type { FailureRate } from './passive-health.js'

/** Requests and failures of one target over a sliding window. */
export class FailureWindow {
  readonly #rule: FailureRate
  readonly #requests: SlidingCounter
  readonly #failures: SlidingCounter

  constructor (rule: FailureRate) {
    this.#rule = rule
    this.#requests = new SlidingCounter(rule.window)
    this.#failures = new SlidingCounter(rule.window)
  }

  /** Counts a request. @returns the share of failures if it is too high, else null. */
  add (failed: boolean, now: number): number | null {
    this.#requests.add(now)
    if (!failed) return null
    this.#failures.add(now)
    const requests = this.#requests.total(now)
    const share = this.#failures.total(now) / requests
    return requests >= this.#rule.minimumRequests && share >= this.#rule.share ? share : null
  }

  clear (): void {
    this.#requests.clear()
    this.#failures.clear()
  }
}
