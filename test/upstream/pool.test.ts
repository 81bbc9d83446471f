import fc from 'fast-check'
import t from 'tap'
import { strategyKinds } from '../../src/balancing/strategies.js'
import { createStrategy, type StrategySpec } from '../../src/balancing/strategy-spec.js'
import type { Candidate, Follower, NonEmpty, Picker, Strategy } from '../../src/balancing/strategy.js'
import { RoundRobin } from '../../src/balancing/round-robin.js'
import { ProxyError } from '../../src/base/errors.js'
import { VirtualClock } from '../../src/base/virtual-clock.js'
import type { Lease } from '../../src/upstream/lease.js'
import { cancelled, type Outcome } from '../../src/upstream/outcome.js'
import { Pool, type WhenAllDown } from '../../src/upstream/pool.js'
import type { Judge, Target } from '../../src/upstream/target.js'
import { context } from '../balancing/fake-candidate.js'

const request = context()
const url = (i: number): string => `http://127.0.0.1:${3001 + i}`

/** Remembers each list that it was given. */
class Spy implements Strategy {
  readonly lists: Array<readonly Candidate[]> = []
  readonly #inner = new RoundRobin()

  prepare<T extends Candidate> (eligible: NonEmpty<T>): Picker<T> {
    this.lists.push(eligible)
    return this.#inner.prepare(eligible)
  }
}

function create (count: number, whenAllDown: WhenAllDown = 'try-anyway', strategy: Strategy = new RoundRobin()): Pool {
  const pool = new Pool({ name: 'api', strategy: () => strategy, whenAllDown })
  pool.reconcile(Array.from({ length: count }, (_, i) => ({ url: url(i) })))
  return pool
}

function targetsOf (pool: Pool): readonly [Target, Target, Target] {
  const [a, b, c] = pool.targets
  if (a === undefined || b === undefined || c === undefined) throw new Error('the pool has three')
  return [a, b, c]
}

const chosen = (pool: Pool, count: number): number[] => Array.from({ length: count }, () => {
  const lease = pool.lease(request)
  lease?.settle(cancelled)
  return lease === null ? -1 : pool.targets.indexOf(lease.target)
})

t.test('an empty pool has nothing to give', async t => {
  const pool = create(0)
  t.equal(pool.lease(request), null)
  t.match(pool, { inflight: 0, full: false, panicking: false, eligible: [] })
})

t.test('prepares the strategy only when something changed', async t => {
  const strategy = new Spy()
  const pool = create(3, 'fail', strategy)
  const [a] = targetsOf(pool)
  chosen(pool, 10)
  t.equal(strategy.lists.length, 1)
  a.judge('active', false)
  a.judge('passive', false)
  t.strictSame(chosen(pool, 4), [1, 2, 1, 2])
  t.equal(strategy.lists.length, 2)
  a.judge('active', true)
  t.notOk(chosen(pool, 3).includes(0))
  a.judge('passive', true)
  t.ok(chosen(pool, 3).includes(0))
})

t.test('weight 0 gets no new requests', async t => {
  const pool = create(0)
  pool.reconcile([{ url: url(0), weight: 0 }, { url: url(1) }])
  t.strictSame(chosen(pool, 3), [1, 1, 1])
  pool.reconcile([{ url: url(0), weight: 0 }])
  t.equal(pool.lease(request), null, 'not even in panic')
  t.notOk(pool.panicking)
})

t.test('reconcile keeps survivors and their state, takes the new order, adds and removes', async t => {
  const pool = create(3)
  const [a, b, c] = targetsOf(pool)
  const lease = pool.lease(request)
  t.equal(lease?.target, a)
  a.judge('passive', false)
  const { added, removed } = pool.reconcile([{ url: url(9) }, { url: url(2), weight: 4 }, { url: 'http://127.0.0.1:3001/', maxConnections: 7 }])
  t.equal(added.length, 1)
  t.equal(added[0], pool.targets[0])
  t.strictSame(removed, [b])
  t.equal(pool.targets[1], c)
  t.equal(pool.targets[2], a)
  t.match(a, { inflight: 1, maxConnections: 7, eligible: false })
  t.equal(c.weight, 4)
  t.equal(pool.inflight, 1)
  lease?.settle(cancelled)
  t.equal(a.inflight, 0)
  t.strictSame(pool.reconcile([{ url: url(9) }, { url: url(2), weight: 4 }, { url: url(0), maxConnections: 7 }]), { added: [], removed: [] })
})

