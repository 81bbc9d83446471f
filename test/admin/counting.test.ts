import { PassThrough } from 'node:stream'
import fc from 'fast-check'
import t from 'tap'
import { DURATION_BUCKETS } from '../../src/admin/snapshot.js'
import { failureCodes, ProxyError } from '../../src/base/errors.js'
import { Pool } from '../../src/upstream/pool.js'
import type { Lease } from '../../src/upstream/lease.js'
import type { Outcome } from '../../src/upstream/outcome.js'
import { RoundRobin } from '../../src/balancing/round-robin.js'
import { contextOf } from '../balancing/fake-candidate.js'
import { failure } from '../proxy/exchange-world.js'
import { retryRules } from '../proxy/route-world.js'
import { counted, countedFull } from './counted-world.js'

const on503 = { ...retryRules, attempts: 3, on: { ...retryRules.on, statuses: [503] } }

t.test('a response', async t => {
  const made = counted()
  const { world } = made
  t.match(made.route, { name: '/', pool: 'api', inflight: 1, requests: [] })
  t.match(made.target(0), { inflight: 1, inflightMax: 1, requests: 1 })
  world.advance(7)
  world.last.respond(204)
  world.advance(5)
  world.last.data('hello')
  world.last.end()
  t.match(made.target(0), {
    inflight: 0,
    inflightMax: 1,
    requests: 1,
    retries: 0,
    responses: { 1: 0, 2: 1, 3: 0, 4: 0, 5: 0 },
    failures: {},
    cancelled: 0,
    bytesOut: 5,
    times: { head: { count: 1, sum: 7, max: 7 }, total: { count: 1, sum: 12, max: 12 } }
  })
  t.match(made.target(1), { requests: 0, responses: { 2: 0 } })
  t.same(made.requests, { '0 2xx': 1 })
  t.match(made.route, { inflight: 0, durations: { sum: 12 } })
  t.equal(made.route.durations.buckets.length, DURATION_BUCKETS.length + 1)
  t.equal(made.route.durations.buckets.indexOf(1), DURATION_BUCKETS.indexOf(25), '12 ms is in the bucket up to 25')
  world.check(t)
})

t.test('a request that takes as long as a bucket allows is in that bucket, and one beyond all in the last', async t => {
  for (const [took, bucket] of [[0, 0], [1, 0], [2, 1], [60_000, 14], [60_001, 15]] as const) {
    const made = counted()
    made.world.last.respond(200)
    made.world.advance(took)
    made.world.last.end()
    t.equal(made.route.durations.buckets.indexOf(1), bucket, `${took} ms`)
  }
})

t.test('a failure, a retry, a response', async t => {
  const made = counted()
  const { world } = made
  world.last.fail(failure('connection_refused'), 'nothing')
  world.advance(100)
  world.last.respond(200)
  world.last.end()
  t.match(made.target(0), { requests: 1, retries: 0, failures: { connection_refused: 1 }, responses: { 2: 0 }, times: { head: { count: 0 }, total: { count: 0 } } })
  t.match(made.target(1), { requests: 1, retries: 1, failures: {}, responses: { 2: 1 } })
  t.same(made.requests, { '1 2xx': 1 }, 'the client got one answer, from the second')
  t.match(made.pool, { retries: 1, budgetLeft: 29, budgetRefused: 0 })
  world.check(t)
})

t.test('a retry that the budget does not allow', async t => {
  const made = counted({ budget: { share: 0, minimumPerSecond: 0 } })
  made.world.last.fail(failure('connection_refused'), 'nothing')
  t.match(made.pool, { retries: 0, budgetLeft: 0, budgetRefused: 1 })
  t.same(made.requests, { '0 5xx': 1 })
  made.world.check(t)
})

t.test('the client leaves', async t => {
  const made = counted()
  made.world.exchange.clientClosed()
  t.match(made.target(0), { requests: 1, cancelled: 1, failures: {}, responses: { 2: 0, 4: 0 }, times: { head: { count: 0 }, total: { count: 0 } } })
  t.same(made.requests, { '0 4xx': 1 }, 'counted as 499')
  t.equal(made.route.inflight, 0)
  made.world.check(t)
})

