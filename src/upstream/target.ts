import type { Candidate } from '../balancing/strategy.js'
import { parseAddress, type TargetAddress } from './address.js'

/** Who may veto a target. */
export type Judge = 'active' | 'passive' | 'admin' | 'full'

const BITS: Readonly<Record<Judge, number>> = { active: 1, passive: 2, admin: 4, full: 8 }
const HEALTH = BITS.active | BITS.passive

/** A target as a config or a discovery source describes it. */
export interface TargetSpec {
  /** See `parseAddress`. */
  readonly url: string
  /** Share of the traffic; 0 = no new requests. Default 1. */
  readonly weight?: number
  /** Requests at once; 0 = no limit. Default 0. */
  readonly maxConnections?: number
}

/**
 * One backend address in one pool. All its mutable state is here: how many requests it has, who vetoes it, its weight.
 * Identity is pool name + origin, so a new weight keeps health and counts.
 */
export class Target implements Candidate {
  readonly id: string
  readonly address: TargetAddress
  readonly #changed: () => void
  #weight = 1
  #maxConnections = 0
  #inflight = 0
  #vetoes = 0

  /** @param changed called after every change that may alter eligibility or weight, never for a mere count. */
  constructor (poolName: string, spec: TargetSpec, changed: () => void) {
    this.address = parseAddress(spec.url)
    this.id = `${poolName}/${this.address.origin}`
    this.#changed = changed
    this.#weight = spec.weight ?? 1
    this.#maxConnections = spec.maxConnections ?? 0
  }

  get weight (): number { return this.#weight }
  get maxConnections (): number { return this.#maxConnections }
  get inflight (): number { return this.#inflight }
  /** The canonical URL: what logs call this target. */
  get url (): string { return this.address.origin }

  /** May it be given a new request? */
  get eligible (): boolean { return this.#vetoes === 0 && this.#weight > 0 }
  /** Is bad health all that speaks against it? Then it is what a pool falls back on when all are down. */
  get onlyUnhealthy (): boolean { return this.#weight > 0 && (this.#vetoes & ~HEALTH) === 0 }
  get healthy (): boolean { return (this.#vetoes & HEALTH) === 0 }
  /** Does nothing but its limit speak against it? */
  get onlyFull (): boolean { return this.#weight > 0 && this.#vetoes === BITS.full }

  /** The judges that veto it now, in a fixed order. */
  get vetoedBy (): readonly Judge[] {
    // Object.keys of a record whose keys are exactly the judges.
    return (Object.keys(BITS) as Judge[]).filter(judge => (this.#vetoes & BITS[judge]) !== 0)
  }

  /** A judge's word: `ok` lifts its veto, otherwise it vetoes. The last word of each judge counts. */
  judge (by: Judge, ok: boolean): void {
    const vetoes = ok ? this.#vetoes & ~BITS[by] : this.#vetoes | BITS[by]
    if (vetoes === this.#vetoes) return
    this.#vetoes = vetoes
    this.#changed()
  }

  /** Takes a new description of the same address: weight and limit change, health and counts stay. */
  update (spec: TargetSpec): void {
    const weight = spec.weight ?? 1
    const changed = weight !== this.#weight
    this.#weight = weight
    this.#maxConnections = spec.maxConnections ?? 0
    this.#checkLimit()
    if (changed) this.#changed()
  }

  /** @internal The one increment; only a lease calls it. */
  acquire (): void {
    this.#inflight++
    if (this.#maxConnections !== 0) this.#checkLimit()
  }

  /** @internal The one decrement; only a lease calls it. */
  release (): void {
    this.#inflight--
    if (this.#maxConnections !== 0) this.#checkLimit()
  }

  #checkLimit (): void {
    this.judge('full', this.#maxConnections === 0 || this.#inflight < this.#maxConnections)
  }
}
