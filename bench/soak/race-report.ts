import { number, table, type Column, type TableStyle } from '../table.js'
import type { RaceSample } from './race-client.js'
import type { RaceRecord } from './run-race.js'

const columns: readonly Column[] = [
  'backend announces', 'requests', 'connections', 'closed by it', 'sent again', 'failed GETs', 'failed POSTs', 'repeated POSTs'
].map((heading, index) => ({ heading, align: index === 0 ? 'left' : 'right' }))

/** A row for each backend. */
export function raceTable (records: readonly RaceRecord[], style: TableStyle): string {
  return table(columns, records.map(row), style)
}

/** How often each kind of failure was seen with one backend, as `POST 502`. */
export function raceFailures ({ samples }: RaceRecord): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { method, ended } of samples.filter(hasFailed)) counts.set(`${method} ${ended}`, (counts.get(`${method} ${ended}`) ?? 0) + 1)
  return counts
}

/**
 * What a run did not hold to, in words; empty = it held to all. A backend that does not say when it closes may cost a POST, which
 * nobody may send again; a GET it may not.
 */
export function raceMisses (records: readonly RaceRecord[]): string[] {
  return records.flatMap(record => {
    const found: string[] = []
    const gets = failed(record, 'GET')
    const posts = failed(record, 'POST')
    if (gets > 0) found.push(`${gets} failed GETs`)
    if (posts > 0 && record.announcement === 'the time it keeps') found.push(`${posts} failed POSTs`)
    if (record.repeated > 0) found.push(`${record.repeated} repeated POSTs`)
    return found.map(miss => `announces ${record.announcement}: ${miss}`)
  })
}

function row (record: RaceRecord): string[] {
  const { announcement, samples, connections, closedIdle, sentAgain, repeated } = record
  return [announcement, ...[samples.length, connections, closedIdle, sentAgain, failed(record, 'GET'), failed(record, 'POST'), repeated].map(count => number(count))]
}

function failed ({ samples }: RaceRecord, method: RaceSample['method']): number {
  return samples.filter(sample => sample.method === method && hasFailed(sample)).length
}

function hasFailed ({ ended }: RaceSample): boolean {
  return ended !== 200
}
