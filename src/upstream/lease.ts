import type { Outcome } from './outcome.js'
import type { Target } from './target.js'

/** Hears how each lease of a pool ended: passive health, metrics. */
export type LeaseObserver = (target: Target, outcome: Outcome) => void

/** One request's claim on one target: counted from construction until it is settled, exactly once. */
export class Lease {
  readonly target: Target
  #observer: LeaseObserver | null

  constructor (target: Target, observer: LeaseObserver) {
    this.target = target
    this.#observer = observer
    target.acquire()
  }

  get settled (): boolean {
    return this.#observer === null
  }

  /** Ends the claim. The first call wins; later ones do nothing. */
  settle (outcome: Outcome): void {
    const observer = this.#observer
    if (observer === null) return
    this.#observer = null
    this.target.release()
    observer(this.target, outcome)
  }
}
