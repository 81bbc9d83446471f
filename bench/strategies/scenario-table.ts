import { spread, type Figure } from '../statistics.js'
import { number, type Column } from '../table.js'
import type { LoadErrors } from './load.js'
import type { StrategySummary } from './summary.js'

const COLUMNS: readonly Column[] = [
  { heading: 'strategy', align: 'left' },
  { heading: 'requests/s', align: 'right' },
  { heading: 'p50 ms', align: 'right' },
  { heading: 'p90', align: 'right' },
  { heading: 'p99', align: 'right' },
  { heading: 'p99.9', align: 'right' },
  { heading: 'errors', align: 'left' },
  { heading: 'share per target, %', align: 'left' },
  { heading: 'fairness', align: 'right' },
  { heading: 'peak in flight', align: 'left' }
]

const OF_KEYS: Column = { heading: 'keys stay, %', align: 'right' }

/** The columns of a scenario's table. @param keys has it any? */
export function columns (keys: boolean): readonly Column[] {
  return keys ? [...COLUMNS, OF_KEYS] : COLUMNS
}

/** One row for each strategy. */
export function rows (summaries: readonly StrategySummary[], keys: boolean): string[][] {
  return summaries.map(summary => [
    summary.strategy,
    measured(summary.requestsPerSecond),
    latency(summary.p50),
    latency(summary.p90),
    latency(summary.p99),
    latency(summary.p999),
    describeErrors(summary.errors, summary.errorShare.middle),
    summary.shares.map(share => number(share, share > 0 && share < 10 ? 1 : 0)).join(' / '),
    number(summary.fairness.middle, 2),
    summary.peaks.join(' / '),
    ...(keys ? [measured(summary.affinity)] : [])
  ])
}

function latency (milliseconds: Figure): string {
  return measured(milliseconds, milliseconds.middle < 100 ? 1 : 0)
}

/** The middle of the rounds, and half of what lies between the outermost. */
function measured (figure: Figure, digits = 0): string {
  const middle = number(figure.middle, digits)
  return figure.count > 1 ? `${middle} ±${number(spread(figure), digits)}` : middle
}

function describeErrors ({ non2xx, socket, unanswered, timeouts }: LoadErrors, share: number): string {
  const kinds = [[non2xx, 'non-2xx'], [socket, 'socket'], [unanswered, 'unanswered'], [timeouts, 'timed out']] as const
  const named = kinds.filter(([count]) => count > 0).map(([count, kind]) => `${number(count)} ${kind}`)
  return named.length === 0 ? '0' : `${named.join(', ')} (${number(share, 1)} %)`
}