t.test('a repeated address counts once, as it was first described', async t => {
  const pool = create(0)
  pool.reconcile([{ url: 'http://127.0.0.1:80', weight: 2 }, { url: 'http://127.0.0.1', weight: 5 }])
  t.equal(pool.targets.length, 1)
  t.equal(pool.targets[0]?.weight, 2)
})

t.test('a bad URL changes nothing', async t => {
  const pool = create(3)
  const before = [...pool.targets]
  t.throws(() => pool.reconcile([{ url: url(0), weight: 9 }, { url: 'nonsense' }]), /not a URL/)
  t.strictSame(pool.targets, before)
  t.equal(pool.targets[0]?.weight, 1)
})

t.test('a removed target is not chosen any more; its leases end as usual', async t => {
  const pool = create(3)
  const [a] = targetsOf(pool)
  const told: Target[] = []
  pool.observe(target => { told.push(target) })
  const lease = pool.lease(request)
  pool.reconcile([{ url: url(1) }])
  t.equal(pool.inflight, 1, 'it is under way still')
  t.equal(a.inflight, 1)
  lease?.settle({ kind: 'response', status: 200 })
  t.equal(a.inflight, 0)
  t.strictSame(told, [a])
  t.strictSame(chosen(pool, 2), [0, 0])
})

t.test('passes over tried targets, down to none', async t => {
  const pool = create(3)
  const tried = new Set<Target>()
  for (let i = 0; i < 3; i++) {
    const lease = pool.lease(request, tried)
    if (lease === null) throw new Error('one is untried')
    t.notOk(tried.has(lease.target))
    tried.add(lease.target)
    lease.settle(cancelled)
  }
  t.equal(pool.lease(request, tried), null)
  t.ok(pool.lease(request, new Set()), 'others are not concerned')
})

t.test('a full target waits until it has room', async t => {
  const pool = create(0, 'try-anyway')
  pool.reconcile([{ url: url(0), maxConnections: 1 }, { url: url(1), maxConnections: 2 }])
  const leases = Array.from({ length: 3 }, () => pool.lease(request))
  t.strictSame(leases.map(lease => lease?.target.url), [url(0), url(1), url(1)])
  t.equal(pool.lease(request), null, 'all full is no panic')
  t.match(pool, { full: true, panicking: false, inflight: 3 })
  leases[0]?.settle(cancelled)
  t.strictSame(chosen(pool, 2), [0, 0])
})

t.test('panic: with all down it tries those that only health speaks against, and says so once', async t => {
  const pool = create(4)
  const [a, b, c] = targetsOf(pool)
  const said: boolean[] = []
  pool.observePanic(panicking => { said.push(panicking) })
  a.judge('active', false)
  b.judge('passive', false)
  c.judge('admin', false)
  pool.targets[3]?.judge('active', false)
  pool.targets[3]?.judge('full', false)
  t.strictSame(chosen(pool, 4), [0, 1, 0, 1])
  t.ok(pool.panicking)
  b.judge('passive', true)
  t.strictSame(chosen(pool, 2), [1, 1])
  t.notOk(pool.panicking)
  t.strictSame(said, [true, false])
})

t.test('panic goes on with the untried, and does not begin while a healthy one is merely full', async t => {
  const pool = create(3)
  const [a, b, c] = targetsOf(pool)
  for (const target of [a, b, c]) target.judge('active', false)
  t.not(pool.lease(request, new Set([a, b])), null)
  t.equal(pool.lease(request, new Set([a, b, c])), null)
  c.judge('active', true)
  c.judge('full', false)
  t.equal(pool.lease(request), null)
  t.match(pool, { full: true, panicking: false })
})

