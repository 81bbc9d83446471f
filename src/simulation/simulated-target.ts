import type { LoadReport } from '../balancing/load-report.js'
import type { Random } from '../base/random.js'
import { BusyMeter } from './busy-meter.js'
import { Pauses } from './pauses.js'
import { Ramp } from './ramp.js'
import type { ScenarioTarget } from './scenario.js'
import type { Work } from './work.js'

/** What a target switched to failing does: answer with this status after so many milliseconds. */
const FAILING = { status: 500, after: 1 }
/** How much the time from one pause to the next varies, so that targets do not pause in step. */
const PAUSE_JITTER = 0.5
/** Milliseconds for which other work keeps the processor without a break. */
const SLICE = 20

/** What a target is beside its work. */
export type TargetNature = Omit<ScenarioTarget, 'serviceTime' | 'failures'>

/** A request as its target knows it. */
export interface Job {
  /** Its number: what `nextInLine` gives. */
  readonly slot: number
  /** Status of the answer; set when the work on it begins. */
  status: number
  /** Behind it in line. */
  next: Job | null
}

/** One backend process: works on so many requests at once, the others wait in line. */
export class SimulatedTarget {
  /** Counted from 1. */
  readonly number: number
  readonly id: string
  readonly weight: number
  readonly #nature: TargetNature
  readonly #work: Work
  readonly #random: Random
  readonly #meter = new BusyMeter()
  #slowdown: Ramp
  /** Its own, and the times at which other work has its processor. */
  #pauses: readonly Pauses[] = []
  #startedAt = 0
  #failing = false
  #serving = 0
  #first: Job | null = null
  #last: Job | null = null
  /** Requests since the process started. */
  #requests = 0
  alive: boolean
  /** Is it in the pool? */
  pooled: boolean
  /** Requests that it has, those in line included. */
  inflight = 0
  /** The most that it has had. */
  peak = 0
  /** Requests that it has answered and somebody has waited for. */
  served = 0

  /** @param id what strategies know it by. */
  constructor (number: number, id: string, nature: TargetNature, work: Work, random: Random) {
    this.number = number
    this.id = id
    this.weight = nature.weight
    this.#nature = nature
    this.#work = work
    this.#random = random
    this.#slowdown = new Ramp(nature.slowdown)
    this.#pauses = this.#pausesFrom(0)
    this.alive = this.pooled = !nature.absent
  }

  /**
   * Takes a request.
   * @returns when it will have been worked on; -1 = it is in line.
   */
  accept (job: Job, now: number): number {
    this.#requests++
    if (++this.inflight > this.peak) this.peak = this.inflight
    const { concurrency } = this.#nature
    if (concurrency === 0 || this.#serving < concurrency) return this.begin(job, now)
    if (this.#last === null) this.#first = job
    else this.#last.next = job
    this.#last = job
    return -1
  }

  /** The work on a request is done. */
  release (now: number): void {
    this.inflight--
    this.#serving--
    this.#measure(now)
  }

  /** Takes the first out of the line, to be begun. @returns its slot; -1 = nobody waits. */
  nextInLine (): number {
    const job = this.#first
    if (job === null) return -1
    this.#first = job.next
    if (this.#first === null) this.#last = null
    job.next = null
    return job.slot
  }

  /** Begins to work on a request. @returns when it will have been worked on. */
  begin (job: Job, now: number): number {
    this.#serving++
    this.#measure(now)
    const start = this.#whenMoving(now, now)
    return this.#whenMoving(start + this.#workOn(job, start), now)
  }

  /** The process ends, with all that it has. */
  kill (now: number): void {
    this.alive = false
    this.inflight = this.#serving = 0
    this.#first = this.#last = null
    this.#measure(now)
  }

  /** A new process starts. */
  start (now: number): void {
    this.alive = true
    this.#startedAt = now
    this.#requests = 0
    this.#failing = false
    this.#slowdown = new Ramp(this.#nature.slowdown)
    this.#pauses = this.#pausesFrom(now)
  }

  /** @param failing does it fail all requests from now on? */
  fail (failing: boolean): void {
    this.#failing = failing
  }

  /** @param length milliseconds until the new factor is reached. */
  slow (factor: number, now: number, length: number): void {
    this.#slowdown.go(factor, now, length)
  }

  /** What it says of itself when a probe asks. */
  loadReport (now: number): LoadReport {
    const { busy } = this.#nature
    return { utilization: busy + (1 - busy) * this.#meter.lately(now), inflight: this.inflight, requests: this.#requests }
  }

  /** Share of what it can do at once that was in use, 0 to 1; of one without a limit: share of the time in which it had requests. */
  utilization (now: number): number {
    return this.#meter.overall(now)
  }

  /** What is counted begins anew. */
  resetCounts (now: number): void {
    this.peak = this.inflight
    this.served = 0
    this.#meter.reset(now)
  }

  #whenMoving (at: number, now: number): number {
    let moving = at
    for (const pauses of this.#pauses) moving = pauses.end(moving, now)
    return moving
  }

  #workOn (job: Job, start: number): number {
    if (this.#failing) {
      job.status = FAILING.status
      return FAILING.after
    }
    const time = this.#work.draw()
    job.status = this.#work.status
    return this.#work.elastic ? time * this.#factor(start) : time
  }

  #factor (at: number): number {
    const { cold, busy } = this.#nature
    const age = at - this.#startedAt
    const warming = cold === null || age >= cold.for ? 1 : 1 + (cold.slowdown - 1) * (1 - age / cold.for)
    return this.#slowdown.at(at) * warming / (1 - busy)
  }

  #measure (now: number): void {
    const { concurrency } = this.#nature
    this.#meter.set(concurrency === 0 ? Math.min(1, this.#serving) : this.#serving / concurrency, now)
  }

  #pausesFrom (now: number): readonly Pauses[] {
    const { pauses, busy } = this.#nature
    return [
      ...(pauses === null ? [] : [new Pauses({ ...pauses, jitter: PAUSE_JITTER }, now, this.#random)]),
      ...(busy === 0 ? [] : [new Pauses({ every: SLICE / busy, length: SLICE, jitter: 0 }, now, this.#random)])
    ]
  }
}
