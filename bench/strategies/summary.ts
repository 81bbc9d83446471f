import { jainIndex } from '../../src/simulation/jain.js'
import { figure, shares, type Figure } from '../statistics.js'
import { errorCount, type Run } from './run.js'
import type { LoadErrors } from './load.js'
import type { Timeline } from './timeline.js'

/** So many answers must stand behind a percentile of 99.9. */
const ENOUGH = 1000

/** What all rounds of one strategy say together. Latencies are milliseconds. */
export interface StrategySummary {
  readonly strategy: string
  readonly rounds: number
  readonly requestsPerSecond: Figure
  readonly p50: Figure
  readonly p90: Figure
  readonly p99: Figure
  /** Its numbers are NaN if no round had 1,000 answers. */
  readonly p999: Figure
  /** Of all rounds. */
  readonly errors: LoadErrors
  /** Of a round's requests, in percent. */
  readonly errorShare: Figure
  /** Percent of all answers, by target. */
  readonly shares: readonly number[]
  /** Jain's index of the shares relative to the weights. */
  readonly fairness: Figure
  /** Percent of the answers that came from the target which their key got most of its answers from. */
  readonly affinity: Figure
  /** Most requests under way at any moment of any round, by target. */
  readonly peaks: readonly number[]
  /** Latency at each of `CURVE`: the middle one of the rounds. */
  readonly curve: readonly number[]
  /** Of the round whose p99 is the middle one. */
  readonly timeline: Timeline
  /** Percent of the time that the processors of the machine were busy. */
  readonly processors: Figure
}

/** Puts the rounds of one strategy together. @param weights of the targets. @throws {RangeError} if there is none. */
export function summarize (runs: readonly Run[], weights: readonly number[]): StrategySummary {
  const byTail = [...runs].sort((a, b) => a.p99 - b.p99)
  const middle = byTail[Math.floor((byTail.length - 1) / 2)]
  if (middle === undefined) throw new RangeError('there is no run to summarize')
  const of = (value: (run: Run) => number): Figure => figure(runs.map(value))
  return {
    strategy: middle.strategy,
    rounds: runs.length,
    requestsPerSecond: of(run => run.requestsPerSecond),
    p50: of(run => run.p50),
    p90: of(run => run.p90),
    p99: of(run => run.p99),
    p999: figure(runs.filter(run => run.completed >= ENOUGH).map(run => run.p999)),
    errors: sum(runs.map(run => run.errors)),
    errorShare: of(run => errorShare(run)),
    shares: shares(weights.map((_, index) => runs.reduce((all, run) => all + (run.served[index] ?? 0), 0))),
    fairness: of(run => jainIndex(run.served.map((served, index) => served / (weights[index] ?? 1)))),
    affinity: of(run => run.affinity),
    peaks: weights.map((_, index) => Math.max(...runs.map(run => run.peaks[index] ?? 0))),
    curve: middle.curve.map((_, index) => figure(runs.map(run => run.curve[index] ?? Number.NaN)).middle),
    timeline: middle.timeline,
    processors: of(run => run.processors * 100)
  }
}

function errorShare (run: Run): number {
  const errors = errorCount(run.errors)
  return errors === 0 ? 0 : errors * 100 / (errors + run.completed)
}

function sum (all: readonly LoadErrors[]): LoadErrors {
  return all.reduce((a, b) => ({
    non2xx: a.non2xx + b.non2xx,
    socket: a.socket + b.socket,
    unanswered: a.unanswered + b.unanswered,
    timeouts: a.timeouts + b.timeouts
  }))
}