t.test('whenAllDown "fail" gives nothing', async t => {
  const pool = create(3, 'fail')
  for (const target of pool.targets) target.judge('active', false)
  t.equal(pool.lease(request), null)
  t.notOk(pool.panicking)
})

t.test('a request that has been to all others goes to an ejected target rather than to none', async t => {
  for (const [whenAllDown, found] of [['try-anyway', true], ['fail', false]] as const) {
    const pool = new Pool({ name: 'api', strategy: () => new RoundRobin(), whenAllDown })
    pool.reconcile([{ url: url(0) }, { url: url(1) }, { url: url(2) }])
    const [serving, ejected, down] = pool.targets
    if (serving === undefined || ejected === undefined) throw new Error('no targets')
    ejected.judge('passive', false)
    down?.judge('active', false)
    t.equal(pool.lease(request)?.target, serving)
    const other = pool.lease(request, new Set([serving]))
    t.equal(other?.target, found ? ejected : undefined, whenAllDown)
    t.equal(pool.lease(request, new Set([serving, ejected])), null)
    t.notOk(pool.panicking)
  }
})

t.test('every observer hears every end', async t => {
  const pool = create(1)
  const heard: string[] = []
  pool.observe((_, outcome) => { heard.push(`1 ${outcome.kind}`) })
  pool.observe((_, outcome) => { heard.push(`2 ${outcome.kind}`) })
  pool.lease(request)?.settle({ kind: 'response', status: 503 })
  pool.lease(request)?.settle(cancelled)
  t.strictSame(heard, ['1 response', '2 response', '1 cancelled', '2 cancelled'])
})

t.test('tells who comes into service and goes out of it, once each, and not who is full', async t => {
  const pool = new Pool({ name: 'api', strategy: () => new RoundRobin(), whenAllDown: 'fail' })
  const told: string[] = []
  const news = (): string[] => told.splice(0)
  pool.observeService((target, inService) => { told.push(`${target.address.port} ${inService ? 'in' : 'out'}`) })
  pool.reconcile([{ url: url(0), maxConnections: 1 }, { url: url(1), weight: 0 }, { url: url(2), drain: true }])
  t.strictSame(news(), ['3001 in'])
  const [a, b, c] = targetsOf(pool)
  const lease = pool.lease(request)
  t.ok(pool.full)
  lease?.settle(cancelled)
  a.ramp(0.5)
  t.strictSame(news(), [])
  a.judge('active', false)
  a.judge('passive', false)
  a.judge('active', true)
  t.strictSame(news(), ['3001 out'], 'another veto speaks against it')
  a.judge('passive', true)
  t.strictSame(news(), ['3001 in'])
  pool.reconcile([{ url: url(0) }, { url: url(1) }, { url: url(2) }])
  t.strictSame(news(), ['3002 in', '3003 in'])
  b.judge('active', false)
  pool.reconcile([{ url: url(0), drain: true }, { url: url(9) }])
  t.strictSame(news(), ['3002 out', '3001 out', '3010 in', '3003 out'])
  b.judge('active', true)
  c.judge('passive', false)
  t.strictSame(news(), [], 'nothing more of those that left')
})

t.test('tells every observer of the service, before a lease can be had', async t => {
  const pool = create(0)
  const told: string[] = []
  pool.observeService(target => { target.ramp(0.5) })
  pool.observeService(target => { told.push(`${target.address.port} of weight ${target.weight}`) })
  pool.reconcile([{ url: url(0) }])
  t.strictSame(told, ['3001 of weight 0.5'])
})

