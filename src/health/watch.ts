import type { Clock, Timer } from '../base/clock.js'
import type { Random } from '../base/random.js'
import type { Target } from '../upstream/target.js'
import { attempt, type Attempt } from './attempt.js'
import type { ProbeSchedule } from './health-check.js'
import type { Probe } from './probe.js'
import { Verdict } from './verdict.js'

/** One probe's end, and how long it took. */
export interface CheckResult extends Attempt {
  readonly tookMs: number
}

export interface WatchOptions {
  readonly schedule: ProbeSchedule
  readonly probe: Probe
  readonly clock: Clock
  readonly random: Random
  /** Hears every result, after the target was judged. */
  readonly ended: (watch: Watch, result: CheckResult, flipped: boolean) => void
}

/** Probes one target again and again, one probe at a time, and is its judge `active`. */
export class Watch {
  readonly target: Target
  readonly #options: WatchOptions
  readonly #verdict: Verdict
  #timer: Timer | null = null
  /** The latest probe until its promise settles, which may be after it was given up. */
  #underWay: Promise<void> | null = null
  #giveUp: (() => void) | null = null

  /** @param known the target's state if it was watched before; a target of which nothing is known is vetoed. */
  constructor (target: Target, known: boolean | null, options: WatchOptions) {
    this.target = target
    this.#options = options
    this.#verdict = new Verdict(options.schedule.rise, options.schedule.fall, known)
    if (known === null) target.awaitCheck()
    else target.judge('active', known)
  }

  /** null until the first result. */
  get up (): boolean | null { return this.#verdict.up }

  /** Sends a probe now, and the following ones when they are due. */
  readonly probe = (): void => {
    const { probe, clock, schedule } = this.#options
    const started = clock.now()
    const controller = new AbortController()
    const end = (attempt: Attempt): void => {
      if (this.#giveUp !== giveUp) return
      this.#giveUp = null
      deadline.cancel()
      this.#end({ ...attempt, tookMs: clock.now() - started }, started)
    }
    // The deadline ends the probe by itself: a probe that does not heed the signal still fails in time.
    const deadline = clock.after(schedule.timeout, () => {
      const reason = `no result within ${schedule.timeout} ms`
      end({ passed: false, reason, draining: false, report: null })
      controller.abort(new Error(reason))
    })
    const giveUp = (): void => {
      deadline.cancel()
      controller.abort(new Error('checking was stopped'))
    }
    this.#giveUp = giveUp
    const underWay = attempt(probe, this.target.address, controller.signal)
      .then(attempt => {
        if (attempt.report !== null && this.#giveUp === giveUp) this.target.reported(attempt.report, clock.now())
        end(attempt)
      })
      .finally(() => { if (this.#underWay === underWay) this.#underWay = null })
    this.#underWay = underWay
  }

  /** The target has said by itself that it is about to stop: it is down at once. @returns whether it was up. */
  withdraw (): boolean {
    const flipped = this.#verdict.fall()
    if (flipped) this.target.judge('active', false)
    return flipped
  }

  /** Ends the watch; its last word stands. Resolves when the probe under way is quiet, after one timeout at most. */
  async stop (): Promise<void> {
    this.#timer?.cancel()
    this.#timer = null
    const giveUp = this.#giveUp
    this.#giveUp = null
    giveUp?.()
    const { clock, schedule } = this.#options
    const underWay = this.#underWay
    if (underWay === null) return
    await new Promise<void>(resolve => {
      const patience = clock.after(schedule.timeout, resolve)
      underWay.finally(() => {
        patience.cancel()
        resolve()
      })
    })
  }

  #end (result: CheckResult, started: number): void {
    const { passed, reason, tookMs } = result
    this.target.counts.checked({ at: this.#options.clock.wallTime(), passed, reason, tookMs })
    const flipped = result.draining ? this.#verdict.fall() : this.#verdict.record(result.passed)
    if (flipped) this.target.judge('active', result.passed)
    this.#schedule(started)
    this.#options.ended(this, result, flipped)
  }

  #schedule (started: number): void {
    const { clock, random, schedule } = this.#options
    const interval = this.#verdict.up === true ? schedule.interval : schedule.intervalDown
    const due = started + interval * (1 + schedule.jitter * (2 * random() - 1))
    this.#timer = clock.after(Math.max(1, due - clock.now()), this.probe)
  }
}
