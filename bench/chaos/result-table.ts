import { number, table, type Column, type TableStyle } from '../table.js'
import type { Account } from './accounting.js'
import { isBackToSpeed } from './verdict.js'

/** One row. */
export interface Result {
  readonly scenario: string
  readonly proxy: string
  readonly account: Account
}

const columns: readonly Column[] = [
  'scenario', 'proxy', 'requests', 'failed GETs', 'failed POSTs', 'repeated POSTs', 'evicted s', 'back s', 'p99 before ms', 'during', 'after', 'in flight'
].map((heading, index) => ({ heading, align: index < 2 ? 'left' : 'right' }))

/** A row for each result; a star marks a time after that is not back to 1.5 times the time before. */
export function resultTable (results: readonly Result[], style: TableStyle): string {
  return table(columns, results.map(row), style)
}

function row ({ scenario, proxy, account }: Result, index: number, all: readonly Result[]): string[] {
  const { requests, failedGets, failedPosts, duplicates, evicted, back, p99, inflight } = account
  return [
    all[index - 1]?.scenario === scenario ? '' : scenario,
    proxy,
    number(requests),
    number(failedGets),
    number(failedPosts),
    number(duplicates),
    seconds(evicted),
    seconds(back),
    number(p99.before),
    number(p99.during),
    number(p99.after) + (isBackToSpeed(account) ? '' : ' *'),
    number(inflight)
  ]
}

/** Never = it was not given anything again while it was watched. */
function seconds (milliseconds: number): string {
  return milliseconds === Infinity ? 'never' : number(milliseconds / 1000, 1)
}
