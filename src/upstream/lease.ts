import type { Flight } from '../balancing/strategy.js'
import type { Clock } from '../base/clock.js'
import type { ConcurrencyLimit } from './adaptive-limit.js'
import type { Outcome } from './outcome.js'
import type { Target } from './target.js'

/** Hears how each lease of a pool ended: passive health, metrics. */
export type LeaseObserver = (target: Target, outcome: Outcome) => void

/** One request's claim on one target: counted from construction until it is settled, exactly once. */
export class Lease {
  readonly target: Target
  #observer: LeaseObserver | null
  /** What the strategy learns from this request; null = nothing. */
  readonly #flight: Flight | null
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
    const { follower } = target
    this.#startedAt = clock.now()
    this.#flight = follower === null ? null : follower.began(this.#startedAt)
  }

  get settled (): boolean {
    return this.#observer === null
  }

  /** The response head has come. Later calls do nothing. @param at the clock's time, if it is known. */
  responded (status: number, at: number = this.#clock.now()): void {
    this.#answered('response', status >= 500, at)
  }

  /** How soon it is answered can't be known: the target's adaptive limit, the strategy and the times leave it out. */
  unmeasured (): void {
    this.#answered(null, false, this.#clock.now())
  }

  /** Ends the claim. The first call wins; later ones do nothing. @param at the clock's time, if it is known. */
  settle (outcome: Outcome, at?: number): void {
    const observer = this.#observer
    if (observer === null) return
    this.#observer = null
    const now = at ?? this.#clock.now()
    this.#answered(outcome.kind, outcome.kind === 'failure' || (outcome.kind === 'response' && outcome.status >= 500), now)
    this.target.release()
    this.target.counts.ended(outcome, now - this.#startedAt)
    observer(this.target, outcome)
  }

  #answered (how: Outcome['kind'] | null, failed: boolean, now: number): void {
    if (!this.#awaiting) return
    this.#awaiting = false
    const { adaptive, counts } = this.target
    const flight = this.#flight
    if (how === 'response') counts.headTimes.add(now - this.#startedAt)
    if (adaptive !== null || flight !== null) {
      if (how === null || how === 'cancelled') flight?.abandoned(now)
      else flight?.answered(now, failed)
      if (adaptive !== null && how !== null) this.#measured(adaptive, now - this.#startedAt, how)
    }
    this.target.answered()
  }

  #measured (adaptive: ConcurrencyLimit, latency: number, how: Outcome['kind']): void {
    if (how === 'cancelled') adaptive.abandoned(latency, this.#awaitingAtStart)
    else adaptive.sample(latency, this.#awaitingAtStart, how === 'failure')
  }
}
