import type { NonEmpty, PickContext, Picker, Strategy } from '../balancing/strategy.js'
import type { Target } from './target.js'

export interface LevelOptions {
  /** Makes the strategy of one level. */
  readonly create: () => Strategy
  /** Where this proxy is: among targets of one priority it prefers those of its zone, and those that name none; null = no preference. */
  readonly zone: string | null
  /** Share of a level's weight, above 0 and at most 1, that must be in service for it to get all there is to get. */
  readonly spillBelow: number
}

/** One level as a choice sees it. */
export interface LevelShare {
  /** Zero comes first. */
  readonly rank: number
  /** Part of the requests that go to it, 0 to 1. */
  readonly share: number
}

/** A level that may be chosen from. */
interface Prepared {
  readonly rank: number
  readonly eligible: NonEmpty<Target>
  readonly picker: Picker<Target>
  share: number
}

/**
 * The targets of a pool by priority, and within a priority by nearness. Each level has a strategy of its own, so that turns and
 * learnt latencies of one are not mixed with those of another. As long as a level has enough of its weight in service it gets all requests; below
 * that the rest of them spill over to the next. Source: Envoy's priority levels and its overprovisioning factor.
 *
 * A level none of whose targets can be chosen at the moment, because those in service are full, passes its part on too.
 *
 * Among levels that share the traffic chance draws one for each request, unless the request belongs to a target of one of them
 * (`Picker.holds`), or its key draws in place of chance (`Picker.lot`): affinity lasts while requests spill over.
 */
export class Levels {
  readonly #options: LevelOptions
  readonly #strategies = new Map<number, Strategy>()
  #prepared: readonly Prepared[] = []
  /** The picker if all requests go to one level. */
  #only: Picker<Target> | null = null

  constructor (options: LevelOptions) {
    this.#options = options
  }

  rankOf ({ priority, zone }: Pick<Target, 'priority' | 'zone'>): number {
    const own = this.#options.zone
    return 2 * priority + (own === null || zone === null || zone === own ? 0 : 1)
  }

  /** The strategy of a target's level. */
  strategyOf (target: Target): Strategy {
    const rank = this.rankOf(target)
    let strategy = this.#strategies.get(rank)
    if (strategy === undefined) this.#strategies.set(rank, strategy = this.#options.create())
    return strategy
  }

  /** What the levels that can be chosen from get, the first one first. */
  get shares (): readonly LevelShare[] {
    return this.#prepared.map(({ rank, share }) => ({ rank, share }))
  }

  /** @param eligible those that may be chosen. @param targets all of the pool, which say how well each level is. */
  prepare (eligible: readonly Target[], targets: readonly Target[]): void {
    this.#prepared = this.#split(eligible).map(group => ({
      rank: this.rankOf(group[0]), eligible: group, picker: this.strategyOf(group[0]).prepare(group), share: 0
    }))
    if (this.#prepared.length > 1) this.#share(targets)
    else for (const only of this.#prepared) only.share = 1
    this.#only = this.#prepared.find(({ share }) => share === 1)?.picker ?? null
  }

  /** The picker of the level whose turn it is; null if there is nothing to choose from. */
  picker (context: PickContext): Picker<Target> | null {
    return this.#only ?? this.#drawn(context)?.picker ?? null
  }

  /** A picker for some targets only, of the first level that has any of them. */
  pickerOf (some: readonly Target[]): Picker<Target> | null {
    const group = this.#split(some)[0]
    return group === undefined ? null : this.strategyOf(group[0]).prepare(group)
  }

  /** What the strategies would compare now, by target. */
  scores (context: PickContext): ReadonlyMap<Target, number | null> {
    const scores = new Map<Target, number | null>()
    for (const { eligible, picker } of this.#prepared) {
      const values = picker.scores?.(context)
      for (const [i, target] of eligible.entries()) scores.set(target, values?.[i] ?? null)
    }
    return scores
  }

  #drawn (context: PickContext): Prepared | undefined {
    let chosen = this.#prepared[0]
    if (chosen === undefined) return undefined
    // One without a share gets nothing, as where one level gets all: its clients move.
    const holder = this.#prepared.find(({ share, picker }) => share > 0 && picker.holds?.(context) === true)
    if (holder !== undefined) return holder
    // All levels have strategies of one kind, so the first one's lot is that of all.
    let left = chosen.picker.lot?.(context) ?? context.random()
    for (const level of this.#prepared) {
      // Rounding may leave a rest behind the last one: it goes to whoever gets requests at all.
      if (level.share > 0) chosen = level
      left -= level.share
      if (left < 0) break
    }
    return chosen
  }

  #split (some: readonly Target[]): ReadonlyArray<NonEmpty<Target>> {
    const groups = new Map<number, [Target, ...Target[]]>()
    for (const target of some) {
      const rank = this.rankOf(target)
      const group = groups.get(rank)
      if (group === undefined) groups.set(rank, [target])
      else group.push(target)
    }
    return [...groups].sort(([a], [b]) => a - b).map(([, group]) => group)
  }

  #share (targets: readonly Target[]): void {
    let left = 1
    for (const level of this.#prepared) {
      level.share = Math.min(left, this.#wellness(level.rank, targets))
      left -= level.share
    }
    const given = 1 - left
    for (const [i, level] of this.#prepared.entries()) {
      // All are down, and tried all the same: then the first level comes first again.
      level.share = given > 0 ? level.share / given : Number(i === 0)
    }
  }

  /** How much of a level's traffic it can bear, 0 to 1. Who is drained on purpose is not missed. */
  #wellness (rank: number, targets: readonly Target[]): number {
    let all = 0
    let well = 0
    for (const target of targets) {
      if (this.rankOf(target) !== rank || target.draining) continue
      all += target.fullWeight
      if (target.inService) well += target.fullWeight
    }
    return all === 0 ? 0 : Math.min(1, well / all / this.#options.spillBelow)
  }
}
