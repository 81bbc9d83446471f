import { percentile } from '../statistics.js'
import { number, table, type Column } from '../table.js'

/** What became of one request. */
export interface Answer {
  /** The status; or the client left; or the connection failed. */
  readonly result: number | 'gave up' | 'failed'
  /** Milliseconds from when it was due. */
  readonly latency: number
}

/** What became of all. Rates are per second. */
export interface Summary {
  readonly offered: number
  /** 2xx. */
  readonly answered: number
  /** 2xx in time. */
  readonly goodput: number
  /** 503. */
  readonly shed: number
  readonly gaveUp: number
  /** Other statuses and failed connections. */
  readonly failed: number
  /** Milliseconds, of the 2xx; NaN without one. */
  readonly p50: number
  readonly p99: number
}

/** @param inTime milliseconds within which an answer is of use. */
export function summarize (answers: readonly Answer[], seconds: number, inTime: number): Summary {
  const perSecond = (wanted: (answer: Answer) => boolean): number => answers.filter(wanted).length / seconds
  const latencies = answers.filter(isSuccess).map(answer => answer.latency).sort((a, b) => a - b)
  return {
    offered: answers.length / seconds,
    answered: latencies.length / seconds,
    goodput: perSecond(answer => isSuccess(answer) && answer.latency <= inTime),
    shed: perSecond(answer => answer.result === 503),
    gaveUp: perSecond(answer => answer.result === 'gave up'),
    failed: perSecond(answer => !isSuccess(answer) && answer.result !== 503 && answer.result !== 'gave up'),
    p50: percentile(latencies, 50),
    p99: percentile(latencies, 99)
  }
}

function isSuccess ({ result }: Answer): boolean {
  return typeof result === 'number' && result >= 200 && result < 300
}

/** One run: how the backend was, how the pool was set, what came of it. */
export interface SaturationRun extends Summary {
  readonly backend: string
  readonly setting: string
}

const COLUMNS: readonly Column[] = [
  { heading: 'backend', align: 'left' },
  { heading: 'limit', align: 'left' },
  ...['offered/s', '2xx/s', 'in time/s', '503/s', 'client left/s', 'failed/s', 'p50 ms', 'p99 ms'].map(heading => ({ heading, align: 'right' } as const))
]

/** The runs as a Markdown table. */
export function saturationTable (runs: readonly SaturationRun[]): string {
  return table(COLUMNS, runs.map(run => [
    run.backend,
    run.setting,
    ...[run.offered, run.answered, run.goodput, run.shed, run.gaveUp, run.failed, run.p50, run.p99].map(value => number(value))
  ]), 'markdown')
}
