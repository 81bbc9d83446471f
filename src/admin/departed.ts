import { mergeSnapshots, routeKey } from './merge-snapshots.js'
import type { PoolSnapshot, RouteSnapshot, Snapshot, TargetSnapshot } from './snapshot.js'

/**
 * What was counted by processes that have died. It stays in the sums: a counter that falls looks to whoever reads metrics like one that began
 * anew. What a process had counted after its last snapshot is lost with it.
 */
export class Departed {
  #counted: Snapshot | null = null

  /** @param last the last snapshot of a process that has died. */
  add (last: Snapshot): void {
    const counted = countersOf(last)
    this.#counted = this.#counted === null ? counted : mergeSnapshots([this.#counted, counted])
  }

  /** What was counted of the others; none = nobody has died. */
  get counted (): readonly Snapshot[] {
    return this.#counted === null ? [] : [this.#counted]
  }

  /** Forgets pools, targets and routes that are gone, as the living processes do: one that comes back begins anew. */
  keep ({ pools, routes }: Present): void {
    if (this.#counted === null) return
    const targets = new Map(pools.map(({ name, targets }) => [name, new Set(targets.map(({ url }) => url))]))
    const kept = new Set(routes.map(routeKey))
    this.#counted = {
      ...this.#counted,
      pools: this.#counted.pools.filter(({ name }) => targets.has(name)).map(pool => ({ ...pool, targets: pool.targets.filter(({ url }) => targets.get(pool.name)?.has(url)) })),
      routes: this.#counted.routes.filter(route => kept.has(routeKey(route)))
        .map(route => ({ ...route, requests: route.requests.filter(({ target }) => target === '' || targets.get(route.pool)?.has(target)) }))
    }
  }
}

/** What there is. */
export interface Present {
  readonly pools: ReadonlyArray<{ readonly name: string, readonly targets: ReadonlyArray<{ readonly url: string }> }>
  readonly routes: ReadonlyArray<Pick<RouteSnapshot, 'name' | 'pool'>>
}

/** Without all that ends with a process: what it had open, waiting or learnt. */
function countersOf (snapshot: Snapshot): Snapshot {
  return { ...snapshot, processes: [], connections: 0, draining: false, workerRestarts: 0, pools: snapshot.pools.map(countersOfPool), routes: snapshot.routes.map(countersOfRoute) }
}

function countersOfPool (pool: PoolSnapshot): PoolSnapshot {
  return { ...pool, inflight: 0, queue: { ...pool.queue, now: 0 }, panicking: false, budgetLeft: 0, targets: pool.targets.map(countersOfTarget) }
}

function countersOfTarget (target: TargetSnapshot): TargetSnapshot {
  return { ...target, state: 'up', vetoedBy: [], adaptiveLimit: null, inflight: 0, connections: { ...target.connections, open: 0, idle: 0 } }
}

function countersOfRoute (route: RouteSnapshot): RouteSnapshot {
  return { ...route, inflight: 0 }
}
