import type { Clock } from '../base/clock.js'
import { SlidingCounter } from '../base/sliding-counter.js'
import type { FailureRate } from './passive-health.js'

/** What share of one target's outcomes were failures lately. */
export class FailureWindow {
  readonly #rule: FailureRate
  readonly #outcomes: SlidingCounter
  readonly #failures: SlidingCounter

  constructor (rule: FailureRate, clock: Clock) {
    this.#rule = rule
    this.#outcomes = new SlidingCounter(clock, rule.window)
    this.#failures = new SlidingCounter(clock, rule.window)
  }

  /** Outcomes within the window. */
  get outcomes (): number { return this.#outcomes.sum }
  /** Those of them that were failures. */
  get failures (): number { return this.#failures.sum }

  /** Are there enough outcomes to tell, and too many failures among them? */
  get exceeded (): boolean {
    const { share, minimumRequests } = this.#rule
    const { outcomes } = this
    return outcomes >= minimumRequests && this.failures / outcomes >= share
  }

  add (failed: boolean): void {
    this.#outcomes.add()
    if (failed) this.#failures.add()
  }

  clear (): void {
    this.#outcomes.clear()
    this.#failures.clear()
  }
}
