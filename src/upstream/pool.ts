import { systemClock, type Clock } from '../base/clock.js'
import type { PickContext, Strategy } from '../balancing/strategy.js'
import { AdaptiveLimit, type AdaptiveLimitOptions } from './adaptive-limit.js'
import { parseAddress } from './address.js'
import { Choice } from './choice.js'
import { Departures } from './departures.js'
import { Lease, type LeaseObserver } from './lease.js'
import { Levels, type LevelShare } from './levels.js'
import type { Outcome } from './outcome.js'
import { PoolCounts } from './pool-counts.js'
import { ServiceRoster } from './service-roster.js'
import { Target, type TargetSpec } from './target.js'
import { Waiters, type Waiter } from './waiters.js'

export type WhenAllDown = 'try-anyway' | 'fail'

export interface PoolOptions {
  readonly name: string
  /** What explanations call the strategy. Default: nothing. */
  readonly strategyName?: string
  /** Called once for each level of priority and nearness that its targets are on. */
  readonly strategy: () => Strategy
  readonly whenAllDown: WhenAllDown
  /** Where this proxy is; null = no zone is preferred. Default null. */
  readonly zone?: string | null
  /** See `LevelOptions`. Default 0.7. */
  readonly spillBelow?: number
  /** Requests at once over all targets; 0 = no limit. Default 0. */
  readonly maxConnections?: number
  /** Requests that may wait for a target to come free. Default 0. */
  readonly queueMax?: number
  /** Default null: none. */
  readonly adaptiveLimit?: AdaptiveLimitOptions | null
  /** Default: the machine's own. */
  readonly clock?: Clock
}

/** What a reconcile did. */
export interface Reconciliation {
  readonly added: readonly Target[]
  readonly removed: readonly Target[]
}

/** A named set of targets with one strategy: gives out leases, keeps what there is to choose from in step with its targets. */
export class Pool {
  readonly name: string
  readonly counts = new PoolCounts()
  strategyName: string
  readonly #choice: Choice
  readonly #waiters: Waiters
  readonly #roster: ServiceRoster
  readonly #departures = new Departures()
  readonly #observers: LeaseObserver[] = []
  readonly #clock: Clock
  #maxConnections: number
  #adaptiveLimit: AdaptiveLimitOptions | null
  #targets: readonly Target[] = []
  /** Requests under way, those on targets that have left included. */
  #leases = 0

  constructor (options: PoolOptions) {
    this.name = options.name
    this.strategyName = options.strategyName ?? ''
    this.#clock = options.clock ?? systemClock
    this.#choice = new Choice(levels(options), options.whenAllDown === 'try-anyway')
    this.#waiters = new Waiters(options.queueMax ?? 0, this.counts, (context, tried) => this.#lease(context, tried))
    this.#roster = new ServiceRoster(this.#clock)
    this.#maxConnections = options.maxConnections ?? 0
    this.#adaptiveLimit = options.adaptiveLimit ?? null
  }

