import type { LoadErrors } from './load.js'
import type { Timeline } from './timeline.js'

/** One measured run. Latencies are milliseconds. */
export interface Run {
  readonly scenario: string
  readonly strategy: string
  /** Counted from 1. */
  readonly round: number
  /** Answers with a 2xx status; the latencies are theirs. */
  readonly completed: number
  readonly requestsPerSecond: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly p999: number
  /** Latency at each of `CURVE`; NaN where there are too few answers to tell. */
  readonly curve: readonly number[]
  readonly errors: LoadErrors
  /** By target: answers of any status, and most requests under way at any moment. */
  readonly served: readonly number[]
  readonly peaks: readonly number[]
  /** Percent of the answers that came from the target which their key got most of its answers from. */
  readonly affinity: number
  readonly timeline: Timeline
  /** Share of the time that the processors of the machine were busy, with whatever. */
  readonly processors: number
}

/** The percentiles that a run's latencies are drawn with: closer together towards the end, where strategies differ. */
export const CURVE: readonly number[] = [0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70, 75, 80, 85, 90, 92, 94, 95, 96, 97, 98, 98.5, 99, 99.3, 99.5, 99.7, 99.8, 99.9, 99.95, 99.99]

/** Requests of a run that had no good answer. */
export function errorCount ({ non2xx, socket, unanswered, timeouts }: LoadErrors): number {
  return non2xx + socket + unanswered + timeouts
}
