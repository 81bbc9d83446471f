import t from 'tap'
import { ProxyError } from '../../src/base/errors.js'
import { VirtualClock } from '../../src/base/virtual-clock.js'
import { RoundRobin } from '../../src/balancing/round-robin.js'
import { cancelled, type Outcome } from '../../src/upstream/outcome.js'
import { Pool, type PoolOptions } from '../../src/upstream/pool.js'
import type { Target, TargetSpec } from '../../src/upstream/target.js'
import { context, contextOf } from '../balancing/fake-candidate.js'
import { FollowingStrategy } from './following-strategy.js'

const request = context()
const url = (i: number): string => `http://127.0.0.1:${3001 + i}`
const ok: Outcome = { kind: 'response', status: 200 }

/** A pool whose strategies write down what they learn, one for each level in the order in which levels come up. */
class World {
  readonly clock = new VirtualClock()
  readonly strategies: FollowingStrategy[] = []
  readonly pool: Pool

  constructor (specs: ReadonlyArray<Omit<TargetSpec, 'url'>>, options: Partial<PoolOptions> = {}) {
    this.pool = new Pool({
      name: 'api',
      clock: this.clock,
      whenAllDown: 'fail',
      strategy: () => {
        const strategy = new FollowingStrategy()
        this.strategies.push(strategy)
        return strategy
      },
      ...options
    })
    this.reconcile(specs)
  }

  reconcile (specs: ReadonlyArray<Omit<TargetSpec, 'url'>>): void {
    this.pool.reconcile(specs.map((spec, i) => ({ url: url(i), ...spec })))
  }

  target (i: number): Target {
    const target = this.pool.targets[i]
    if (target === undefined) throw new Error(`there is no target ${i}`)
    return target
  }

  strategy (i = 0): FollowingStrategy {
    const strategy = this.strategies[i]
    if (strategy === undefined) throw new Error(`there is no strategy ${i}`)
    return strategy
  }

  /** Indexes of the targets that so many requests go to. */
  chosen (count: number): number[] {
    return Array.from({ length: count }, () => {
      const lease = this.pool.lease(request)
      lease?.settle(cancelled)
      return lease === null ? -1 : this.pool.targets.indexOf(lease.target)
    })
  }
}

t.test('flights: each request is told to the follower of its target, and ends once', async t => {
  const cases: ReadonlyArray<readonly [string, (lease: NonNullable<ReturnType<Pool['lease']>>) => void]> = [
    ['answered after 5', lease => { lease.responded(200) }],
    ['answered after 5', lease => { lease.responded(404) }],
    ['failed after 5', lease => { lease.responded(500) }],
    ['answered after 5', lease => { lease.responded(101) }],
    ['abandoned after 5', lease => { lease.unmeasured() }],
    ['failed after 5', lease => { lease.settle({ kind: 'failure', error: new ProxyError('connection_refused', 'refused') }) }],
    ['abandoned after 5', lease => { lease.settle(cancelled) }],
    ['answered after 5', lease => { lease.settle(ok) }],
    ['failed after 5', lease => { lease.settle({ kind: 'response', status: 503 }) }]
  ]
  for (const [end, how] of cases) {
    const { pool, clock, strategies } = new World([{}])
    clock.advance(100)
    const lease = pool.lease(request)
    if (lease === null) throw new Error('there is a target')
    clock.advance(5)
    how(lease)
    clock.advance(5)
    lease.responded(200)
    lease.unmeasured()
    lease.settle({ kind: 'failure', error: new ProxyError('connection_terminated', 'gone') })
    lease.settle(ok)
    t.match(strategies[0]?.flights, [{ candidate: pool.targets[0], began: 100, ends: [end] }], end)
  }
})

t.test('what a backend says of itself goes to its follower, if it has one that listens', async t => {
  const world = new World([{}, {}])
  const report = { utilization: 0.5, inflight: 7, requests: 100 }
  world.target(1).reported(report, 42)
  t.strictSame(world.strategy().reports, [[world.target(1), report, 42]])
  const plain = new Pool({ name: 'api', strategy: () => new RoundRobin(), whenAllDown: 'fail' })
  plain.reconcile([{ url: url(0) }])
  plain.targets[0]?.reported(report, 42)
})

t.test('each level has a strategy of its own, which knows the targets of its level alone', async t => {
  const world = new World([{}, { priority: 1 }, {}, { priority: 1 }])
  t.strictSame(world.strategies.map(({ followed }) => followed.map(({ id }) => id.slice(-4))), [['3001', '3003'], ['3002', '3004']])
  t.strictSame(world.chosen(3), [0, 2, 0])
  t.equal(world.strategy(0).flights.length, 3)
  t.equal(world.strategy(1).flights.length, 0)
})

t.test('a survivor is followed on, one that changes its level is learnt anew', async t => {
  const world = new World([{}, { priority: 1 }])
  const [first, second] = [world.strategy(0), world.strategy(1)]
  const lease = world.pool.lease(request)
  world.reconcile([{ weight: 5 }, { priority: 1 }])
  t.equal(first.followed.length + second.followed.length, 2)
  world.reconcile([{ priority: 1 }, { priority: 1 }])
  t.strictSame(second.followed, [world.target(1), world.target(0)])
  world.target(0).reported({ utilization: 1, inflight: 1, requests: null }, 1)
  t.match([first.reports.length, second.reports.length], [0, 1])
  lease?.settle(ok)
  t.strictSame(first.flights.map(({ ends }) => ends), [['answered after 0']], 'who saw it begin sees it end')
  t.strictSame(world.chosen(2), [0, 1])
  t.equal(second.flights.length, 2)
  world.reconcile([{}, { priority: 1 }])
  t.equal(first.followed.length, 2, 'back again')
  t.strictSame(world.chosen(2), [0, 0])
  t.equal(world.strategies.length, 2)
})

