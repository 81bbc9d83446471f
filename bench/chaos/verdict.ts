import type { Account } from './accounting.js'
import type { ChaosScenario } from './scenarios.js'

/** The time after may be so many times as slow as the time before. */
const SLOWER = 1.5

/** What a run did not hold to, in words; empty = it held to all. Speed is not among them: it depends on the machine. */
export function misses (scenario: Pick<ChaosScenario, 'tolerates'>, account: Account): string[] {
  const { failedGets, failedPosts, lateFailures, duplicates, unseen, inflight } = account
  const found: string[] = []
  const expectNone = (count: number, what: string): void => { if (count !== 0) found.push(`${count} ${what}`) }
  if (scenario.tolerates === 'outage') expectNone(lateFailures, 'failed after the outage')
  else expectNone(failedGets, 'failed GETs')
  if (scenario.tolerates === 'none') expectNone(failedPosts, 'failed POSTs')
  expectNone(duplicates, 'repeated POSTs')
  expectNone(unseen, 'answered by nobody')
  expectNone(inflight, 'in flight at the end')
  return found
}

/** Is the 99th percentile back near where it was? */
export function isBackToSpeed ({ p99 }: Account): boolean {
  return p99.after <= p99.before * SLOWER
}
