import type { Candidate } from '../balancing/strategy.js'
import type { ConcurrencyLimit } from './adaptive-limit.js'
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
  /** Is it to finish what it has and get nothing new? Default false. */
  readonly drain?: boolean
}

/** Hears of changes. @param service may it have come into service or gone out of it? */
export type TargetObserver = (target: Target, service: boolean) => void

/**
 * One backend address in one pool. All its mutable state is here: how many requests it has, who vetoes it, its weight.
 * Identity is pool name + origin, so a new weight keeps health and counts.
 */
export class Target implements Candidate {
  readonly id: string
  readonly address: TargetAddress
  /** What it has learnt of how many requests it bears; null = it is not asked. */
  readonly adaptive: ConcurrencyLimit | null
  readonly #changed: TargetObserver
  #weight = 1
  /** Share of its weight that it has for now. */
  #share = 1
  #maxConnections = 0
  #inflight = 0
  #awaiting = 0
  #vetoes = 0

  /** @param changed called after every change that may alter eligibility or weight, never for a mere count. */
  constructor (poolName: string, spec: TargetSpec, changed: TargetObserver, adaptive: ConcurrencyLimit | null = null) {
    this.address = parseAddress(spec.url)
    this.id = `${poolName}/${this.address.origin}`
    this.#changed = changed
    this.adaptive = adaptive
    this.#weight = spec.weight ?? 1
    this.#maxConnections = spec.maxConnections ?? 0
    if (spec.drain === true) this.#vetoes |= BITS.admin
  }

  /** What a strategy goes by: the weight of its description, or less while it warms up. */
  get weight (): number { return this.#weight * this.#share }
  get maxConnections (): number { return this.#maxConnections }
  get inflight (): number { return this.#inflight }
  /** Requests whose response head has not come: what its latency depends on, unlike long downloads and open tunnels. */
  get awaiting (): number { return this.#awaiting }
  /** The canonical URL: what logs call this target. */
  get url (): string { return this.address.origin }

  /** May it be given a new request? */
  get eligible (): boolean { return this.#vetoes === 0 && this.#weight > 0 }
  /** Is bad health all that speaks against it? Then it is what a pool falls back on when all are down. */
  get onlyUnhealthy (): boolean { return this.#weight > 0 && (this.#vetoes & ~HEALTH) === 0 }
  /** Is it in the service of its pool? Being full does not count against it. */
  get inService (): boolean { return this.#weight > 0 && (this.#vetoes & ~BITS.full) === 0 }
  /** Is it set to finish what it has and to get nothing new? */
  get draining (): boolean { return (this.#vetoes & BITS.admin) !== 0 }
  /** Does nothing but passive health speak against it? Its probes, if there are any, pass. */
  get onlyEjected (): boolean { return this.#weight > 0 && this.#vetoes === BITS.passive }
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
    this.#changed(this, by !== 'full')
  }

  /** Sets the share of its weight that it has for now, above 0 and at most 1. */
  ramp (share: number): void {
    if (share === this.#share) return
    this.#share = share
    this.#changed(this, false)
  }

  /** Takes a new description of the same address: weight, limit and drain change, health and counts stay. */
  update (spec: TargetSpec): void {
    const weight = spec.weight ?? 1
    const changed = weight !== this.#weight
    this.#weight = weight
    this.#maxConnections = spec.maxConnections ?? 0
    this.#checkLimit()
    this.judge('admin', spec.drain !== true)
    if (changed) this.#changed(this, true)
  }

  /** @internal The one increment; only a lease calls it. */
  acquire (): void {
    this.#inflight++
    this.#awaiting++
    this.#checkLimit()
  }

  /** @internal The one decrement; only a lease calls it. */
  release (): void {
    this.#inflight--
    this.#checkLimit()
  }

  /** @internal A request no longer waits for its head; only a lease calls it, once, after it has told `adaptive`. */
  answered (): void {
    this.#awaiting--
    this.#checkLimit()
  }

  #checkLimit (): void {
    const full = (this.#maxConnections !== 0 && this.#inflight >= this.#maxConnections) ||
      (this.adaptive !== null && this.#awaiting >= this.adaptive.limit)
    this.judge('full', !full)
  }
}
