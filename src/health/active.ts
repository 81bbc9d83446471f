import type { Clock } from '../base/clock.js'
import type { Random } from '../base/random.js'
import type { Pool } from '../upstream/pool.js'
import type { Target } from '../upstream/target.js'
import type { ProbeSchedule } from './health-check.js'
import type { Probe } from './probe.js'
import { Watch, type CheckResult } from './watch.js'

export type { CheckResult } from './watch.js'

/** Hears of active checks. */
export interface CheckObserver {
  /** A target came up or went down. `reason` is for the log: it may name addresses. */
  onFlip (target: Target, up: boolean, reason: string, tookMs: number): void
  /** A probe ended; comes before the flip it causes. */
  onResult? (target: Target, result: CheckResult): void
}

export interface ActiveCheckOptions {
  readonly schedule: ProbeSchedule
  readonly pool: Pool
  readonly probe: Probe
  readonly clock: Clock
  readonly random: Random
  readonly observer: CheckObserver
}

/** What is known of a target's health: up, down, or null = nothing. */
export type Known = (target: Target) => boolean | null

const nothing: Known = () => null

/**
 * Probes every target of a pool on a schedule of its own and is their judge `active`. A target is vetoed until its first
 * success; `Verdict` says what brings it down and up again after that.
 */
export class ActiveCheck {
  /** Resolves when each target that was there at the start has had its first result, or the check was stopped. */
  readonly ready: Promise<void>
  readonly #options: ActiveCheckOptions
  readonly #watches = new Map<Target, Watch>()
  readonly #unjudged = new Set<Target>()
  #started = false
  #stopped = false
  #resolveReady: () => void = () => {}

  constructor (options: ActiveCheckOptions) {
    this.#options = options
    this.ready = new Promise(resolve => { this.#resolveReady = resolve })
  }

  /** What it makes of a target: up, down, or null as long as nothing is known. */
  isUp (target: Target): boolean | null {
    return this.#watches.get(target)?.up ?? null
  }

  /**
   * Probes all targets at once.
   * @param known what is known of the targets already: up, down, or null = nothing.
   */
  start (known: Known = nothing): void {
    for (const target of this.#watched()) {
      const up = known(target)
      if (up === null) this.#unjudged.add(target)
      this.#watch(target, up)
    }
    this.#started = true
    this.#judged()
  }

  /**
   * Takes up targets that joined the pool and drops those that left it. Call it in the same step as `Pool.reconcile`: a new
   * target is vetoed from here on, not before. One that is in maintenance is left alone.
   * @param known what is known of new targets already.
   */
  reconcile (known: Known = nothing): void {
    if (this.#stopped) return
    const targets = this.#watched()
    for (const [target, watch] of this.#watches) {
      if (targets.includes(target)) continue
      this.#watches.delete(target)
      // Nobody waits for the end of a probe that was given up: it is bounded, and can't fail.
      void watch.stop()
      this.#judged(target)
    }
    for (const target of targets) {
      if (!this.#watches.has(target)) this.#watch(target, known(target))
    }
  }

  /** A target has said in a response that it is about to stop: it is down at once. */
  withdraw (target: Target): void {
    if (this.#stopped) return
    const watch = this.#watches.get(target)
    if (watch?.withdraw() === true) this.#options.observer.onFlip(target, false, 'the target is draining', 0)
  }

  /** Gives up the probes under way; resolves when they are quiet. The verdicts stand: who checks no more lifts the vetoes. */
  async stop (): Promise<void> {
    this.#stopped = true
    this.#resolveReady()
    await Promise.all([...this.#watches.values()].map(watch => watch.stop()))
  }

  #watched (): readonly Target[] {
    return this.#options.pool.targets.filter(target => !target.maintenance)
  }

  #watch (target: Target, known: boolean | null): void {
    const { schedule, probe, clock, random } = this.#options
    const watch = new Watch(target, known, { schedule, probe, clock, random, ended: this.#ended })
    this.#watches.set(target, watch)
    watch.probe()
  }

  readonly #ended = ({ target }: Watch, result: CheckResult, flipped: boolean): void => {
    const { observer } = this.#options
    this.#judged(target)
    observer.onResult?.(target, result)
    if (flipped) observer.onFlip(target, result.passed, result.reason, result.tookMs)
  }

  #judged (target?: Target): void {
    if (target !== undefined) this.#unjudged.delete(target)
    if (this.#started && this.#unjudged.size === 0) this.#resolveReady()
  }
}
