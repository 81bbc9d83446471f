import type { Clock } from '../../src/base/clock.js'
import { systemClock } from '../../src/base/clock.js'
import { AdminError } from '../../src/admin/admin-error.js'
import type { Control, NewTarget, ReloadResult, TargetChange } from '../../src/admin/control.js'
import { EventLog } from '../../src/admin/event-log.js'
import { DURATION_BUCKETS, type PoolSnapshot, type RouteSnapshot, type Snapshot, type TargetSnapshot } from '../../src/admin/snapshot.js'
import { parseAddress } from '../../src/upstream/address.js'

const NO_TIME = { count: 0, sum: 0, max: 0 }

/** A target that has done nothing yet. */
export function target (url: string, more: Partial<TargetSnapshot> = {}): TargetSnapshot {
  return {
    url,
    state: 'up',
    vetoedBy: [],
    weight: 1,
    slowStartShare: 1,
    priority: 0,
    zone: null,
    maxConnections: 0,
    adaptiveLimit: null,
    inflight: 0,
    inflightMax: 0,
    requests: 0,
    retries: 0,
    responses: { 1: 0, 2: 0, 3: 0, 4: 0, 5: 0 },
    failures: {},
    cancelled: 0,
    interruptions: { proxy: {}, client: {} },
    stale: 0,
    bytesIn: 0,
    bytesOut: 0,
    connections: { open: 0, idle: 0, opened: 0, reused: 0 },
    times: { connect: NO_TIME, head: NO_TIME, total: NO_TIME },
    lastCheck: null,
    checks: { passed: 0, failed: 0, times: { passed: NO_TIME, failed: NO_TIME } },
    ejections: 0,
    downtime: 0,
    since: 0,
    ...more
  }
}

export function pool (name: string, targets: readonly TargetSnapshot[], more: Partial<PoolSnapshot> = {}): PoolSnapshot {
  return {
    name,
    strategy: 'round-robin',
    inflight: 0,
    queue: { now: 0, max: 0, limit: 1024, total: 0, timedOut: 0, refused: 0 },
    maxConnections: 0,
    panicking: false,
    retries: 0,
    budgetLeft: 3,
    budgetRefused: 0,
    targets,
    ...more
  }
}

export function route (prefix: string, poolName: string): RouteSnapshot {
  return {
    name: prefix,
    host: null,
    prefix,
    methods: null,
    pool: poolName,
    inflight: 0,
    requests: [],
    failures: { target: {}, proxy: {}, client: {} },
    durations: { buckets: [...DURATION_BUCKETS, 0].map(() => 0), sum: 0 }
  }
}

/** A proxy that does nothing but remember what it was told. */
export class FakeControl implements Control {
  readonly events: EventLog
  readonly calls: unknown[][] = []
  pools: PoolSnapshot[] = [
    pool('api', [target('http://10.0.0.1:3000'), target('http://10.0.0.2:3000'), target('http://b.example'), target('unix:/run/app.sock')]),
    pool('both', [target('http://c.example:8080'), target('https://c.example:8080')])
  ]

  routes: RouteSnapshot[] = [route('/api', 'api'), route('/', 'both')]
  result: ReloadResult = { ok: true, changes: ['removes 1 target of pool api'], faults: [] }
  ready = true
  /** Snapshots taken so far. */
  taken = 0
  /** Thrown instead of a snapshot. */
  broken: Error | null = null
  readonly #clock: Clock

  constructor (clock: Clock = systemClock) {
    this.#clock = clock
    this.events = new EventLog(clock)
  }

  async snapshot (): Promise<Snapshot> {
    this.taken++
    if (this.broken !== null) throw this.broken
    return {
      at: this.#clock.wallTime(),
      build: { version: '1.2.3', node: 'v20.0.0' },
      startedAt: 0,
      processes: [{
        pid: 1, role: 'single', startedAt: 0, cpuSeconds: 1, memoryBytes: 50_000_000, connections: 3, eventLoop: { p50: 0.1, p99: 1.5, max: 4, utilization: 0.2 }
      }],
      connections: 3,
      draining: false,
      reloads: { succeeded: 0, failed: 0, last: null },
      workerRestarts: 0,
      unrouted: 0,
      refused: 0,
      pools: this.pools,
      routes: this.routes
    }
  }

  config (): object {
    return { pools: { api: {} } }
  }

  async reload (): Promise<ReloadResult> {
    this.calls.push(['reload'])
    return this.result
  }

  async changeTarget (name: string, url: string, change: TargetChange): Promise<void> {
    this.calls.push(['changeTarget', name, url, change])
    const { state, weight } = change
    this.#edit(name, targets => targets.map(target => target.url !== url
      ? target
      : { ...target, ...(weight === undefined ? {} : { weight }), ...(state === undefined ? {} : { state: state === 'ready' ? 'up' : state }) }))
    this.events.add(state ?? 'weight', 'by the admin', { pool: name, target: url })
  }

  async addTarget (name: string, { url, weight = 1, maxConnections = 0 }: NewTarget): Promise<void> {
    this.calls.push(['addTarget', name, url])
    const { origin } = parseAddress(url)
    if (this.pools.some(pool => pool.name === name && pool.targets.some(target => target.url === origin))) throw new AdminError(409, `${origin} is in pool "${name}" already`)
    this.#edit(name, targets => [...targets, target(origin, { weight, maxConnections })])
  }

  async removeTarget (name: string, url: string): Promise<void> {
    this.calls.push(['removeTarget', name, url])
    this.#edit(name, targets => targets.filter(target => target.url !== url))
  }

  readiness (): { readonly ready: boolean, readonly reasons: readonly string[] } {
    return { ready: this.ready, reasons: this.ready ? [] : ['pool api has no target that may serve'] }
  }

  #edit (name: string, change: (targets: readonly TargetSnapshot[]) => readonly TargetSnapshot[]): void {
    if (!this.pools.some(pool => pool.name === name)) throw new AdminError(404, `There is no pool "${name}"`)
    this.pools = this.pools.map(pool => pool.name === name ? { ...pool, targets: change(pool.targets) } : pool)
  }
}
