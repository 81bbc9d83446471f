import fc from 'fast-check'
import { DURATION_BUCKETS, type PoolSnapshot, type ProcessSnapshot, type RouteSnapshot, type Snapshot, type TargetSnapshot, type TargetState } from '../../src/admin/snapshot.js'
import { failureCodes } from '../../src/base/errors.js'
import { failures, type Fault } from '../../src/proxy/failure.js'
import type { Judge } from '../../src/upstream/target.js'

// Whole numbers: their sums are exact, in whatever order.
const count = fc.nat(1_000_000)
const times = fc.record({ count, sum: count, max: count })

/** By code, on one side. */
function failuresOf (side: Fault): fc.Arbitrary<Record<string, number>> {
  return fc.dictionary(fc.constantFrom(...failureCodes.filter(code => failures[code].fault === side)), count, { maxKeys: 3, noNullPrototype: true })
}

/** States that go with these vetoes. */
function states (vetoedBy: readonly Judge[]): fc.Arbitrary<TargetState> {
  if (vetoedBy.includes('admin')) return fc.constantFrom('drain', 'maint')
  if (vetoedBy.includes('active')) return fc.constantFrom('down', 'checking')
  return fc.constant(vetoedBy.includes('passive') ? 'ejected' : vetoedBy.includes('full') ? 'full' : 'up')
}

const verdict = fc.subarray<Judge>(['active', 'passive', 'admin', 'full']).chain(vetoedBy => fc.record({ vetoedBy: fc.constant(vetoedBy), state: states(vetoedBy) }))

const target: fc.Arbitrary<TargetSnapshot> = fc.tuple(verdict, fc.record({
  url: fc.constantFrom('http://10.0.0.1:3000', 'http://10.0.0.2:3000', 'http://10.0.0.3:3000'),
  weight: count,
  slowStartShare: fc.constantFrom(0.1, 1),
  priority: fc.nat(3),
  zone: fc.constantFrom(null, 'a', 'b'),
  maxConnections: count,
  adaptiveLimit: fc.option(count),
  inflight: count,
  inflightMax: count,
  requests: count,
  retries: count,
  responses: fc.record({ 1: count, 2: count, 3: count, 4: count, 5: count }),
  failures: failuresOf('target'),
  cancelled: count,
  interruptions: fc.record({ proxy: failuresOf('proxy'), client: failuresOf('client') }),
  stale: count,
  bytesIn: count,
  bytesOut: count,
  connections: fc.record({ open: count, idle: count, opened: count, reused: count }),
  times: fc.record({ connect: times, head: times, total: times }),
  lastCheck: fc.option(fc.record({ at: fc.nat(5), passed: fc.boolean(), reason: fc.constantFrom('check passed', 'status 500'), tookMs: count })),
  checks: fc.record({ passed: count, failed: count, times: fc.record({ passed: times, failed: times }) }),
  ejections: count,
  downtime: count,
  since: count
})).map(([verdict, rest]) => ({ ...verdict, ...rest }))

const pool: fc.Arbitrary<PoolSnapshot> = fc.record({
  name: fc.constantFrom('api', 'web'),
  strategy: fc.constantFrom('round-robin', 'random'),
  inflight: count,
  queue: fc.record({ now: count, max: count, limit: count, total: count, timedOut: count, refused: count }),
  maxConnections: count,
  panicking: fc.boolean(),
  retries: count,
  budgetLeft: count,
  budgetRefused: count,
  targets: fc.uniqueArray(target, { selector: ({ url }) => url, maxLength: 3 })
})

const requests: fc.Arbitrary<RouteSnapshot['requests']> = fc.uniqueArray(fc.record({
  target: fc.constantFrom('', 'http://10.0.0.1:3000', 'http://10.0.0.2:3000'),
  status: fc.constantFrom('1xx', '2xx', '3xx', '4xx', '5xx'),
  count
}), { selector: ({ target, status }) => target + status, maxLength: 6 })

const route: fc.Arbitrary<RouteSnapshot> = fc.record({
  name: fc.constantFrom('/', 'GET shop.example/api', '/quote"back\\slash'),
  host: fc.constantFrom(null, 'shop.example'),
  prefix: fc.constantFrom('/', '/api'),
  methods: fc.constantFrom(null, ['GET']),
  pool: fc.constantFrom('api', 'web'),
  inflight: count,
  requests,
  failures: fc.record({ target: failuresOf('target'), proxy: failuresOf('proxy'), client: failuresOf('client') }),
  durations: fc.record({ buckets: fc.array(count, { minLength: DURATION_BUCKETS.length + 1, maxLength: DURATION_BUCKETS.length + 1 }), sum: count })
})

function processOf (role: ProcessSnapshot['role']): fc.Arbitrary<ProcessSnapshot> {
  const milliseconds = fc.double({ min: 0, max: 1000, noNaN: true })
  return fc.record({
    pid: fc.integer({ min: 1, max: 4_000_000 }),
    role: fc.constant(role),
    startedAt: count,
    cpuSeconds: milliseconds,
    memoryBytes: count,
    connections: count,
    eventLoop: fc.record({ p50: milliseconds, p99: milliseconds, max: milliseconds, utilization: fc.double({ min: 0, max: 1, noNaN: true }) })
  })
}

/** What one process of this role may know of itself. */
export function snapshotOf (role: ProcessSnapshot['role']): fc.Arbitrary<Snapshot> {
  return fc.record({
    at: count,
    build: fc.record({ version: fc.constantFrom('1.0.0', '1.0.1'), node: fc.constant('v20.19.0') }),
    startedAt: count,
    processes: processOf(role).map(process => [process]),
    connections: count,
    draining: fc.boolean(),
    reloads: fc.record({ succeeded: count, failed: count, last: fc.option(fc.record({ at: count, ok: fc.boolean(), message: fc.string() })) }),
    workerRestarts: count,
    unrouted: count,
    refused: count,
    pools: fc.uniqueArray(pool, { selector: ({ name }) => name, maxLength: 2 }),
    routes: fc.uniqueArray(route, { selector: ({ name }) => name, maxLength: 3 })
  })
}
