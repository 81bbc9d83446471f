import type { Metric } from './metric.js'
import type { PoolSnapshot } from './snapshot.js'

/** Of each pool as a whole. */
export const poolMetrics: readonly Metric[] = [
  ofPools('headrace_pool_targets', 'gauge', 'Targets of the pool, in whatever state.', ({ targets }) => targets.length),
  ofPools('headrace_queue_length', 'gauge', 'Requests that wait for a target.', ({ queue }) => queue.now),
  ofPools('headrace_queue_length_max', 'gauge', 'The most requests that have waited at once, in any one process or now in all.', ({ queue }) => queue.max),
  ofPools('headrace_queue_limit', 'gauge', 'Requests that may wait at once.', ({ queue }) => queue.limit),
  ofPools('headrace_queue_total', 'counter', 'Requests that had to wait for a target.', ({ queue }) => queue.total),
  ofPools('headrace_queue_timeouts_total', 'counter', 'Requests that waited in vain.', ({ queue }) => queue.timedOut),
  ofPools('headrace_queue_refused_total', 'counter', 'Requests that found no place in the queue, or lost it to a more urgent one.', ({ queue }) => queue.refused),
  ofPools('headrace_retry_budget_left', 'gauge', 'Retries that would be granted now.', ({ budgetLeft }) => budgetLeft),
  ofPools('headrace_retry_budget_refused_total', 'counter', 'Retries that were not granted.', ({ budgetRefused }) => budgetRefused),
  ofPools('headrace_panic', 'gauge', '1 while all targets are down and are tried all the same, else 0.', ({ panicking }) => Number(panicking))
]

function ofPools (name: string, type: Metric['type'], help: string, valueOf: (pool: PoolSnapshot) => number): Metric {
  return { name, type, help, labels: ['pool'], samples: ({ pools }) => pools.map(pool => ({ labels: { pool: pool.name }, value: valueOf(pool) })) }
}
