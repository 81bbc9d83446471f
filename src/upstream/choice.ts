import type { PickContext, Picker, Strategy } from '../balancing/strategy.js'
import type { Levels } from './levels.js'
import type { Target } from './target.js'

/** Whose targets there are to choose from. */
export interface ChoiceOwner {
  readonly targets: readonly Target[]
  /** Is nothing but a limit in the way of another request? */
  readonly full: boolean
}

/** What a pool chooses from: the targets that are eligible or, for want of any, those known to be down. What it says holds until it is `stale`. */
export class Choice {
  /** Has anything changed since it was prepared? */
  stale = true
  levels: Levels
  /** Is a target that is known to be down better than none? */
  tryAnyway: boolean
  #targets: readonly Target[] = []
  #eligible: readonly Target[] = []
  #panicking = false
  readonly #followedBy = new WeakMap<Target, Strategy>()
  readonly #panicObservers: Array<(panicking: boolean) => void> = []

  constructor (levels: Levels, tryAnyway: boolean) {
    this.levels = levels
    this.tryAnyway = tryAnyway
  }

  /** Targets that would be chosen from. */
  get eligible (): readonly Target[] { return this.#eligible }

  /** Are those known to be down, for want of better ones? */
  get panicking (): boolean { return this.#panicking }

  /** Calls `observer` when panic begins and ends. */
  observePanic (observer: (panicking: boolean) => void): void {
    this.#panicObservers.push(observer)
  }

  /** Lets the strategy of its level learn of a target. One that has changed its level is learnt anew. */
  follow (target: Target): void {
    const strategy = this.levels.strategyOf(target)
    if (this.#followedBy.get(target) === strategy) return
    this.#followedBy.set(target, strategy)
    target.follower = strategy.follow?.(target) ?? null
  }

  /** Looks at who is eligible now. Before that all of the owner's targets were followed. */
  prepare (owner: ChoiceOwner): void {
    this.stale = false
    const { targets } = owner
    let eligible = targets.filter(target => target.eligible)
    // Only health may be overruled: a drained, full or weightless target stays out. A full but healthy one ends panic too:
    // overload of the last good target is no reason to send requests to dead ones.
    const panicking = eligible.length === 0 && this.tryAnyway && !owner.full
    if (panicking) eligible = targets.filter(target => target.onlyUnhealthy)
    this.#targets = targets
    this.#eligible = eligible
    this.levels.prepare(eligible, targets)
    this.#setPanic(panicking && eligible.length > 0)
  }

  /** Null if there is nothing to choose from. @param tried is passed over. */
  picker (context: PickContext, tried: ReadonlySet<Target> | undefined): Picker<Target> | null {
    return tried === undefined || tried.size === 0 ? this.levels.picker(context) : this.levels.pickerOf(this.untried(tried))
  }

  /**
   * The targets that a request may still go to. For want of better ones that is those ejected for failing others: what is known of
   * them is older than the failures of this request.
   */
  untried (tried: ReadonlySet<Target>): readonly Target[] {
    const untried = this.#eligible.filter(target => !tried.has(target))
    if (untried.length > 0 || !this.tryAnyway) return untried
    return this.#targets.filter(target => target.onlyEjected && !tried.has(target))
  }

  #setPanic (panicking: boolean): void {
    if (panicking === this.#panicking) return
    this.#panicking = panicking
    for (const observer of this.#panicObservers) observer(panicking)
  }
}
