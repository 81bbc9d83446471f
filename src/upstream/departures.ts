import type { Target } from './target.js'

/** Keeps an eye on targets that get no more requests, draining ones and those that have left, until they have none any more. */
export class Departures {
  readonly #busy = new Set<Target>()
  /** Weak: nobody says when a target that has left its pool is of no more interest. */
  readonly #empty = new WeakSet<Target>()
  readonly #observers: Array<(target: Target) => void> = []

  /** Calls `observer` once for each departure, when the last request has ended. */
  observe (observer: (target: Target) => void): void {
    this.#observers.push(observer)
  }

  /** Is it leaving? To say the same again changes nothing. */
  note (target: Target, leaving: boolean): void {
    if (!leaving) {
      this.#busy.delete(target)
      this.#empty.delete(target)
    } else if (!this.#empty.has(target)) {
      this.#busy.add(target)
      this.check(target)
    }
  }

  /** One of its requests has ended. */
  check (target: Target): void {
    if (this.#busy.size === 0 || target.inflight > 0 || !this.#busy.delete(target)) return
    this.#empty.add(target)
    for (const observer of this.#observers) observer(target)
  }
}
