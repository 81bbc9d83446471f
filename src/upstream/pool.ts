import { systemClock, type Clock } from '../base/clock.js'
import type { PickContext, Strategy } from '../balancing/strategy.js'
import { Lease, type LeaseObserver } from './lease.js'
import type { Outcome } from './outcome.js'
import { AdaptiveLimit, type AdaptiveLimitOptions } from './adaptive-limit.js'
import { parseAddress } from './address.js'
import { Departures } from './departures.js'
import { Levels, type LevelShare } from './levels.js'
import { PoolCounts } from './pool-counts.js'
import { Queue } from './queue.js'
import { Target, type TargetSpec } from './target.js'

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

/** A request that waits for a target. */
export interface Waiter {
  readonly context: PickContext
  readonly tried: ReadonlySet<Target> | undefined
  /** Is it served before others, and does it keep its place when the line overflows? */
  readonly urgent: boolean
  /** Its turn has come; it is out of the queue. */
  granted (lease: Lease): void
  /** A more urgent one has taken its place: it is out of the queue. */
  displaced (): void
}

/** What a reconcile did. */
export interface Reconciliation {
  readonly added: readonly Target[]
  readonly removed: readonly Target[]
}

/** A named set of targets with one strategy: gives out leases, keeps the picker in step with who is eligible. */
export class Pool {
  readonly name: string
  readonly counts = new PoolCounts()
  strategyName: string
  #levels: Levels
  #whenAllDown: WhenAllDown
  #maxConnections: number
  readonly #queue: Queue<Waiter>
  #adaptiveLimit: AdaptiveLimitOptions | null
  readonly #clock: Clock
  /** Requests under way, those on targets that have left included. */
  #leases = 0
  #serving = false
  #targets: readonly Target[] = []
  #eligible: readonly Target[] = []
  #stale = true
  #panicking = false
  readonly #observers: LeaseObserver[] = []
  readonly #inService = new Set<Target>()
  readonly #serviceObservers: Array<(target: Target, inService: boolean) => void> = []
  readonly #departures = new Departures()
  readonly #followedBy = new WeakMap<Target, Strategy>()
  readonly #panicObservers: Array<(panicking: boolean) => void> = []

  constructor (options: PoolOptions) {
    this.name = options.name
    this.strategyName = options.strategyName ?? ''
    this.#levels = levels(options)
    this.#whenAllDown = options.whenAllDown
    this.#maxConnections = options.maxConnections ?? 0
    this.#queue = new Queue(options.queueMax ?? 0)
    this.#adaptiveLimit = options.adaptiveLimit ?? null
    this.#clock = options.clock ?? systemClock
  }

