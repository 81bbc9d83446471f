import type { Clock } from '../base/clock.js'
import type { Outcome } from './outcome.js'
import type { Target } from './target.js'

/** Hears how each lease of a pool ended: passive health, metrics. */
export type LeaseObserver = (target: Target, outcome: Outcome) => void

/** One request's claim on one target: counted from construction until it is settled, exactly once. */
export class Lease {
  readonly target: Target
  #observer: LeaseObserver | null
  readonly #clock: Clock
  readonly #startedAt: number
  readonly #awaitingAtStart: number
  #awaiting = true

  constructor (target: Target, observer: LeaseObserver, clock: Clock) {
    this.target = target
    this.#observer = observer
    this.#clock = clock
    target.acquire()
    this.#awaitingAtStart = target.awaiting
    this.#startedAt = target.adaptive === null ? 0 : clock.now()
  }

  get settled (): boolean {
    return this.#observer === null
  }

  /** The response head has come. Later calls do nothing. */
  responded (): void {
    this.#answered('response')
  }

  /** How soon it is answered can't be known: the target's adaptive limit leaves it out. */
  unmeasured (): void {
    this.#answered(null)
  }

  /** Ends the claim. The first call wins; later ones do nothing. */
  settle (outcome: Outcome): void {
    const observer = this.#observer
    if (observer === null) return
    this.#observer = null
    this.#answered(outcome.kind)
    this.target.release()
    observer(this.target, outcome)
  }

  #answered (how: Outcome['kind'] | null): void {
    if (!this.#awaiting) return
    this.#awaiting = false
    const { adaptive } = this.target
    if (adaptive !== null && how !== null) {
      const latency = this.#clock.now() - this.#startedAt
      if (how === 'cancelled') adaptive.abandoned(latency, this.#awaitingAtStart)
      else adaptive.sample(latency, this.#awaitingAtStart, how === 'failure')
    }
    this.target.answered()
  }
}
