import type { LoadReport } from '../balancing/load-report.js'
import type { Candidate, Follower } from '../balancing/strategy.js'
import type { Clock } from '../base/clock.js'
import type { ConcurrencyLimit } from './adaptive-limit.js'
import { parseAddress, type TargetAddress } from './address.js'
import { ServiceRecord } from './service-record.js'
import { TargetCounts } from './target-counts.js'

/** Who may veto a target, in the order in which they are told. */
export const judges = ['active', 'passive', 'admin', 'full'] as const
export type Judge = typeof judges[number]

const BITS: Readonly<Record<Judge, number>> = { active: 1, passive: 2, admin: 4, full: 8 }
const HEALTH = BITS.active | BITS.passive

/**
 * `up` serves; `full` is at its limit; `down` by the health check; `ejected` by passive health; `drain` by the admin, or for want of weight; `maint` by
 * the admin; `checking` = not yet probed, or not since it was in maintenance.
 */
export type TargetState = 'up' | 'full' | 'down' | 'ejected' | 'drain' | 'maint' | 'checking'

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
  /** Is it drained, and its health of no interest? Default false. */
  readonly maintenance?: boolean
  /** Zero comes first; others get requests when those before are not well enough. Default 0. */
  readonly priority?: number
  /** Where it is; null = everywhere. Default null. */
  readonly zone?: string | null
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
  readonly counts = new TargetCounts()
  readonly service = new ServiceRecord()
  /** What it has learnt of how many requests it bears; null = it is not asked. */
  adaptive: ConcurrencyLimit | null
  readonly #changed: TargetObserver
  /** What the strategy learns of it; null = nothing. */
  follower: Follower | null = null
  #priority = 0
  #zone: string | null = null
  #maintenance = false
  #weight = 1
  /** Share of its weight that it has for now. */
  #share = 1
  #maxConnections = 0
  #inflight = 0
  #awaiting = 0
  #vetoes = 0
  /** Has its health check not said anything yet? */
  #checking = false
  #left = false

  /** @param changed called after every change that may alter eligibility or weight, never for a mere count. */
  constructor (poolName: string, spec: TargetSpec, changed: TargetObserver, adaptive: ConcurrencyLimit | null = null) {
    this.address = parseAddress(spec.url)
    this.id = `${poolName}/${this.address.origin}`
    this.#changed = changed
    this.adaptive = adaptive
    this.#weight = spec.weight ?? 1
    this.#maxConnections = spec.maxConnections ?? 0
    this.#priority = spec.priority ?? 0
    this.#zone = spec.zone ?? null
    this.#maintenance = spec.maintenance === true
    if (spec.drain === true || this.#maintenance) this.#vetoes |= BITS.admin
  }

  /** What a strategy goes by: the weight of its description, or less while it warms up. */
  get weight (): number { return this.#weight * this.#share }
  /** The weight of its description, warmed up or not. */
  get fullWeight (): number { return this.#weight }
  get priority (): number { return this.#priority }
  get zone (): string | null { return this.#zone }
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
  /** Is it in maintenance? Then nobody asks after its health. */
  get maintenance (): boolean { return this.#maintenance }
  /** The part of its weight that it has for now. */
  get share (): number { return this.#share }
  /** Does nothing but passive health speak against it? Its probes, if there are any, pass. */
  get onlyEjected (): boolean { return this.#weight > 0 && this.#vetoes === BITS.passive }
  /** Is it in its pool no more? It does not come back: an address that does is another target. */
  get left (): boolean { return this.#left }
  get healthy (): boolean { return (this.#vetoes & HEALTH) === 0 }
  /** Does nothing but its limit speak against it? */
  get onlyFull (): boolean { return this.#weight > 0 && this.#vetoes === BITS.full }

  /** The state that matters most to people, of those that it is in. */
  get state (): TargetState {
    const state = this.#serviceState
    return state === 'up' && (this.#vetoes & BITS.full) !== 0 ? 'full' : state
  }

  /** The same, being full left out. */
  get #serviceState (): Exclude<TargetState, 'full'> {
    const vetoes = this.#vetoes
    if ((vetoes & BITS.admin) !== 0) return this.#maintenance ? 'maint' : 'drain'
    if (this.#weight === 0) return 'drain'
    if ((vetoes & BITS.active) !== 0) return this.#checking ? 'checking' : 'down'
    return (vetoes & BITS.passive) !== 0 ? 'ejected' : 'up'
  }

  /** The judges that veto it now, in a fixed order. */
  get vetoedBy (): readonly Judge[] {
    return judges.filter(judge => (this.#vetoes & BITS[judge]) !== 0)
  }

  /** A judge's word: `ok` lifts its veto, otherwise it vetoes. The last word of each judge counts. */
  judge (by: Judge, ok: boolean): void {
    const vetoes = ok ? this.#vetoes & ~BITS[by] : this.#vetoes | BITS[by]
    const firstWord = by === 'active' && this.#checking
    if (vetoes === this.#vetoes && !firstWord) return
    if (firstWord) this.#checking = false
    this.#vetoes = vetoes
    this.#changed(this, by !== 'full')
  }

  /** A health check begins that knows nothing of it: the check vetoes it until its first word. */
  awaitCheck (): void {
    const changed = !this.#checking || (this.#vetoes & BITS.active) === 0
    this.#checking = true
    this.#vetoes |= BITS.active
    if (changed) this.#changed(this, true)
  }

  /** Sets the share of its weight that it has for now, above 0 and at most 1. */
  ramp (share: number): void {
    if (share === this.#share) return
    this.#share = share
    this.#changed(this, false)
  }

  /** Takes another adaptive limit, which knows nothing yet; null = none. */
  adapt (limit: ConcurrencyLimit | null): void {
    this.adaptive = limit
    this.#checkLimit()
  }

  /** The backend has said how busy it is. */
  reported (report: LoadReport, at: number): void {
    this.follower?.reported?.(report, at)
  }

  /** Takes a new description of the same address: weight, level, limit and drain change, health and counts stay. */
  update (spec: TargetSpec): void {
    const { weight = 1, priority = 0, zone = null } = spec
    const maintenance = spec.maintenance === true
    const changed = weight !== this.#weight || priority !== this.#priority || zone !== this.#zone || maintenance !== this.#maintenance
    this.#weight = weight
    this.#priority = priority
    this.#zone = zone
    this.#maxConnections = spec.maxConnections ?? 0
    this.#checkLimit()
    this.#maintenance = maintenance
    this.judge('admin', !(spec.drain === true || maintenance))
    if (changed) this.#changed(this, true)
  }

  /** @internal Its pool has it no more. */
  leave (): void {
    this.#left = true
  }

  /** @internal Its pool says whether it is in service. */
  noteService (inService: boolean, clock: Clock): void {
    this.service.note(inService, this.#serviceState, clock)
  }

  /** @internal The one increment; only a lease calls it. */
  acquire (): void {
    this.#inflight++
    this.#awaiting++
    this.counts.leased(this.#inflight)
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