  get targets (): readonly Target[] { return this.#targets }

  /** Requests under way over all its present targets. */
  get inflight (): number { return this.#targets.reduce((sum, target) => sum + target.inflight, 0) }

  /** Requests that wait for a target. */
  get queued (): number { return this.#queue.size }

  /** Targets that would be chosen from now. */
  get eligible (): readonly Target[] {
    if (this.#stale) this.#prepare()
    return this.#eligible
  }

  /** Is it giving requests to targets known to be down, for want of better ones? */
  get panicking (): boolean {
    if (this.#stale) this.#prepare()
    return this.#panicking
  }

  /** Is nothing but a limit in the way of another request? Then waiting could help. */
  get full (): boolean { return this.#exhausted || this.#targets.some(target => target.onlyFull) }

  get #exhausted (): boolean { return this.#maxConnections !== 0 && this.#leases >= this.#maxConnections }

  /**
   * Takes other options; who is under way or waits is not touched. Call `reconcile` after it: targets are fitted to the options there.
   * @param options.strategy null = the present one stays, with its zone and spill-over, and what it has learnt.
   */
  configure (options: Omit<PoolOptions, 'name' | 'clock' | 'strategy'> & { readonly strategy: (() => Strategy) | null }): void {
    const { strategy } = options
    if (strategy !== null) {
      this.#levels = levels({ ...options, strategy })
      for (const target of this.#targets) this.#follow(target)
    }
    this.strategyName = options.strategyName ?? ''
    this.#whenAllDown = options.whenAllDown
    this.#maxConnections = options.maxConnections ?? 0
    this.#queue.limit(options.queueMax ?? 0)
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
    this.#serviceObservers.push(observer)
  }

  /** Calls `observer` when the last request has ended on a target that drains or has left the pool. */
  observeEmpty (observer: (target: Target) => void): void {
    this.#departures.observe(observer)
  }

  /** Calls `observer` when panic begins and ends. */
  observePanic (observer: (panicking: boolean) => void): void {
    this.#panicObservers.push(observer)
  }

  /**
   * Chooses a target and claims it.
   * @param tried targets that this request has been to: they are passed over.
   * @returns null if there is no target to be had.
   */
  lease (context: PickContext, tried?: ReadonlySet<Target>): Lease | null {
    // Nobody jumps the queue.
    return this.#queue.size > 0 && !this.#serving && this.#anyoneIsPassed() ? null : this.#lease(context, tried)
  }

  /**
   * Puts a request that got no lease in line. It is served when a lease ends or a target comes back, in turn.
   * @returns false if the line is full, or if waiting could not help.
   */
  enter (waiter: Waiter): boolean {
    if (!this.full && this.#queue.size === 0) return false
    const entered = this.#queue.enter(waiter, waiter.urgent, this.#displace)
    if (entered) this.counts.entered(this.#queue.size)
    else this.counts.queueRefused++
    return entered
  }

  readonly #displace = (waiter: Waiter): void => {
    this.counts.queueRefused++
    waiter.displaced()
  }

  /** Does anyone wait whom a request that is served now would be served before? One that has been to a target may wait for another only. */
  #anyoneIsPassed (): boolean {
    for (const { tried } of this.#queue) if (tried === undefined || tried.size === 0) return true
    return false
  }

  /** Fields, names and values in turn, that the strategy adds to a response of this target; null = none. */
  responseFields (target: Target, context: PickContext): readonly string[] | null {
    return this.#levels.strategyOf(target).responseFields?.(target, context) ?? null
  }

  /** What the strategy compares now, by eligible target; lowest wins, null = it has no opinion. */
  scores (context: PickContext): ReadonlyMap<Target, number | null> {
    if (this.#stale) this.#prepare()
    return this.#levels.scores(context)
  }

  /** How requests are shared out between levels of priority and nearness now. */
  get levels (): readonly LevelShare[] {
    if (this.#stale) this.#prepare()
    return this.#levels.shares
  }

  /** Rank of a target's level: zero comes first. */
  rankOf (target: Target): number {
    return this.#levels.rankOf(target)
  }

  /** Takes a request out of the line. */
  leave (waiter: Waiter): void {
    this.#queue.leave(waiter)
  }

  #lease (context: PickContext, tried: ReadonlySet<Target> | undefined): Lease | null {
    if (this.#exhausted) return null
    if (this.#stale) this.#prepare()
    const picker = tried === undefined || tried.size === 0 ? this.#levels.picker(context) : this.#levels.pickerOf(this.untried(tried))
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
      this.#follow(target)
      next.set(origin, target)
    }
    const removed = this.#targets.filter(target => !next.has(target.address.origin))
    this.#targets = [...next.values()]
    this.#refresh()
    for (const target of added) this.#noteService(target)
    for (const target of removed) this.#noteService(target)
    return { added, removed }
  }

  /** Lets the strategy of its level learn of a target. One that has changed its level is learnt anew. */
  #follow (target: Target): void {
    const strategy = this.#levels.strategyOf(target)
    if (this.#followedBy.get(target) === strategy) return
    this.#followedBy.set(target, strategy)
    target.follower = strategy.follow?.(target) ?? null
  }

  readonly #changed = (target: Target, service: boolean): void => {
    // It may be on another level now, and who hears of it may ask for the picker.
    if (service && this.#followedBy.has(target)) this.#follow(target)
    if (service) this.#noteService(target)
    this.#refresh()
  }

  #refresh (): void {
    this.#stale = true
    // The change may be one of many, and may come from within a lease being taken: who waits is served after that.
    if (this.#queue.size > 0) queueMicrotask(this.#serve)
  }

  #noteService (target: Target): void {
    const left = !this.#targets.includes(target)
    const inService = target.inService && !left
    target.noteService(inService, this.#clock)
    if (inService !== this.#inService.has(target)) {
      if (inService) this.#inService.add(target)
      else this.#inService.delete(target)
      for (const observer of this.#serviceObservers) observer(target, inService)
    }
    this.#departures.note(target, left || target.draining)
  }

  readonly #ended = (target: Target, outcome: Outcome): void => {
    this.#leases--
    this.#departures.check(target)
    for (let i = 0; i < this.#observers.length; i++) this.#observers[i]?.(target, outcome)
    if (this.#queue.size > 0) queueMicrotask(this.#serve)
  }

  readonly #serve = (): void => {
    this.#serving = true
    for (const waiter of this.#queue) {
      const lease = this.#lease(waiter.context, waiter.tried)
      if (lease !== null) {
        this.#queue.leave(waiter)
        waiter.granted(lease)
      } else if (waiter.tried === undefined || waiter.tried.size === 0) {
        // There is nothing to be had. Of one that has been to the only free target this says nothing about those behind it.
        break
      }
    }
    this.#serving = false
  }

  #prepare (): void {
    this.#stale = false
    let eligible = this.#targets.filter(target => target.eligible)
    // Only health may be overruled: a drained, full or weightless target stays out. A full but healthy one ends panic too:
    // overload of the last good target is no reason to send requests to dead ones.
    const panicking = eligible.length === 0 && this.#whenAllDown === 'try-anyway' && !this.full
    if (panicking) eligible = this.#targets.filter(target => target.onlyUnhealthy)
    this.#eligible = eligible
    this.#levels.prepare(eligible, this.#targets)
    this.#setPanic(panicking && eligible.length > 0)
  }

  /**
   * The targets that a request may still go to. For want of better ones that is those ejected for failing others: what is known of
   * them is older than the failures of this request.
   */
  untried (tried: ReadonlySet<Target>): readonly Target[] {
    const untried = this.eligible.filter(target => !tried.has(target))
    if (untried.length > 0 || this.#whenAllDown === 'fail') return untried
    return this.#targets.filter(target => target.onlyEjected && !tried.has(target))
  }

  #setPanic (panicking: boolean): void {
    if (panicking === this.#panicking) return
    this.#panicking = panicking
    for (const observer of this.#panicObservers) observer(panicking)
  }
}

function levels ({ strategy, zone = null, spillBelow = 0.7 }: Pick<PoolOptions, 'strategy' | 'zone' | 'spillBelow'>): Levels {
  return new Levels({ create: strategy, zone, spillBelow })
}
