import type { Clock } from '../base/clock.js'
import { processUsage } from '../base/process-usage.js'
import { prefixCharacters } from '../proxy/prefix-characters.js'
import type { RouteConfig } from '../proxy/route-config.js'
import type { Pool } from '../upstream/pool.js'
import type { RetryBudget } from '../proxy/retry-budget.js'
import { bySide } from './by-side.js'
import { routeName } from './route-name.js'
import type { PoolSnapshot, ProcessSnapshot, RouteSnapshot, Snapshot } from './snapshot.js'
import type { Statistics } from './statistics.js'
import { targetSnapshot } from './target-snapshot.js'

/** A pool that runs. */
export interface ObservedPool {
  readonly pool: Pool
  readonly retryBudget: RetryBudget
  readonly config: { readonly queueMax: number, readonly maxConnections: number }
}

/** Where a snapshot of one process comes from. */
export interface SnapshotSource extends Pick<Snapshot, 'build' | 'connections' | 'draining' | 'reloads' | 'workerRestarts'> {
  readonly clock: Clock
  readonly statistics: Statistics
  readonly role: ProcessSnapshot['role']
  readonly pools: Iterable<ObservedPool>
  /** Those of the running config. */
  readonly routes: readonly RouteConfig[]
}

/** What this process knows of itself now. */
export function takeSnapshot (source: SnapshotSource): Snapshot {
  const { clock, statistics, build, connections, draining, reloads, workerRestarts, role } = source
  const pools = [...source.pools]
  const byName = new Map(pools.map(({ pool }) => [pool.name, pool]))
  return {
    at: clock.wallTime(),
    build,
    startedAt: statistics.startedAt,
    processes: [processSnapshot(source)],
    connections,
    draining,
    reloads,
    workerRestarts,
    unrouted: statistics.unroutedRequests,
    refused: statistics.refusedRequests,
    pools: pools.map(pool => poolSnapshot(pool, role, clock)),
    routes: source.routes.map(route => routeSnapshot(route, statistics, byName.get(route.pool)))
  }
}

function processSnapshot ({ statistics, role, connections }: SnapshotSource): ProcessSnapshot {
  return { ...processUsage(), role, startedAt: statistics.startedAt, connections, eventLoop: statistics.load.read() }
}

function poolSnapshot ({ pool, retryBudget, config }: ObservedPool, role: ProcessSnapshot['role'], clock: Clock): PoolSnapshot {
  const { counts } = pool
  // A primary process sends no requests: what its own budget and limits would allow is nobody's to use.
  const forwards = role !== 'primary'
  return {
    name: pool.name,
    strategy: pool.strategyName,
    inflight: pool.inflight,
    queue: {
      now: pool.queued,
      max: counts.queueMax,
      limit: config.queueMax,
      total: counts.queued,
      timedOut: counts.queueTimeouts,
      refused: counts.queueRefused
    },
    maxConnections: config.maxConnections,
    panicking: pool.panicking,
    retries: counts.retries,
    budgetLeft: forwards ? retryBudget.left : 0,
    budgetRefused: retryBudget.refused,
    targets: pool.targets.map(target => targetSnapshot(target, clock, forwards))
  }
}

function routeSnapshot (config: RouteConfig, statistics: Statistics, pool: Pool | undefined): RouteSnapshot {
  const route = statistics.route(config)
  const { host, prefix, methods } = config
  return {
    name: routeName(config),
    host,
    prefix: prefixCharacters(prefix),
    methods,
    pool: config.pool,
    inflight: route.inflight,
    requests: route.requests(pool?.targets ?? []),
    failures: bySide(route.failures),
    durations: { buckets: route.buckets, sum: route.durationSum }
  }
}
