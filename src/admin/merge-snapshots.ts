import type { NonEmpty } from '../balancing/strategy.js'
import { addCounts, addNumbers, byKey } from './merging.js'
import { mergeTargets } from './merge-targets.js'
import type { PoolSnapshot, RouteSnapshot, Snapshot } from './snapshot.js'

/**
 * Makes one of the snapshots of several processes. What was counted is added up. What is set is the word of the process in charge, the primary,
 * or of the first where it is not among them; so is which pools, targets and routes there are, for workers hear of a change a moment later.
 * The most at once is that of one process, or of all at this moment: what they had together at another one nobody has seen. In what groups they
 * are merged makes no difference.
 */
export function mergeSnapshots (snapshots: NonEmpty<Snapshot>): Snapshot {
  return snapshots.reduce(merge)
}

function merge (a: Snapshot, b: Snapshot): Snapshot {
  const rank = Number(inCharge(b)) - Number(inCharge(a))
  const word = rank > 0 ? b : a
  return {
    at: Math.max(a.at, b.at),
    build: word.build,
    startedAt: Math.min(a.startedAt, b.startedAt),
    processes: [...a.processes, ...b.processes],
    connections: a.connections + b.connections,
    draining: a.draining || b.draining,
    reloads: word.reloads,
    workerRestarts: a.workerRestarts + b.workerRestarts,
    unrouted: a.unrouted + b.unrouted,
    refused: a.refused + b.refused,
    pools: byKey(a.pools, b.pools, rank, ({ name }) => name, (a, b) => mergePools(a, b, rank)),
    routes: byKey(a.routes, b.routes, rank, routeKey, (a, b) => mergeRoutes(a, b, rank))
  }
}

/** A route that leads to another pool than before counts anew, as a process does that lives. */
export function routeKey ({ name, pool }: Pick<RouteSnapshot, 'name' | 'pool'>): string {
  return `${name} ${pool}`
}

function inCharge ({ processes }: Snapshot): boolean {
  return processes.some(({ role }) => role !== 'worker')
}

/** @param rank above 0 = `b` has the word, 0 = neither, or both. */
function mergePools (a: PoolSnapshot, b: PoolSnapshot, rank: number): PoolSnapshot {
  const { name, strategy, maxConnections, queue: { limit } } = rank > 0 ? b : a
  return {
    name,
    strategy,
    inflight: a.inflight + b.inflight,
    queue: {
      now: a.queue.now + b.queue.now,
      max: Math.max(a.queue.max, b.queue.max, a.queue.now + b.queue.now),
      limit,
      total: a.queue.total + b.queue.total,
      timedOut: a.queue.timedOut + b.queue.timedOut,
      refused: a.queue.refused + b.queue.refused
    },
    maxConnections,
    panicking: a.panicking || b.panicking,
    retries: a.retries + b.retries,
    budgetLeft: a.budgetLeft + b.budgetLeft,
    budgetRefused: a.budgetRefused + b.budgetRefused,
    targets: byKey(a.targets, b.targets, rank, ({ url }) => url, (a, b) => mergeTargets(a, b, rank))
  }
}

function mergeRoutes (a: RouteSnapshot, b: RouteSnapshot, rank: number): RouteSnapshot {
  const { name, host, prefix, methods, pool } = rank > 0 ? b : a
  return {
    name,
    host,
    prefix,
    methods,
    pool,
    inflight: a.inflight + b.inflight,
    requests: byKey(a.requests, b.requests, 0, ({ target, status }) => `${status} ${target}`, (a, b) => ({ ...a, count: a.count + b.count })),
    failures: {
      target: addCounts(a.failures.target, b.failures.target),
      proxy: addCounts(a.failures.proxy, b.failures.proxy),
      client: addCounts(a.failures.client, b.failures.client)
    },
    durations: { buckets: addNumbers(a.durations.buckets, b.durations.buckets), sum: a.durations.sum + b.durations.sum }
  }
}
