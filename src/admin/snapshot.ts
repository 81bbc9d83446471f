import type { Fault } from '../proxy/failure.js'
import type { Judge, TargetState } from '../upstream/target.js'

export type { TargetState } from '../upstream/target.js'

/**
 * What the proxy knows of itself at one moment, as plain data: it goes from workers to the primary process, where several are made one
 * (`mergeSnapshots`), and from there to the admin API, the metrics and the dashboard. Times are milliseconds, moments are milliseconds since
 * 1970, counters count from the start of their process.
 */
export interface Snapshot {
  readonly at: number
  readonly build: BuildInfo
  readonly startedAt: number
  readonly processes: readonly ProcessSnapshot[]
  readonly connections: number
  readonly draining: boolean
  readonly reloads: ReloadSnapshot
  /** Worker processes that died and were replaced. */
  readonly workerRestarts: number
  /** Requests that had no route. */
  readonly unrouted: number
  /** Requests that were refused without looking for one. */
  readonly refused: number
  readonly pools: readonly PoolSnapshot[]
  readonly routes: readonly RouteSnapshot[]
}

export interface BuildInfo {
  readonly version: string
  readonly node: string
}

/** One process of the proxy: the only one, or a worker, or the primary. */
export interface ProcessSnapshot {
  readonly pid: number
  readonly role: 'single' | 'primary' | 'worker'
  readonly startedAt: number
  readonly cpuSeconds: number
  readonly memoryBytes: number
  /** Client connections. */
  readonly connections: number
  /** How late its event loop was since the last snapshot but one at the earliest, and the share of the time in which it worked. */
  readonly eventLoop: { readonly p50: number, readonly p99: number, readonly max: number, readonly utilization: number }
}

export interface ReloadSnapshot {
  readonly succeeded: number
  readonly failed: number
  /** null = there was none. */
  readonly last: { readonly at: number, readonly ok: boolean, readonly message: string } | null
}

export interface PoolSnapshot {
  readonly name: string
  readonly strategy: string
  readonly inflight: number
  readonly queue: { readonly now: number, readonly max: number, readonly limit: number, readonly total: number, readonly timedOut: number, readonly refused: number }
  readonly maxConnections: number
  readonly panicking: boolean
  readonly retries: number
  /** Retries that the budget would allow now. */
  readonly budgetLeft: number
  /** Retries that the budget did not allow. */
  readonly budgetRefused: number
  readonly targets: readonly TargetSnapshot[]
}

export interface TargetSnapshot {
  readonly url: string
  readonly state: TargetState
  readonly vetoedBy: readonly Judge[]
  readonly weight: number
  /** The part of it that slow start gives it now, 0 to 1. */
  readonly slowStartShare: number
  readonly priority: number
  readonly zone: string | null
  readonly maxConnections: number
  /** What the adaptive limit allows now; null = there is none. */
  readonly adaptiveLimit: number | null
  readonly inflight: number
  readonly inflightMax: number
  /** Leases. */
  readonly requests: number
  /** Attempts that were a second or later one of their request. */
  readonly retries: number
  /** Responses by the first digit of their status; `1` are upgrades. */
  readonly responses: Readonly<Record<'1' | '2' | '3' | '4' | '5', number>>
  /** Attempts that failed on the target's side, by code. */
  readonly failures: Readonly<Record<string, number>>
  /** Attempts that ended without a word about the target: the client left or a limit of the proxy's ran out. */
  readonly cancelled: number
  /** Their causes, by side and code. */
  readonly interruptions: Pick<FailureSnapshot, 'proxy' | 'client'>
  /** Attempts that met a kept connection which the target had closed. */
  readonly stale: number
  readonly bytesIn: number
  readonly bytesOut: number
  readonly connections: { readonly open: number, readonly idle: number, readonly opened: number, readonly reused: number }
  readonly times: { readonly connect: TimeSnapshot, readonly head: TimeSnapshot, readonly total: TimeSnapshot }
  /** The health check's last result; null = there is no check, or no result yet. */
  readonly lastCheck: { readonly at: number, readonly passed: boolean, readonly reason: string, readonly tookMs: number } | null
  readonly checks: { readonly passed: number, readonly failed: number, readonly times: { readonly passed: TimeSnapshot, readonly failed: TimeSnapshot } }
  readonly ejections: number
  /** How long it has been out of service in all, by whatever judge but `full`, and since when it is in its present state; to be full begins no new one. */
  readonly downtime: number
  readonly since: number
}

/** How often what went wrong, by side and code. */
export type FailureSnapshot = Readonly<Record<Fault, Readonly<Record<string, number>>>>

/** Of the samples of the process's life: `sum / count` is the average. */
export interface TimeSnapshot {
  readonly count: number
  readonly sum: number
  readonly max: number
}

export interface RouteSnapshot {
  /** Unique: what the route matches, for people: `GET shop.example/api`. */
  readonly name: string
  readonly host: string | null
  readonly prefix: string
  readonly methods: readonly string[] | null
  readonly pool: string
  readonly inflight: number
  /** By target (empty = none was reached) and status class. */
  readonly requests: ReadonlyArray<{ readonly target: string, readonly status: '1xx' | '2xx' | '3xx' | '4xx' | '5xx', readonly count: number }>
  /** Requests that did not end with a whole response; what a retry has mended is not among them. */
  readonly failures: FailureSnapshot
  /** Requests in each bucket of `DURATION_BUCKETS`, the last one without bound; and their sum. */
  readonly durations: { readonly buckets: readonly number[], readonly sum: number }
}

/** Upper bounds in milliseconds. */
export const DURATION_BUCKETS = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000] as const

/** A change worth telling: `14:03:07 api/http://10.0.0.2:3000 ejected: 5 failures in a row`. */
export interface ProxyEvent {
  /** Grows by one; the place to go on from. */
  readonly id: number
  readonly at: number
  readonly kind: 'up' | 'down' | 'ejected' | 'returned' | 'drain' | 'drained' | 'ready' | 'maint' | 'weight' | 'added' | 'removed' | 'panic' | 'panic-over' | 'reload' | 'reload-failed' | 'worker-died' | 'worker-started' | 'start' | 'stop'
  readonly pool: string | null
  readonly target: string | null
  readonly message: string
}
