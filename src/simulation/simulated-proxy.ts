import type { NonEmpty, PickContext, Picker, Strategy } from '../balancing/strategy.js'
import type { Clock } from '../base/clock.js'
import type { Random } from '../base/random.js'
import { SlowStart } from '../upstream/slow-start.js'
import { Ejections } from './ejections.js'
import type { Budget, PoolModel } from './pool-model.js'
import { Probes } from './probes.js'
import { SimulatedCandidate } from './simulated-candidate.js'
import type { SimulatedTarget } from './simulated-target.js'

/** What a proxy is made of. */
export interface ProxyParts {
  readonly strategy: Strategy
  readonly pool: PoolModel
  /** null = retries are not limited. */
  readonly budget: Budget | null
  readonly clock: Clock
  readonly random: Random
}

/** One proxy: its own view of the targets, its own strategy, its own verdicts. What `upstream/pool.ts` does, without leases. */
export class SimulatedProxy {
  readonly strategy: Strategy
  readonly budget: Budget | null
  readonly #pool: PoolModel
  readonly #probes: Probes | null
  readonly #ejections: Ejections | null
  readonly #slowStart: SlowStart | null
  #candidates: readonly SimulatedCandidate[] = []
  #eligible: readonly SimulatedCandidate[] = []
  #picker: Picker<SimulatedCandidate> | null = null
  #stale = true

  constructor ({ strategy, pool, budget, clock, random }: ProxyParts) {
    this.strategy = strategy
    this.budget = budget
    this.#pool = pool
    this.#probes = pool.healthCheck === null ? null : new Probes(pool.healthCheck, clock, random, this.#probed)
    this.#ejections = pool.passiveHealth === null ? null : new Ejections(pool.passiveHealth, clock, random, () => this.#candidates, this.#judged)
    this.#slowStart = pool.slowStart === null ? null : new SlowStart(pool.slowStart, clock)
  }

  get candidates (): readonly SimulatedCandidate[] { return this.#candidates }

  /** Takes the full set of targets; those that stay keep their state. */
  reconcile (targets: readonly SimulatedTarget[]): void {
    const present = new Map(this.#candidates.map(candidate => [candidate.target, candidate]))
    const next = targets.map(target => present.get(target) ?? this.#candidateOf(target))
    const kept = new Set(next)
    const removed = this.#candidates.filter(candidate => !kept.has(candidate))
    this.#candidates = next
    this.#stale = true
    for (const candidate of removed) this.#forget(candidate)
    for (const candidate of next) {
      if (present.get(candidate.target) === candidate) continue
      this.#slowStart?.serviceChanged(candidate, true)
      this.#probes?.targetChanged(candidate)
      this.#probes?.reportLoad(candidate)
    }
  }

  /** Chooses among those that may be chosen. @param tried targets that the request has been to. @returns null = there is none. */
  pick (context: PickContext, tried: readonly SimulatedTarget[]): SimulatedCandidate | null {
    if (this.#stale) this.#prepare()
    const picker = tried.length === 0 ? this.#picker : this.#pickerOf(this.#untried(tried))
    return picker === null ? null : picker.pick(context)
  }

  hasUntried (tried: readonly SimulatedTarget[]): boolean {
    if (this.#stale) this.#prepare()
    return this.#untried(tried).length > 0
  }

  /** A request has ended. @param status of its answer; 0 = there was none. */
  ended (candidate: SimulatedCandidate, status: number): void {
    if (candidate.pooled) this.#ejections?.ended(candidate, status)
  }

  /** The process of a target has ended or started. */
  targetChanged (target: SimulatedTarget): void {
    const candidate = this.#candidates.find(candidate => candidate.target === target)
    if (candidate !== undefined) this.#probes?.targetChanged(candidate)
  }

  #candidateOf (target: SimulatedTarget): SimulatedCandidate {
    const candidate = new SimulatedCandidate(target, this.#weightChanged)
    candidate.follower = this.strategy.follow?.(candidate) ?? null
    return candidate
  }

  readonly #weightChanged = (): void => { this.#stale = true }

  #forget (candidate: SimulatedCandidate): void {
    candidate.pooled = false
    this.#probes?.forget(candidate)
    this.#ejections?.forget(candidate)
    this.#slowStart?.serviceChanged(candidate, false)
  }

  readonly #probed = (candidate: SimulatedCandidate): void => {
    if (!candidate.down) this.#ejections?.absolve(candidate)
    this.#judged(candidate)
  }

  readonly #judged = (candidate: SimulatedCandidate): void => {
    this.#stale = true
    this.#slowStart?.serviceChanged(candidate, candidate.eligible)
  }

  #prepare (): void {
    this.#stale = false
    const eligible = this.#candidates.filter(candidate => candidate.eligible)
    // All are down: the proxy tries anyway, unless it is told not to.
    this.#eligible = eligible.length === 0 && this.#pool.whenAllDown === 'try-anyway' ? this.#candidates : eligible
    this.#picker = this.#pickerOf(this.#eligible)
  }

  #pickerOf (candidates: readonly SimulatedCandidate[]): Picker<SimulatedCandidate> | null {
    return isNonEmpty(candidates) ? this.strategy.prepare(candidates) : null
  }

  /** For want of better ones, those ejected for failing others. */
  #untried (tried: readonly SimulatedTarget[]): readonly SimulatedCandidate[] {
    const untried = this.#eligible.filter(({ target }) => !tried.includes(target))
    if (untried.length > 0 || this.#pool.whenAllDown === 'fail') return untried
    return this.#candidates.filter(({ target, ejected, down }) => ejected && !down && !tried.includes(target))
  }
}

function isNonEmpty<T> (list: readonly T[]): list is NonEmpty<T> {
  return list.length > 0
}