  get targets (): readonly Target[] { return this.#targets }

  /** Requests under way, those on targets that have left it included: they count towards its limit, too. */
  get inflight (): number { return this.#leases }

  /** Requests that wait for a target. */
  get queued (): number { return this.#waiters.size }

  /** Targets that would be chosen from now. */
  get eligible (): readonly Target[] { return this.#current.eligible }

  /** Is it giving requests to targets known to be down, for want of better ones? */
  get panicking (): boolean { return this.#current.panicking }

  /** Is nothing but a limit in the way of another request? Then waiting could help. */
  get full (): boolean { return this.#exhausted || this.#targets.some(target => target.onlyFull) }

  get #exhausted (): boolean { return this.#maxConnections !== 0 && this.#leases >= this.#maxConnections }

  get #current (): Choice {
    const choice = this.#choice
    if (choice.stale) choice.prepare(this)
    return choice
  }

  /**
   * Takes other options; who is under way or waits is not touched. Call `reconcile` after it: targets are fitted to the options there.
   * @param options.strategy null = the present one stays, with its zone and spill-over, and what it has learnt.
   */
  configure (options: Omit<PoolOptions, 'name' | 'clock' | 'strategy'> & { readonly strategy: (() => Strategy) | null }): void {
    const { strategy } = options
    if (strategy !== null) {
      this.#choice.levels = levels({ ...options, strategy })
      for (const target of this.#targets) this.#choice.follow(target)
    }
    this.strategyName = options.strategyName ?? ''
    this.#choice.tryAnyway = options.whenAllDown === 'try-anyway'
    this.#maxConnections = options.maxConnections ?? 0
    this.#waiters.limit(options.queueMax ?? 0)
    const adaptiveLimit = options.adaptiveLimit ?? null
    if (JSON.stringify(adaptiveLimit) !== JSON.stringify(this.#adaptiveLimit)) {
      this.#adaptiveLimit = adaptiveLimit
      for (const target of this.#targets) target.adapt(this.#newLimit())
    }
  }

  #newLimit (): AdaptiveLimit | null {
    return this.#adaptiveLimit === null ? null : new AdaptiveLimit(this.#adaptiveLimit)
  }

  /** Calls `observer` at the end of each lease. @returns what ends that. */
  observe (observer: LeaseObserver): () => void {
    this.#observers.push(observer)
    return () => {
      const index = this.#observers.indexOf(observer)
      if (index !== -1) this.#observers.splice(index, 1)
    }
  }

  /** Calls `observer` when a target comes into service and when it goes out of it, by leaving the pool too. */
  observeService (observer: (target: Target, inService: boolean) => void): void {
    this.#roster.observe(observer)
  }

  /** Calls `observer` when the last request has ended on a target that drains or has left the pool. */
  observeEmpty (observer: (target: Target) => void): void {
    this.#departures.observe(observer)
  }

  /** Calls `observer` when panic begins and ends. */
  observePanic (observer: (panicking: boolean) => void): void {
    this.#choice.observePanic(observer)
  }

  /**
   * Chooses a target and claims it.
   * @param tried targets that this request has been to: they are passed over.
   * @returns null if there is no target to be had.
   */
  lease (context: PickContext, tried?: ReadonlySet<Target>): Lease | null {
    // Nobody jumps the queue.
    return this.#waiters.comeFirst ? null : this.#lease(context, tried)
  }

  /**
   * Puts a request that got no lease in line. It is served when a lease ends or a target comes back, in turn.
   * @returns false if the line is full, or if waiting could not help.
   */
  enter (waiter: Waiter): boolean {
    return (this.full || this.#waiters.size > 0) && this.#waiters.enter(waiter)
  }

  /** Takes a request out of the line. */
  leave (waiter: Waiter): void {
    this.#waiters.leave(waiter)
  }

  /** Fields, names and values in turn, that the strategy adds to a response of this target; null = none. */
  responseFields (target: Target, context: PickContext): readonly string[] | null {
    return this.#choice.levels.strategyOf(target).responseFields?.(target, context) ?? null
  }

  /** What the strategy compares now, by eligible target; lowest wins, null = it has no opinion. */
  scores (context: PickContext): ReadonlyMap<Target, number | null> {
    return this.#current.levels.scores(context)
  }

  /** How requests are shared out between levels of priority and nearness now. */
  get levels (): readonly LevelShare[] { return this.#current.levels.shares }

  /** Rank of a target's level: zero comes first. */
  rankOf (target: Target): number {
    return this.#choice.levels.rankOf(target)
  }

  /** The targets that a request may still go to. */
  untried (tried: ReadonlySet<Target>): readonly Target[] {
    return this.#current.untried(tried)
  }

  #lease (context: PickContext, tried: ReadonlySet<Target> | undefined): Lease | null {
    if (this.#exhausted) return null
    const picker = this.#current.picker(context, tried)
    if (picker === null) return null
    this.#leases++
    return new Lease(picker.pick(context), this.#ended, this.#clock)
  }

  /**
   * Takes the full set of targets: survivors keep their state, order follows `specs`, a repeated address counts once.
   * @throws {TypeError} on a bad URL; then nothing has changed.
   */
  reconcile (specs: readonly TargetSpec[]): Reconciliation {
    const present = new Map(this.#targets.map(target => [target.address.origin, target]))
    const next = new Map<string, Target>()
    const added: Target[] = []
    const origins = specs.map(spec => parseAddress(spec.url).origin)
    for (const [i, spec] of specs.entries()) {
      const origin = origins[i] ?? ''
      if (next.has(origin)) continue
      const survivor = present.get(origin)
      survivor?.update(spec)
      const target = survivor ?? new Target(this.name, spec, this.#changed, this.#newLimit())
      if (survivor === undefined) added.push(target)
      this.#choice.follow(target)
      next.set(origin, target)
    }
    const removed = this.#targets.filter(target => !next.has(target.address.origin))
    this.#targets = [...next.values()]
    this.#refresh()
    for (const target of added) this.#noteService(target)
    for (const target of removed) {
      target.leave()
      this.#noteService(target)
    }
    return { added, removed }
  }

  readonly #changed = (target: Target, service: boolean): void => {
    if (service) {
      // It may be on another level now, and who hears of it may ask for the picker.
      this.#choice.follow(target)
      this.#noteService(target)
    }
    this.#refresh()
  }

  #refresh (): void {
    this.#choice.stale = true
    this.#waiters.wake()
  }

  #noteService (target: Target): void {
    const left = !this.#targets.includes(target)
    this.#roster.note(target, left)
    this.#departures.note(target, left || target.draining)
  }

  readonly #ended = (target: Target, outcome: Outcome): void => {
    this.#leases--
    this.#departures.check(target)
    for (let i = 0; i < this.#observers.length; i++) this.#observers[i]?.(target, outcome)
    this.#waiters.wake()
  }
}

function levels ({ strategy, zone = null, spillBelow = 0.7 }: Pick<PoolOptions, 'strategy' | 'zone' | 'spillBelow'>): Levels {
  return new Levels({ create: strategy, zone, spillBelow })
}