t.test('a target that is set to drain finishes what it has, gets nothing new, and is reported when it is empty', async t => {
  for (const drain of [
    (pool: Pool, on: boolean) => { pool.targets[0]?.judge('admin', !on) },
    (pool: Pool, on: boolean) => { pool.reconcile(pool.targets.map(({ url }, i) => ({ url, drain: on && i === 0 }))) }
  ]) {
    const pool = create(3)
    const [a] = targetsOf(pool)
    const empty: Target[] = []
    pool.observeEmpty(target => { empty.push(target) })
    const leases = Array.from({ length: 6 }, () => pool.lease(request))
    const [first, second] = leases.filter(lease => lease?.target === a)
    drain(pool, true)
    t.ok(a.draining)
    t.notOk(chosen(pool, 6).includes(0))
    first?.settle(cancelled)
    t.strictSame(empty, [])
    second?.settle({ kind: 'response', status: 200 })
    t.strictSame(empty, [a])
    drain(pool, true)
    a.judge('active', false)
    a.judge('active', true)
    t.equal(empty.length, 1, 'once')
    drain(pool, false)
    t.ok(chosen(pool, 6).includes(0))
    t.equal(empty.length, 1, 'a request that ends on one in service is nothing to tell')
    drain(pool, true)
    t.equal(empty.length, 2, 'again after it was in service')
  }
})

t.test('a drain that is called off in time is not reported', async t => {
  const pool = create(3)
  const [a] = targetsOf(pool)
  pool.observeEmpty(() => { t.fail('it stays') })
  const lease = pool.lease(request)
  a.judge('admin', false)
  a.judge('admin', true)
  lease?.settle(cancelled)
  t.equal(a.inflight, 0)
})

t.test('a target that drains stays out when all others are down', async t => {
  const pool = create(3)
  const [a, b, c] = targetsOf(pool)
  a.judge('admin', false)
  b.judge('active', false)
  c.judge('passive', false)
  t.strictSame(chosen(pool, 4), [1, 2, 1, 2])
  t.ok(pool.panicking)
})

t.test('a target that is removed drains: it is reported when its last request has ended', async t => {
  const pool = create(3)
  const [a, b, c] = targetsOf(pool)
  const empty: Target[] = []
  pool.observeEmpty(target => { empty.push(target) })
  const lease = pool.lease(request)
  t.equal(lease?.target, a)
  pool.reconcile([{ url: url(2) }])
  t.strictSame(empty, [b], 'one without requests at once')
  a.judge('active', false)
  a.judge('active', true)
  t.equal(empty.length, 1)
  pool.reconcile([{ url: url(0) }, { url: url(2) }])
  t.not(pool.targets[0], a, 'who comes back is new')
  pool.lease(request)?.settle(cancelled)
  t.equal(empty.length, 1)
  lease?.settle(cancelled)
  t.strictSame(empty, [b, a])
  t.equal(pool.targets[1], c)
})

t.test('a target that drained before it is removed is not reported again', async t => {
  const pool = create(2)
  const empty: string[] = []
  pool.observeEmpty(({ url }) => { empty.push(url) })
  pool.targets[0]?.judge('admin', false)
  pool.reconcile([{ url: url(1) }])
  t.strictSame(empty, [url(0)])
})

t.test('a target that is merely full, down or without weight is no departure', async t => {
  const pool = create(0)
  pool.observeEmpty(() => { t.fail('nobody leaves') })
  pool.reconcile([{ url: url(0), maxConnections: 1 }])
  const lease = pool.lease(request)
  t.ok(pool.full)
  lease?.settle(cancelled)
  pool.targets[0]?.judge('active', false)
  pool.targets[0]?.judge('passive', false)
  pool.reconcile([{ url: url(0), weight: 0 }])
})

t.test('an adaptive limit: each target has its own, by the requests that await a response head', async t => {
  const clock = new VirtualClock()
  const pool = new Pool({
    name: 'api', strategy: () => new RoundRobin(), whenAllDown: 'fail', clock, adaptiveLimit: { min: 1, max: 100, initial: 2, tolerance: 1.5 }
  })
  pool.reconcile([{ url: url(0) }, { url: url(1) }])
  const leases = Array.from({ length: 5 }, () => pool.lease(request))
  t.strictSame(leases.map(lease => lease?.target.url), [url(0), url(1), url(0), url(1), undefined])
  t.match(pool, { full: true, panicking: false })
  leases[0]?.responded(200)
  t.strictSame(pool.eligible, [pool.targets[0]])
  t.equal(pool.lease(request)?.target.url, url(0))
  t.strictSame(pool.eligible, [])
  leases[1]?.unmeasured()
  t.equal(pool.lease(request)?.target.url, url(1))
  t.equal(pool.inflight, 6)
})

