import type { SimulationResult } from './result.js'
import { layOut, milliseconds, number, percent } from './table.js'

/** Most targets whose shares are shown one by one. */
const FEW = 8

/** One strategy's run. */
export interface StrategyRun extends SimulationResult {
  readonly strategy: string
}

/** The runs as a table. */
export function runTable (runs: readonly StrategyRun[]): string {
  const few = runs.every(({ targets }) => targets.length <= FEW)
  const moved = runs.some(run => run.moved !== null)
  return layOut({
    headings: [
      'strategy', 'requests/s', 'p50 ms', 'p90 ms', 'p99 ms', 'p99.9 ms', 'failed %', 'sent per request', 'in flight', 'fairness', 'busiest %',
      ...(moved ? ['moved %'] : []), few ? 'share per target, %' : 'shares, % of even'
    ],
    words: 1,
    rows: runs.map(run => [
      run.strategy,
      number(run.requestsPerSecond),
      milliseconds(run.latency?.p50),
      milliseconds(run.latency?.p90),
      milliseconds(run.latency?.p99),
      milliseconds(run.latency?.p999),
      percent(1 - run.served / Math.max(1, run.requests), 2),
      number(run.amplification, 2),
      number(run.peakInflight),
      number(run.jain, 3),
      percent(Math.max(...run.targets.map(({ utilization }) => utilization)), 0),
      ...(moved ? [percent(run.moved)] : []),
      few ? run.targets.map(({ share }) => percent(share)).join(' / ') : spread(run)
    ])
  })
}

/** What the columns are. */
export const runLegend = 'In flight: the most that one target had. Fairness: Jain\'s index of the answers by weight. Busiest: of the targets, share of what it can do at once that was in use, or of the time it had requests. ' +
  'Moved: of the requests with a key seen before, those that came to another target.'

function spread ({ targets }: SimulationResult): string {
  const shares = targets.map(({ share }) => share * targets.length)
  return `${percent(Math.min(...shares), 0)} to ${percent(Math.max(...shares), 0)}`
}