t.test('a kept connection that the target has closed: neither cancelled nor failed, and sent again', async t => {
  const made = counted({ targets: 1 })
  made.world.last.reused = true
  made.world.last.fail(failure('connection_terminated'), 'all')
  t.match(made.target(0), { requests: 2, cancelled: 0, stale: 1, failures: {} })
  made.world.last.respond(200)
  made.world.last.end()
  t.match(made.target(0), { requests: 2, cancelled: 0, stale: 1, failures: {}, interruptions: { proxy: {}, client: {} }, responses: { 2: 1 } })
  t.strictSame(made.route.failures, { target: {}, proxy: {}, client: {} }, 'the client has noticed nothing')
  made.world.check(t)
})

t.test('on whose side it is that a request does not end well', async t => {
  const ends: ReadonlyArray<readonly [string, 'target' | 'proxy' | 'client', (world: ReturnType<typeof counted>['world']) => void]> = [
    ['client_closed', 'client', world => { world.exchange.clientClosed() }],
    ['client_stalled', 'client', world => { world.exchange.clientStalled() }],
    ['upload_too_slow', 'client', world => { world.last.fail(failure('upload_too_slow'), 'partly') }],
    ['request_timeout', 'proxy', world => { world.exchange.expired() }],
    ['http_protocol_error', 'target', world => { world.last.fail(failure('http_protocol_error'), 'all') }]
  ]
  for (const [code, side, end] of ends) {
    const made = counted({ targets: 1 })
    end(made.world)
    const none = { target: {}, proxy: {}, client: {} }
    t.strictSame(made.route.failures, { ...none, [side]: { [code]: 1 } }, code)
    const { failures: target, interruptions, cancelled } = made.target(0)
    t.strictSame({ target, ...interruptions }, { ...none, [side]: { [code]: 1 } }, code)
    t.equal(cancelled, side === 'target' ? 0 : 1)
  }
  t.strictSame(counted({ targets: 0 }).route.failures, { target: {}, proxy: { destination_unavailable: 1 }, client: {} })
})

t.test('a response that breaks off', async t => {
  const made = counted()
  made.world.last.respond(200)
  made.world.last.data('hel')
  made.world.last.fail(failure('http_response_incomplete'), 'all')
  t.match(made.target(0), { failures: { http_response_incomplete: 1 }, responses: { 2: 0 }, bytesOut: 3, times: { head: { count: 1 }, total: { count: 0 } } })
  t.same(made.requests, { '0 2xx': 1 }, 'by the status that the client has seen')
  made.world.check(t)
})

t.test('an answer that is held, and a better one', async t => {
  const made = counted({ retry: on503 })
  const { world } = made
  world.last.respond(503)
  world.last.data('sorry')
  world.last.end()
  world.last.respond(200)
  world.last.data('ok')
  world.last.end()
  t.match(made.target(0), { responses: { 5: 1 }, bytesOut: 5 })
  t.match(made.target(1), { responses: { 2: 1 }, retries: 1, bytesOut: 2 })
  t.same(made.requests, { '1 2xx': 1 })
  world.check(t)
})

t.test('an answer that was held is the client\'s in the end', async t => {
  const made = counted({ retry: on503, targets: 2 })
  const { world } = made
  for (let i = 0; i < 2; i++) {
    world.last.respond(503)
    world.last.end()
  }
  t.same([0, 1].map(index => made.target(index).responses[5]), [1, 1])
  t.same(made.requests, { '0 5xx': 1 }, 'of the first, which is the one it got')
  world.check(t)
})

t.test('a tunnel is counted when it ends: as answered when it began, with the bytes of both ways', async t => {
  const made = counted({ head: { upgrade: 'websocket' } })
  const { world } = made
  world.advance(3)
  const connection = new PassThrough()
  t.teardown(() => { connection.destroy() })
  world.last.sink.upgraded([], connection, Buffer.alloc(0))
  t.match(made.route, { inflight: 1, requests: [] }, 'it stands')
  world.advance(3_600_000)
  world.exchange.bytes = 20
  world.client.closeTunnel(11)
  t.match(made.target(0), {
    inflight: 0, responses: { 1: 1, 2: 0 }, bytesIn: 11, bytesOut: 20, times: { head: { count: 1, sum: 3 }, total: { count: 0 } }
  })
  t.same(made.requests, { '0 1xx': 1 })
  t.equal(made.route.durations.sum, 3)
})