t.test('a new zone is a new level, too', async t => {
  const world = new World([{ zone: 'a' }, { zone: 'b' }], { zone: 'a' })
  t.strictSame(world.chosen(2), [0, 0])
  world.reconcile([{ zone: 'b' }, { zone: 'b' }])
  t.strictSame(world.chosen(2).sort(), [0, 1])
  world.reconcile([{ zone: null }, { zone: 'b' }])
  t.strictSame(world.chosen(2), [0, 0], 'who names none is near')
})

t.test('who hears of a change may ask for the picker: whoever changed its level is followed by then', async t => {
  const world = new World([{}, {}])
  world.pool.observeService(() => { t.ok(world.pool.eligible) })
  world.reconcile([{ drain: true, priority: 3 }, {}])
  world.reconcile([{ drain: false, priority: 2 }, {}])
  world.target(0).judge('active', false)
  t.strictSame(world.chosen(2), [1, 1])
  t.strictSame(world.strategies.length, 3)
})

t.test('another strategy follows all targets before it is asked, and hears of what begins from then on', async t => {
  const world = new World([{}, { priority: 1 }, {}])
  world.pool.observeService(() => { t.ok(world.pool.eligible) })
  const lease = world.pool.lease(request)
  const next: FollowingStrategy[] = []
  const strategy = (): FollowingStrategy => {
    const made = new FollowingStrategy()
    next.push(made)
    return made
  }
  world.pool.configure({ whenAllDown: 'fail', strategyName: 'next', strategy })
  world.reconcile([{ drain: true }, { priority: 1 }, {}])
  t.strictSame(next.map(({ followed }) => followed), [[world.target(0), world.target(2)], [world.target(1)]])
  t.strictSame(world.chosen(2), [2, 2])
  lease?.settle(ok)
  t.strictSame(world.strategy().flights.map(({ ends }) => ends), [['answered after 0']], 'the one before hears how its own end')
  t.equal(next[0]?.flights.length, 2)
  world.pool.configure({ whenAllDown: 'fail', strategyName: 'next', strategy: null })
  world.reconcile([{}, { priority: 1 }, {}])
  t.strictSame(next.flatMap(({ followed }) => followed).length, 3, 'the same one goes on')
})

t.test('one that comes back after it has left is learnt anew', async t => {
  const world = new World([{}, {}])
  const before = world.target(1)
  world.reconcile([{}])
  world.reconcile([{}, {}])
  t.strictSame(world.strategy().followed, [world.target(0), before, world.target(1)])
  t.not(before, world.target(1))
})

t.test('backups wait until the primaries are down, and go back to waiting', async t => {
  const world = new World([{}, {}, { priority: 1 }])
  t.strictSame(world.chosen(3), [0, 1, 0])
  world.target(0).judge('active', false)
  world.target(1).judge('passive', false)
  t.strictSame(world.chosen(2), [2, 2])
  world.target(1).judge('passive', true)
  world.target(0).judge('active', true)
  t.strictSame(world.chosen(2).includes(2), false)
  t.strictSame(world.pool.levels, [{ rank: 0, share: 1 }, { rank: 2, share: 0 }])
})

t.test('backups bear what primaries have no room for, before anyone waits', async t => {
  const world = new World([{ maxConnections: 1 }, { priority: 1, maxConnections: 1 }], { queueMax: 10 })
  const leases = [world.pool.lease(request), world.pool.lease(request)]
  t.strictSame(leases.map(lease => lease?.target.url), [url(0), url(1)])
  t.equal(world.pool.lease(request), null)
  t.ok(world.pool.full)
  leases[0]?.settle(ok)
  t.equal(world.pool.lease(request)?.target.url, url(0))
})

t.test('a retry goes to the first level that has an untried target, whatever the shares', async t => {
  const world = new World([{}, { priority: 1 }, {}])
  const [a, x, b] = [world.target(0), world.target(1), world.target(2)]
  t.equal(world.pool.lease(request, new Set([a]))?.target, b)
  t.equal(world.pool.lease(request, new Set([b, x]))?.target, a)
  t.equal(world.pool.lease(request, new Set([a, b]))?.target, x)
  t.equal(world.pool.lease(request, new Set([a, b, x])), null)
})

t.test('panic keeps to the first level, and goes on to the next one', async t => {
  const world = new World([{}, { priority: 1 }], { whenAllDown: 'try-anyway' })
  for (const target of world.pool.targets) target.judge('active', false)
  t.strictSame(world.chosen(3), [0, 0, 0])
  t.ok(world.pool.panicking)
  t.equal(world.pool.lease(request, new Set([world.target(0)]))?.target, world.target(1))
})

t.test('response fields are those of the strategy of the target\'s level', async t => {
  const world = new World([{}, { priority: 1 }])
  t.strictSame(world.pool.responseFields(world.target(1), contextOf({ path: '/p' })), ['X-Chosen', `api/${url(1)}`, 'X-Path', '/p'])
  const plain = new Pool({ name: 'api', strategy: () => new RoundRobin(), whenAllDown: 'fail' })
  plain.reconcile([{ url: url(0) }])
  t.equal(plain.responseFields(world.target(0), request), null)
})
