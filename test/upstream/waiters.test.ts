import t from 'tap'
import { RoundRobin } from '../../src/balancing/round-robin.js'
import { VirtualClock } from '../../src/base/virtual-clock.js'
import type { Lease } from '../../src/upstream/lease.js'
import { cancelled } from '../../src/upstream/outcome.js'
import { Pool } from '../../src/upstream/pool.js'
import { PoolCounts } from '../../src/upstream/pool-counts.js'
import type { Target } from '../../src/upstream/target.js'
import { Waiters, type Waiter } from '../../src/upstream/waiters.js'
import { context } from '../balancing/fake-candidate.js'

const request = context()
const url = (i: number): string => `http://127.0.0.1:${3001 + i}`

/** Waits in the queue and keeps what it gets. */
class Waiting implements Waiter {
  readonly context = request
  readonly tried: ReadonlySet<Target> | undefined
  readonly urgent: boolean
  readonly leases: Lease[] = []
  displacements = 0
  constructor ({ urgent = false, tried }: { urgent?: boolean, tried?: ReadonlySet<Target> } = {}) {
    this.urgent = urgent
    this.tried = tried
  }

  granted (lease: Lease): void { this.leases.push(lease) }
  displaced (): void { this.displacements++ }
}

/** Lets what the pool has put off happen. */
const later = (): Promise<void> => new Promise(resolve => { queueMicrotask(resolve) })

function small (options: { maxConnections?: number, perTarget?: number, queueMax?: number }): Pool {
  const { maxConnections = 0, perTarget = 0, queueMax = 10 } = options
  const pool = new Pool({ name: 'api', strategy: () => new RoundRobin(), whenAllDown: 'fail', maxConnections, queueMax })
  pool.reconcile([{ url: url(0), maxConnections: perTarget }])
  return pool
}

for (const [name, limit] of [['the target', { perTarget: 1 }], ['the pool', { maxConnections: 1 }]] as const) {
  t.test(`when ${name} is full, requests are served in turn as leases end`, async t => {
    const pool = small(limit)
    const first = pool.lease(request)
    t.equal(pool.lease(request), null)
    t.ok(pool.full)
    const [a, b] = [new Waiting(), new Waiting()]
    t.ok(pool.enter(a))
    t.ok(pool.enter(b))
    t.equal(pool.queued, 2)
    first?.settle(cancelled)
    await later()
    t.equal(a.leases.length, 1)
    t.equal(b.leases.length, 0)
    t.equal(pool.lease(request), null, 'nobody jumps the queue')
    a.leases[0]?.settle(cancelled)
    await later()
    t.equal(b.leases.length, 1)
    b.leases[0]?.settle(cancelled)
    t.equal(pool.queued, 0)
    t.equal(pool.inflight, 0)
    t.ok(pool.lease(request))
  })
}

t.test('who leaves is not served', async t => {
  const pool = small({ perTarget: 1 })
  const lease = pool.lease(request)
  const [a, b] = [new Waiting(), new Waiting()]
  pool.enter(a)
  pool.enter(b)
  pool.leave(a)
  lease?.settle(cancelled)
  await later()
  t.equal(a.leases.length, 0)
  t.equal(b.leases.length, 1)
})

t.test('it is bounded, and no place to wait for the dead', async t => {
  const pool = small({ perTarget: 1, queueMax: 1 })
  pool.lease(request)
  t.ok(pool.enter(new Waiting()))
  t.notOk(pool.enter(new Waiting()))
  const down = small({})
  down.targets[0]?.judge('active', false)
  t.notOk(down.enter(new Waiting()))
})

t.test('a target that joins or comes back serves who waits', async t => {
  const pool = small({ perTarget: 1 })
  pool.lease(request)
  const waiter = new Waiting()
  pool.enter(waiter)
  pool.reconcile([{ url: url(0), maxConnections: 1 }, { url: url(1) }])
  await later()
  t.equal(waiter.leases[0]?.target.url, url(1))
})