t.test('no target at all', async t => {
  const made = counted({ targets: 0 })
  t.same(made.requests, { 'none 5xx': 1 })
  made.world.check(t)
})

t.test('a wait in the queue, in vain', async t => {
  const made = countedFull()
  t.match(made.pool, { queue: { now: 1, max: 1, total: 1, timedOut: 0, refused: 0, limit: 10 } })
  t.match(made.target(0), { state: 'full', vetoedBy: ['full'], maxConnections: 1, requests: 1 })
  made.world.advance(6000)
  t.match(made.pool, { queue: { now: 0, max: 1, total: 1, timedOut: 1, refused: 0 } })
  t.same(made.requests, { 'none 5xx': 1 })
  await made.world.releaseAll()
})

t.test('a wait in the queue that ends well', async t => {
  const made = countedFull()
  await made.world.release()
  made.world.last.respond(200)
  made.world.last.end()
  t.match(made.pool, { queue: { now: 0, max: 1, total: 1, timedOut: 0 } })
  t.same(made.requests, { '0 2xx': 1 })
})

t.test('a queue that is full turns requests away; a more urgent one takes a place', async t => {
  const pool = new Pool({ name: 'api', strategy: () => new RoundRobin(), whenAllDown: 'fail', queueMax: 1 })
  pool.reconcile([{ url: 'http://10.0.0.1', maxConnections: 1 }])
  const context = contextOf({}, () => 0)
  const lease = pool.lease(context)
  const waiter = (urgent: boolean) => ({ context, tried: undefined, urgent, granted (lease: Lease) { lease.settle({ kind: 'cancelled' }) }, displaced () {} })
  t.equal(pool.enter(waiter(false)), true)
  t.equal(pool.enter(waiter(false)), false)
  t.match(pool.counts, { queued: 1, queueMax: 1, queueRefused: 1 })
  t.equal(pool.enter(waiter(true)), true)
  t.match(pool.counts, { queued: 2, queueMax: 1, queueRefused: 2 })
  lease?.settle({ kind: 'cancelled' })
})

const outcome: fc.Arbitrary<Outcome> = fc.oneof(
  fc.record({ kind: fc.constant('response' as const), status: fc.oneof(fc.integer({ min: 200, max: 999 }), fc.constant(101)) }),
  fc.constantFrom(...failureCodes).map(code => ({ kind: 'failure' as const, error: new ProxyError(code, '') })),
  fc.constant({ kind: 'cancelled' as const }),
  fc.constantFrom('stale' as const, 'client_closed' as const).map(cause => ({ kind: 'cancelled' as const, cause }))
)

t.test('whatever becomes of leases: over the targets, responses, failures and what was cancelled are as many as have ended', async t => {
  t.doesNotThrow(() => fc.assert(fc.property(fc.integer({ min: 1, max: 5 }), fc.array(fc.record({ outcome, which: fc.nat(), head: fc.boolean(), again: fc.boolean() })), (targets, ends) => {
    const pool = new Pool({ name: 'api', strategy: () => new RoundRobin(), whenAllDown: 'fail' })
    pool.reconcile(Array.from({ length: targets }, (_, i) => ({ url: `http://10.0.0.${i + 1}` })))
    const open: Lease[] = []
    let ended = 0
    pool.observe(() => { ended++ })
    for (const { outcome, which, head, again } of ends) {
      for (let i = 0; i < 2; i++) {
        const lease = pool.lease(contextOf({}, () => 0))
        if (lease !== null) open.push(lease)
      }
      const [lease] = open.splice(which % open.length, 1)
      if (head) lease?.responded(200)
      lease?.settle(outcome)
      if (again) lease?.settle({ kind: 'cancelled' })
    }
    const counts = pool.targets.map(({ counts }) => counts)
    const sum = (numbers: Iterable<number>): number => [...numbers].reduce((a, b) => a + b, 0)
    const counted = sum(counts.map(({ responses, failures, cancelled, stale }) => sum(responses) + sum(failures.values()) + cancelled + stale))
    return counted === ended && sum(counts.map(({ requests }) => requests)) === ended + open.length &&
      sum(counts.map(({ totalTimes }) => totalTimes.count)) <= ended
  })))
})
