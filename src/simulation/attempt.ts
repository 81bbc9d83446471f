import type { Flight } from '../balancing/strategy.js'
import type { SimulatedCandidate } from './simulated-candidate.js'
import type { SimulatedRequest } from './simulated-request.js'
import type { Job } from './simulated-target.js'

/** One request at one target. Used again when it is over: `Attempts` keeps them. */
export class Attempt implements Job {
  /** Its number: what events are about. */
  readonly slot: number
  /** null = nobody waits for the answer any more, though the target may still work on it. */
  request: SimulatedRequest | null = null
  /** null = it is free. */
  candidate: SimulatedCandidate | null = null
  flight: Flight | null = null
  /** Number of the event that ends it; 0 = it waits in the target. */
  ending = 0
  /** Number of the event at which the proxy gives it up; 0 = never. */
  patience = 0
  /** Is nobody there to take it? */
  refused = false
  /** Status of the answer that comes; 0 = none comes. */
  status = 0
  next: Job | null = null

  constructor (slot: number) {
    this.slot = slot
  }
}

/** All attempts of a simulation. */
export class Attempts {
  readonly #all: Attempt[] = []
  readonly #free: Attempt[] = []

  /** How many are under way. */
  get used (): number { return this.#all.length - this.#free.length }

  /** @param slot of an attempt that was taken once. */
  at (slot: number): Attempt {
    const attempt = this.#all[slot]
    if (attempt === undefined) throw new RangeError(`there is no attempt ${slot}`)
    return attempt
  }

  take (): Attempt {
    const free = this.#free.pop()
    if (free !== undefined) return free
    const fresh = new Attempt(this.#all.length)
    this.#all.push(fresh)
    return fresh
  }

  giveBack (attempt: Attempt): void {
    attempt.request = null
    attempt.candidate = null
    attempt.flight = null
    attempt.ending = 0
    attempt.patience = 0
    attempt.next = null
    this.#free.push(attempt)
  }

  /** Those that are under way and of which `wanted` says so. */
  filter (wanted: (attempt: Attempt) => boolean): Attempt[] {
    return this.#all.filter(attempt => attempt.candidate !== null && wanted(attempt))
  }
}