t.test('an adaptive limit learns by the pool\'s clock, failures and all', async t => {
  const clock = new VirtualClock()
  const pool = new Pool({
    name: 'api', strategy: () => new RoundRobin(), whenAllDown: 'fail', clock, adaptiveLimit: { min: 1, max: 100, initial: 10, tolerance: 1.5 }
  })
  pool.reconcile([{ url: url(0) }])
  const limit = (): number => pool.targets[0]?.adaptive?.limit ?? 0
  const round = (size: number, latency: number, failed = false): void => {
    const leases = Array.from({ length: size }, () => pool.lease(request))
    clock.advance(latency)
    for (const lease of leases) {
      if (failed) lease?.settle({ kind: 'failure', error: new ProxyError('connection_terminated', 'gone') })
      else lease?.responded(200)
      lease?.settle({ kind: 'response', status: 200 })
    }
  }
  // Too few windows for a measurement to fall due, whatever its jitter.
  for (let i = 0; i < 10; i++) round(1, 10)
  for (let i = 0; i < 4; i++) round(10, 10)
  const fast = limit()
  t.ok(fast > 10, `${fast} after good answers`)
  for (let i = 0; i < 3; i++) round(10, 100)
  const slow = limit()
  t.ok(slow < fast, `${slow} after slow ones`)
  for (let i = 0; i < 3; i++) round(slow, 10, true)
  t.ok(limit() < slow, `${limit()} after failures`)
  t.equal(pool.inflight, 0)
})

type Step =
  | { readonly do: 'lease', readonly retry: boolean }
  | { readonly do: 'settle', readonly which: number, readonly twice: boolean }
  | { readonly do: 'respond', readonly which: number, readonly status: number }
  | { readonly do: 'judge', readonly which: number, readonly by: Judge, readonly ok: boolean }
  | { readonly do: 'reconcile', readonly members: number, readonly weight: number, readonly limit: number, readonly levels: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('lease' as const), retry: fc.boolean() }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('settle' as const), which: fc.nat(999), twice: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('respond' as const), which: fc.nat(999), status: fc.constantFrom(200, 503) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('judge' as const), which: fc.nat(999), by: fc.constantFrom<Judge>('active', 'passive', 'admin'), ok: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reconcile' as const), members: fc.nat(2 ** 12 - 1), weight: fc.nat(3), limit: fc.nat(4), levels: fc.nat(3) }) }
)

for (const kind of strategyKinds) {
  for (const whenAllDown of ['try-anyway', 'fail'] as const) {
    const spec: StrategySpec = { name: kind.name, options: kind.name === 'sticky' ? { secret: 'sixteen-characters' } : {}, beneath: null, module: null }
    t.test(`${kind.name}, ${whenAllDown}: whatever happens, the sum of inflight is the number of open leases`, async t => {
      let steps = 0
      let given = 0
      let followed = 0
      fc.assert(fc.property(fc.array(step, { maxLength: 400, size: 'max' }), sequence => {
        const guards: Guard[] = []
        const pool: Pool = new Pool({
          name: 'api',
          whenAllDown,
          zone: '0',
          strategy: () => {
            const guard = new Guard(createStrategy(spec, () => kind), () => pool)
            guards.push(guard)
            return guard
          }
        })
        pool.reconcile(Array.from({ length: 12 }, (_, i) => ({ url: url(i) })))
        const known = new Set(pool.targets)
        const open: Lease[] = []
        const closed: Lease[] = []
        let ends = 0
        pool.observe(() => { ends++ })
        for (const step of sequence) {
          steps++
          apply(step, pool, open, closed)
          for (const target of pool.targets) known.add(target)
          const inflight = [...known].reduce((sum, target) => sum + target.inflight, 0)
          if (inflight !== open.length) throw new Error(`${inflight} in flight, ${open.length} open`)
          if (ends !== closed.length) throw new Error(`${ends} ends for ${closed.length} leases`)
          if ([...known].some(target => target.inflight < 0)) throw new Error('below zero')
        }
        given += open.length + closed.length
        for (const lease of open) lease.settle(cancelled)
        for (const { flights } of guards) if (flights.some(({ ends }) => ends !== 1)) throw new Error('a flight that did not end once')
        followed += guards.reduce((sum, { flights }) => sum + flights.length, 0)
        return [...known].every(target => target.inflight === 0) && pool.inflight === 0
      }), { numRuns: 200, seed: 12 })
      t.ok(steps >= 20_000, `${steps} steps`)
      t.ok(given > 3000, `${given} leases`)
      if (kind.create(spec.options).follow !== undefined) t.equal(followed, given, 'each of them was followed')
    })
  }
}

