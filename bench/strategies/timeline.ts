import { REPORT_INTERVAL, type BackendReport } from './backend-protocol.js'

/** Most points that a run is drawn with. */
const MOST = 120

/** What each target had to do over the time of a run. */
export interface Timeline {
  /** Milliseconds from one point to the next. */
  readonly step: number
  readonly targets: readonly TargetLine[]
}

/** One target; the first point speaks of the first step. */
export interface TargetLine {
  /** Most requests under way at any moment of the step. */
  readonly inflight: readonly number[]
  /** Requests answered in the step, about. */
  readonly served: readonly number[]
}

interface Line {
  readonly inflight: number[]
  readonly served: number[]
  /** Count and time of the last report. */
  last: number
  lastAt: number
  peak: number
}

/** Puts together what the backends report. */
export class TimelineRecorder {
  readonly #step: number
  readonly #points: number
  readonly #lines: readonly Line[]
  #begun = Infinity

  /** @param duration of the run, in milliseconds. */
  constructor (targets: number, duration: number) {
    this.#step = Math.max(REPORT_INTERVAL, Math.ceil(duration / MOST / REPORT_INTERVAL) * REPORT_INTERVAL)
    this.#points = Math.ceil(duration / this.#step)
    const zeros = (): number[] => new Array<number>(this.#points).fill(0)
    this.#lines = Array.from({ length: targets }, () => ({ inflight: zeros(), served: zeros(), last: 0, lastAt: 0, peak: 0 }))
  }

  /** The run begins. @param at in milliseconds since 1970. */
  begin (at: number): void {
    this.#begun = at
  }

  /** @param number of the target, counted from 1. */
  add (number: number, { at, peak, served }: BackendReport): void {
    const line = this.#lines[number - 1]
    if (line === undefined) return
    // A process that was started anew counts from zero.
    const anew = served < line.last
    const more = anew ? served : served - line.last
    const from = anew || line.lastAt === 0 ? at - REPORT_INTERVAL : line.lastAt
    line.last = served
    line.lastAt = at
    this.#spread(line, (from - this.#begun) / this.#step, (at - this.#begun) / this.#step, more, peak)
  }

  /** Reports come a little late, and later from a process that is held up: each counts for the steps that it speaks of. */
  #spread (line: Line, from: number, to: number, served: number, peak: number): void {
    for (let point = Math.max(0, Math.floor(from)); point < Math.min(this.#points, to); point++) {
      const part = (Math.min(to, point + 1) - Math.max(from, point)) / (to - from)
      line.served[point] = (line.served[point] ?? 0) + served * part
      line.inflight[point] = Math.max(line.inflight[point] ?? 0, peak)
      line.peak = Math.max(line.peak, peak)
    }
  }

  /** Most requests under way at any moment of the run, by target. */
  get peaks (): number[] {
    return this.#lines.map(line => line.peak)
  }

  timeline (): Timeline {
    return { step: this.#step, targets: this.#lines.map(({ inflight, served }) => ({ inflight: [...inflight], served: served.map(Math.round) })) }
  }
}
