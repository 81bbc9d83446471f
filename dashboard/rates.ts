import { DURATION_BUCKETS, type PoolSnapshot, type RouteSnapshot, type Snapshot, type TargetSnapshot } from '../src/admin/snapshot.js'

/** Snapshots' counters that are kept: a minute of them. */
const KEPT = 61

/** Milliseconds over which rates are taken. */
const WINDOW = 5000

/** Counters of one thing at one moment. */
interface Counters {
  readonly at: number
  /** Of targets these are attempts; of routes, of pools and of all together they are what clients asked and how they were answered. */
  readonly requests: number
  readonly errors: number
  readonly retries: number
  readonly heads: number
  readonly headTime: number
  /** Of routes: requests by duration. */
  readonly buckets: readonly number[]
}

/** What the differences of counters come to. */
export interface Rates {
  /** Requests per second, lately. */
  readonly requests: number
  /** Of these, the part that went wrong; null = there were none. */
  readonly errors: number | null
  readonly retries: number
  /** Average time to the response head lately, in ms; null = there were none. */
  readonly latency: number | null
  /** The same second by second, for a minute, oldest first; null where there is none. */
  readonly latencies: ReadonlyArray<number | null>
  readonly requestsBySecond: readonly number[]
  readonly errorsBySecond: ReadonlyArray<number | null>
  /** Durations that half and 95 % of the requests stayed under, in ms. */
  readonly p50: number | null
  readonly p95: number | null
}

/** Turns counters that only grow into what happens now. */
export class History {
  readonly #counters = new Map<string, Counters[]>()
  #startedAt = 0

  /** Notes a snapshot. Those of another process begin anew. */
  add (snapshot: Snapshot): void {
    if (snapshot.startedAt !== this.#startedAt) this.#counters.clear()
    this.#startedAt = snapshot.startedAt
    const seen = new Set<string>()
    const note = (key: string, counters: Counters): void => {
      seen.add(key)
      const list = this.#counters.get(key) ?? []
      this.#counters.set(key, list)
      // A target that left and came back counts from zero, as does a worker that was replaced.
      if (counters.requests < (list.at(-1)?.requests ?? 0)) list.length = 0
      list.push(counters)
      if (list.length > KEPT) list.shift()
    }
    for (const pool of snapshot.pools) {
      for (const target of pool.targets) note(targetKey(pool, target), ofTarget(target, snapshot.at))
      note(`pool ${pool.name}`, ofPools([pool], snapshot))
    }
    note('all', ofPools(snapshot.pools, snapshot))
    for (const route of snapshot.routes) note(`route ${route.name}`, ofRoute(route, snapshot.at))
    for (const key of this.#counters.keys()) if (!seen.has(key)) this.#counters.delete(key)
  }

  all (): Rates { return this.#rates('all') }
  pool (pool: PoolSnapshot): Rates { return this.#rates(`pool ${pool.name}`) }
  target (pool: PoolSnapshot, target: TargetSnapshot): Rates { return this.#rates(targetKey(pool, target)) }
  route (route: RouteSnapshot): Rates { return this.#rates(`route ${route.name}`) }

  #rates (key: string): Rates {
    const list = this.#counters.get(key) ?? []
    const now = list.at(-1) ?? ofNothing
    const before = list.find(({ at }) => at >= now.at - WINDOW - 500) ?? now
    const steps = list.slice(1).map((counters, index) => ({ from: list[index] ?? counters, to: counters }))
    const seconds = Math.max(0.001, (now.at - before.at) / 1000)
    const durations = now.buckets.map((value, index) => value - (before.buckets[index] ?? 0))
    return {
      requests: (now.requests - before.requests) / seconds,
      errors: quotient(now.errors - before.errors, now.requests - before.requests),
      retries: (now.retries - before.retries) / seconds,
      latency: quotient(now.headTime - before.headTime, now.heads - before.heads),
      latencies: steps.map(({ from, to }) => quotient(to.headTime - from.headTime, to.heads - from.heads)),
      requestsBySecond: steps.map(({ from, to }) => 1000 * (to.requests - from.requests) / Math.max(1, to.at - from.at)),
      errorsBySecond: steps.map(({ from, to }) => quotient(to.errors - from.errors, to.requests - from.requests)),
      p50: quantile(durations, 0.5),
      p95: quantile(durations, 0.95)
    }
  }
}

const ofNothing: Counters = { at: 0, requests: 0, errors: 0, retries: 0, heads: 0, headTime: 0, buckets: [] }

function ofTarget (target: TargetSnapshot, at: number): Counters {
  const failures = Object.values(target.failures).reduce((sum, value) => sum + value, 0)
  const { requests, retries, responses, times: { head } } = target
  return { at, requests, errors: failures + responses[5], retries, heads: head.count, headTime: head.sum, buckets: [] }
}

/**
 * Requests and errors as clients see them, from the answers of the routes: those that reached no target count, and attempts that a retry made
 * good don't. Retries and times are those of the targets.
 */
function ofPools (pools: readonly PoolSnapshot[], { at, routes }: Snapshot): Counters {
  const names = new Set(pools.map(({ name }) => name))
  const { retries, heads, headTime } = total(pools.flatMap(({ targets }) => targets.map(target => ofTarget(target, at))), at)
  const { requests, errors } = total(routes.filter(({ pool }) => names.has(pool)).map(route => ofRoute(route, at)), at)
  return { at, requests, errors, retries, heads, headTime, buckets: [] }
}

function ofRoute ({ requests, durations }: RouteSnapshot, at: number): Counters {
  const sum = (status?: string): number => requests.reduce((sum, entry) => status === undefined || entry.status === status ? sum + entry.count : sum, 0)
  return { ...ofNothing, at, requests: sum(), errors: sum('5xx'), buckets: durations.buckets }
}

function total (all: readonly Counters[], at: number): Counters {
  return all.reduce((sum, counters) => ({
    at,
    requests: sum.requests + counters.requests,
    errors: sum.errors + counters.errors,
    retries: sum.retries + counters.retries,
    heads: sum.heads + counters.heads,
    headTime: sum.headTime + counters.headTime,
    buckets: []
  }), { ...ofNothing, at })
}

/** Within a bucket all durations are taken to be spread evenly; null = there are none. */
function quantile (buckets: readonly number[], q: number): number | null {
  let left = q * buckets.reduce((sum, value) => sum + value, 0)
  if (left === 0) return null
  for (const [index, value] of buckets.entries()) {
    const low = DURATION_BUCKETS[index - 1] ?? 0
    if (value >= left) return low + ((DURATION_BUCKETS[index] ?? low) - low) * left / value
    left -= value
  }
  return null
}

function quotient (part: number, whole: number): number | null {
  return whole > 0 ? Math.max(0, part) / whole : null
}

function targetKey (pool: PoolSnapshot, target: TargetSnapshot): string {
  return `target ${pool.name} ${target.url}`
}
