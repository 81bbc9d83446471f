import type { NonEmpty, PickContext, Picker, Strategy } from '../balancing/strategy.js'
import { Lease, type LeaseObserver } from './lease.js'
import type { Outcome } from './outcome.js'
import { parseAddress } from './address.js'
import { Target, type TargetSpec } from './target.js'

export type WhenAllDown = 'try-anyway' | 'fail'

export interface PoolOptions {
  readonly name: string
  readonly strategy: Strategy
  readonly whenAllDown: WhenAllDown
}

/** What a reconcile did. */
export interface Reconciliation {
  readonly added: readonly Target[]
  readonly removed: readonly Target[]
}

/** A named set of targets with one strategy: gives out leases, keeps the picker in step with who is eligible. */
export class Pool {
  readonly name: string
  readonly #strategy: Strategy
  readonly #whenAllDown: WhenAllDown
  #targets: readonly Target[] = []
  #picker: Picker<Target> | null = null
  #eligible: readonly Target[] = []
  #stale = true
  #panicking = false
  readonly #observers: LeaseObserver[] = []
  readonly #panicObservers: Array<(panicking: boolean) => void> = []

  constructor (options: PoolOptions) {
    this.name = options.name
    this.#strategy = options.strategy
    this.#whenAllDown = options.whenAllDown
  }

  get targets (): readonly Target[] { return this.#targets }

  /** Requests under way over all its present targets. */
  get inflight (): number { return this.#targets.reduce((sum, target) => sum + target.inflight, 0) }

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

  /** Does at least one healthy target have nothing against it but its limit? Then waiting could help. */
  get full (): boolean { return this.#targets.some(target => target.onlyFull) }

  /** Calls `observer` at the end of each lease. */
  observe (observer: LeaseObserver): void {
    this.#observers.push(observer)
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
    if (this.#stale) this.#prepare()
    const picker = tried === undefined || tried.size === 0 ? this.#picker : this.#pickerWithout(tried)
    return picker === null ? null : new Lease(picker.pick(context), this.#ended)
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
      const target = survivor ?? new Target(this.name, spec, this.#changed)
      if (survivor === undefined) added.push(target)
      next.set(origin, target)
    }
    const removed = this.#targets.filter(target => !next.has(target.address.origin))
    this.#targets = [...next.values()]
    this.#stale = true
    return { added, removed }
  }

  readonly #changed = (): void => {
    this.#stale = true
  }

  readonly #ended = (target: Target, outcome: Outcome): void => {
    for (let i = 0; i < this.#observers.length; i++) this.#observers[i]?.(target, outcome)
  }

  #prepare (): void {
    this.#stale = false
    let eligible = this.#targets.filter(target => target.eligible)
    // Only health may be overruled: a drained, full or weightless target stays out. A full but healthy one ends panic too:
    // overload of the last good target is no reason to send requests to dead ones.
    const panicking = eligible.length === 0 && this.#whenAllDown === 'try-anyway' && !this.full
    if (panicking) eligible = this.#targets.filter(target => target.onlyUnhealthy)
    this.#eligible = eligible
    this.#picker = isNonEmpty(eligible) ? this.#strategy.prepare(eligible) : null
    this.#setPanic(panicking && eligible.length > 0)
  }

  #pickerWithout (tried: ReadonlySet<Target>): Picker<Target> | null {
    const untried = this.#eligible.filter(target => !tried.has(target))
    return isNonEmpty(untried) ? this.#strategy.prepare(untried) : null
  }

  #setPanic (panicking: boolean): void {
    if (panicking === this.#panicking) return
    this.#panicking = panicking
    for (const observer of this.#panicObservers) observer(panicking)
  }
}

function isNonEmpty<T> (list: readonly T[]): list is NonEmpty<T> {
  return list.length > 0
}
