import type { Candidate, Follower } from '../balancing/strategy.js'
import type { Rampable } from '../upstream/slow-start.js'
import type { SimulatedTarget } from './simulated-target.js'

/** A target as one proxy sees it: its in-flight count is that of this proxy's own requests. */
export class SimulatedCandidate implements Candidate, Rampable {
  readonly id: string
  readonly target: SimulatedTarget
  weight: number
  inflight = 0
  /** What the strategy keeps of it; null = nothing. */
  follower: Follower | null = null
  /** Does the health check speak against it? */
  down = false
  /** Have requests that it failed taken it out for a while? */
  ejected = false
  /** Is it in its proxy's pool? */
  pooled = true
  readonly #changed: () => void

  /** @param changed called when its weight has changed. */
  constructor (target: SimulatedTarget, changed: () => void) {
    this.id = target.id
    this.target = target
    this.weight = target.weight
    this.#changed = changed
  }

  get eligible (): boolean { return !this.down && !this.ejected }

  ramp (share: number): void {
    this.weight = this.target.weight * share
    this.#changed()
  }
}