t.test('one that has been to the only free target does not keep those behind it from it', async t => {
  const pool = small({ perTarget: 1 })
  const [target] = pool.targets
  const lease = pool.lease(request)
  const stuck = new Waiting({ tried: new Set(target === undefined ? [] : [target]) })
  const behind = new Waiting()
  t.ok(pool.enter(stuck))
  t.ok(pool.enter(behind))
  lease?.settle(cancelled)
  await later()
  t.equal(stuck.leases.length, 0)
  t.equal(behind.leases.length, 1)
  t.equal(pool.queued, 1)
  behind.leases[0]?.settle(cancelled)
  pool.leave(stuck)
})

t.test('the urgent are served first', async t => {
  const pool = small({ perTarget: 1 })
  let lease = pool.lease(request) ?? undefined
  const [a, b] = [new Waiting(), new Waiting()]
  const [first, second] = [new Waiting({ urgent: true }), new Waiting({ urgent: true })]
  for (const waiter of [a, first, b, second]) t.ok(pool.enter(waiter))
  for (const waiter of [first, second, a, b]) {
    lease?.settle(cancelled)
    await later()
    t.equal(waiter.leases.length, 1)
    lease = waiter.leases[0]
  }
  lease?.settle(cancelled)
  t.match(pool, { queued: 0, inflight: 0 })
})

t.test('when it is full, an urgent one displaces the youngest other, who hears of it', async t => {
  const pool = small({ perTarget: 1, queueMax: 2 })
  const lease = pool.lease(request)
  const [a, b] = [new Waiting(), new Waiting()]
  const [first, second, third] = [1, 2, 3].map(() => new Waiting({ urgent: true }))
  if (first === undefined || second === undefined || third === undefined) throw new Error('there are three')
  pool.enter(a)
  pool.enter(b)
  t.ok(pool.enter(first))
  t.strictSame([a.displacements, b.displacements], [0, 1])
  t.ok(pool.enter(second))
  t.strictSame([a.displacements, b.displacements], [1, 1])
  t.notOk(pool.enter(third), 'there is no other left')
  t.equal(pool.queued, 2)
  lease?.settle(cancelled)
  await later()
  t.strictSame([a, b, first, second].map(({ leases }) => leases.length), [0, 0, 1, 0])
  t.strictSame([first, second].map(({ displacements }) => displacements), [0, 0])
})

t.test('room under an adaptive limit serves who waits as soon as a response head has come', async t => {
  const pool = new Pool({
    name: 'api', strategy: () => new RoundRobin(), whenAllDown: 'fail', clock: new VirtualClock(), queueMax: 10, adaptiveLimit: { min: 1, max: 1, initial: 1, tolerance: 1.5 }
  })
  pool.reconcile([{ url: url(0) }])
  const lease = pool.lease(request)
  const waiter = new Waiting()
  t.ok(pool.enter(waiter))
  lease?.responded(200)
  await later()
  t.equal(waiter.leases.length, 1)
  t.equal(pool.inflight, 2)
})

t.test('what happens to those who wait is counted', async t => {
  const counts = new PoolCounts()
  const waiters = new Waiters(2, counts, () => null)
  const [a, b] = [new Waiting(), new Waiting()]
  t.ok(waiters.enter(a))
  t.ok(waiters.enter(b))
  t.notOk(waiters.enter(new Waiting()), 'refused')
  t.ok(waiters.enter(new Waiting({ urgent: true })), 'another one is displaced')
  t.equal(b.displacements, 1)
  t.match(counts, { queued: 3, queueMax: 2, queueRefused: 2 })
  waiters.limit(1)
  t.equal(waiters.size, 2, 'who waits stays')
  waiters.leave(a)
  t.notOk(waiters.enter(new Waiting()))
})

t.test('they come before a new request, but for those that wait for another target, and while they are served', async t => {
  const pool = small({})
  const seen: boolean[] = []
  const waiters = new Waiters(10, new PoolCounts(), context => {
    seen.push(waiters.comeFirst)
    return pool.lease(context)
  })
  t.notOk(waiters.comeFirst, 'nobody waits')
  const returning = new Waiting({ tried: new Set(pool.targets) })
  waiters.enter(returning)
  t.notOk(waiters.comeFirst)
  waiters.enter(new Waiting())
  t.ok(waiters.comeFirst)
  waiters.wake()
  t.strictSame(seen, [], 'not at once')
  await later()
  t.strictSame(seen, [false, false])
  t.equal(returning.leases.length, 1)
  t.equal(waiters.size, 0)
})