function apply (step: Step, pool: Pool, open: Lease[], closed: Lease[]): void {
  if (step.do === 'reconcile') {
    const { members, weight, limit, levels } = step
    const indices = Array.from({ length: 12 }, (_, i) => i).filter(i => (members >> i & 1) === 1)
    pool.reconcile(indices.map(i => ({ url: url(i), weight: (weight + i) % 4, maxConnections: (limit + i) % 5, priority: levels * i % 3, zone: levels % 2 === 0 ? null : `${i % 2}` })))
  } else if (step.do === 'judge') {
    pool.targets[step.which % Math.max(1, pool.targets.length)]?.judge(step.by, step.ok)
  } else if (step.do === 'respond') {
    open[step.which % Math.max(1, open.length)]?.responded(step.status)
  } else if (step.do === 'lease') {
    const tried = new Set(step.retry ? open.slice(-2).map(({ target }) => target) : [])
    const lease = pool.lease(request, tried)
    if (lease === null) return
    if (tried.has(lease.target)) throw new Error('this one was tried')
    open.push(lease)
  } else {
    const [lease] = open.splice(step.which % Math.max(1, open.length), 1)
    const outcome: Outcome = step.which % 2 === 0 ? cancelled : { kind: 'response', status: 200 }
    lease?.settle(outcome)
    if (lease !== undefined) closed.push(lease)
    if (step.twice) closed[step.which % Math.max(1, closed.length)]?.settle(cancelled)
  }
}

/** Refuses a list that no strategy may see, at the moment at which it is handed over. */
class Guard implements Strategy {
  readonly #inner: Strategy
  readonly #pool: () => Pool
  readonly #followed = new Set<Candidate>()
  readonly flights: Array<{ readonly ends: number }> = []

  constructor (inner: Strategy, pool: () => Pool) {
    this.#inner = inner
    this.#pool = pool
  }

  prepare<T extends Candidate> (eligible: NonEmpty<T>): Picker<T> {
    const { targets } = this.#pool()
    const present = targets.filter(target => eligible.some(candidate => Object.is(candidate, target)))
    if (eligible.length === 0) throw new Error('an empty list')
    if (present.length !== eligible.length) throw new Error('a stranger, or one twice')
    if (new Set(present.map(target => this.#pool().rankOf(target))).size !== 1) throw new Error('more than one level')
    if (eligible.some(candidate => !this.#followed.has(candidate))) throw new Error('one that is not followed')
    const panic = targets.every(target => !target.eligible)
    const allowed = present.every(target => target.eligible) || (panic && present.every(target => target.onlyUnhealthy)) || present.every(target => target.onlyEjected)
    if (!allowed || present.some(target => target.weight === 0)) throw new Error('one that may not be chosen')
    return this.#inner.prepare(eligible)
  }

  follow (candidate: Candidate): Follower {
    this.#followed.add(candidate)
    const follower = this.#inner.follow?.(candidate)
    return {
      began: at => {
        const flight = follower?.began(at)
        const seen = { ends: 0 }
        if (flight !== undefined) this.flights.push(seen)
        return {
          answered: (at, failed) => { seen.ends++; flight?.answered(at, failed) },
          abandoned: at => { seen.ends++; flight?.abandoned(at) }
        }
      }
    }
  }
}
