import type { PickContext } from '../balancing/strategy.js'
import type { Pool } from '../upstream/pool.js'
import type { Target } from '../upstream/target.js'

/** Choices that are kept: a request that goes round and round while all targets are down makes many. */
const KEPT = 16

/** One target as a choice found it. */
export interface ConsideredTarget {
  readonly target: string
  readonly weight: number
  /** Requests under way, the one in question left out. */
  readonly inflight: number
  /** What the strategy compared, lowest first; absent = it compared nothing, or had no opinion. */
  readonly score?: number
  /** Why it could not be chosen: judges that veto it, `weight` (it is 0), `tried` (this request has been to it). Absent = it could. */
  readonly excluded?: readonly string[]
  /** Rank of its level, where there is more than one; zero comes first. */
  readonly level?: number
  readonly priority?: number
  readonly zone?: string
}

/** One choice of a target. */
export interface Choice {
  /** null = there was none to be had: none could be chosen, or others were in line before, or the pool has as many requests as it may. */
  chosen: string | null
  readonly targets: readonly ConsideredTarget[]
  /** Present where there is more than one level of priority and nearness: the share of requests that each one gets. */
  readonly levels?: ReadonlyArray<{ readonly level: number, readonly share: number }>
  /** Were targets tried that are known to be down, for want of better ones? */
  readonly panic?: true
  /** Milliseconds in the pool's queue. */
  queuedMs?: number
}

/** Why an exchange went where it went: a record of each choice, in the order of its attempts. */
export class Explanation {
  readonly pool: string
  readonly strategy: string
  readonly choices: Choice[] = []
  /** Choices between the first and the others that are not shown; absent = none. */
  omitted?: number

  constructor (pool: Pool) {
    this.pool = pool.name
    this.strategy = pool.strategyName
  }

  /** Notes how things stand; comes before the choice, which changes them. */
  consider (pool: Pool, context: PickContext, tried: ReadonlySet<Target> | undefined): void {
    if (this.choices.length === KEPT) {
      this.choices.splice(1, 1)
      this.omitted = (this.omitted ?? 0) + 1
    }
    const scores = pool.scores(context)
    const { levels } = pool
    const several = levels.length > 1
    const choosable = new Set(tried === undefined || tried.size === 0 ? pool.eligible : pool.untried(tried))
    this.choices.push({
      chosen: null,
      targets: pool.targets.map(target => ({
        target: target.url,
        weight: rounded(target.weight),
        inflight: target.inflight,
        ...scored(scores.get(target)),
        ...(!choosable.has(target) && { excluded: exclusion(target, tried) }),
        ...(several && { level: pool.rankOf(target) }),
        ...(target.priority !== 0 && { priority: target.priority }),
        ...(target.zone !== null && { zone: target.zone })
      })),
      ...(several && { levels: levels.map(({ rank, share }) => ({ level: rank, share: rounded(share) })) }),
      ...(pool.panicking && { panic: true })
    })
  }

  chose (target: Target): void {
    const choice = this.choices.at(-1)
    if (choice !== undefined) choice.chosen = target.url
  }

  /** The last choice was made after a wait, or the wait ended without one. */
  waited (milliseconds: number): void {
    const choice = this.choices.at(-1)
    if (choice !== undefined) choice.queuedMs = rounded(milliseconds)
  }

  /**
   * As one line of JSON in plain ASCII, fit for a header field.
   * @param longest bytes beyond which the targets that were not chosen are left out, and each choice says how many there were.
   */
  text (longest: number): string {
    const whole = ascii(this)
    return whole.length <= longest ? whole : ascii({ ...this, choices: this.choices.map(brief) })
  }
}

function brief ({ targets, levels, ...choice }: Choice): object {
  return { ...choice, targets: targets.filter(({ target }) => target === choice.chosen), of: targets.length }
}

function ascii (value: object): string {
  return JSON.stringify(value).replace(/[^\x20-\x7e]/g, character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

function scored (score: number | null | undefined): { readonly score?: number } {
  return score !== undefined && score !== null && Number.isFinite(score) ? { score: rounded(score) } : {}
}

function exclusion (target: Target, tried: ReadonlySet<Target> | undefined): readonly string[] {
  return [
    ...(tried?.has(target) === true ? ['tried'] : []),
    ...(target.weight === 0 ? ['weight'] : []),
    ...target.vetoedBy
  ]
}

function rounded (value: number): number {
  return Math.round(value * 1000) / 1000
}
