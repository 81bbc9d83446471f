import { CURVE, type Run } from '../../../bench/strategies/run.js'
import { summarize, type StrategySummary } from '../../../bench/strategies/summary.js'

/** A run of two targets in which nothing remarkable happened. */
export function fakeRun (run: Partial<Run> = {}): Run {
  const p99 = run.p99 ?? 40
  return {
    scenario: 'crash',
    strategy: 'round-robin',
    round: 1,
    completed: 5000,
    requestsPerSecond: 500,
    p50: 12,
    p90: 20,
    p99,
    p999: 90,
    curve: CURVE.map(percentile => p99 * (0.2 + percentile / 125)),
    errors: { non2xx: 0, socket: 0, unanswered: 0, timeouts: 0 },
    served: [2500, 2500],
    peaks: [8, 9],
    affinity: 66.6,
    timeline: { step: 100, targets: [{ inflight: [1, 8, 3], served: [40, 50, 45] }, { inflight: [2, 9, 1], served: [50, 50, 0] }] },
    processors: 0.5,
    ...run
  }
}

/** A strategy, measured in one round for each p99. */
export function fakeSummary (strategy: string, p99: readonly number[], run: Partial<Run> = {}): StrategySummary {
  return summarize(p99.map((value, index) => fakeRun({ strategy, round: index + 1, p99: value, ...run })), [1, 1])
}
