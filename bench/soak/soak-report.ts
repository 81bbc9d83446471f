import { number, table, type Column, type TableStyle } from '../table.js'
import { describeHandles, sameHandles } from './handles.js'
import type { SoakRecord, SoakSample } from './run-soak.js'
import { trend, type Trend } from './trend.js'

const MB = 1_000_000
const MINUTE = 60_000
/** Rows of the table at most. */
const ROWS = 10
/** Bytes by which the heap may have grown over the last two thirds of the run. */
const GROWTH_LIMIT = 5 * MB

const columns: readonly Column[] = [
  'minute', 'requests', 'failed', 'heap MB', 'buffers MB', 'RSS MB', 'in flight', 'files', 'sockets in use', 'other handles'
].map(heading => ({ heading, align: 'right' }))

/** What the proxy held over the run, in some rows. */
export function soakTable (samples: readonly SoakSample[], style: TableStyle): string {
  const step = Math.ceil(samples.length / ROWS)
  return table(columns, samples.filter((_sample, index) => (index + 1) % step === 0).map(row), style)
}

/** Bytes of the heap, over the last two thirds of the run. */
export function heapTrend (record: SoakRecord): Trend {
  return lateTrend(record, ({ resources }) => resources.heap)
}

/** What the numbers of a run come to. */
export function soakSummary (record: SoakRecord): string {
  const grown = (what: string, read: (sample: SoakSample) => number): string => {
    const { total, perHour } = lateTrend(record, read)
    return `${what}: ${signed(total)} over the last two thirds of the run, ${signed(perHour)} per hour.`
  }
  const { sent, abandoned, failures, repeated, before, after, openAtBackends } = record
  return [
    `${number(sent)} requests and ${number(abandoned)} more whose client left: ${sum(failures.values())} failed, ${repeated} POSTs repeated.`,
    grown('Heap after a collection, MB', ({ resources }) => resources.heap / MB),
    grown('Resident memory, MB', ({ resources }) => resources.rss / MB),
    grown('Open files', ({ resources }) => resources.files),
    `At the start: heap ${number(before.heap / MB, 1)} MB; ${describeHandles(before)}.`,
    `At the end: heap ${number(after.heap / MB, 1)} MB; ${describeHandles(after)}; ${after.inflight} in flight, ${openAtBackends} at the backends.`
  ].join('\n')
}

/** What a run did not hold to, in words; empty = it held to all. */
export function soakMisses (record: SoakRecord): string[] {
  const { before, after, failures, openAtBackends, repeated, ended } = record
  const found = [...failures].map(([failure, times]) => `${failure}, ${times} times`)
  if (heapTrend(record).total > GROWTH_LIMIT) found.push('the heap grew')
  if (!sameHandles(before, after)) found.push('handles are left over')
  if (after.inflight !== 0) found.push(`${after.inflight} in flight at the end`)
  if (openAtBackends !== 0) found.push(`${openAtBackends} in flight at the backends at the end`)
  if (repeated !== 0) found.push(`${repeated} repeated POSTs`)
  if (!ended) found.push('the proxy did not end when asked to')
  return found
}

function lateTrend ({ samples }: SoakRecord, read: (sample: SoakSample) => number): Trend {
  return trend(samples.slice(Math.floor(samples.length / 3)).map(sample => ({ at: sample.at, value: read(sample) })))
}

function row ({ at, sent, failed, resources }: SoakSample): string[] {
  const { heap, external, rss, inflight, files, active } = resources
  const { TCPSocketWrap: sockets = 0, ...others } = active
  return [
    number(at / MINUTE, 1), number(sent), number(failed), number(heap / MB, 1), number(external / MB, 1), number(rss / MB, 1),
    number(inflight), number(files), number(sockets), number(sum(Object.values(others)))
  ]
}

function sum (values: Iterable<number>): number {
  return [...values].reduce((all, value) => all + value, 0)
}

function signed (value: number): string {
  return `${value < 0 ? '' : '+'}${number(value, 2)}`
}
