import fc from 'fast-check'
import t from 'tap'
import { findStrategy, strategyKinds } from '../../src/balancing/strategies.js'
import type { Strategy } from '../../src/balancing/strategy.js'
import { FirstAvailable } from '../../src/balancing/first-available.js'
import { RoundRobin } from '../../src/balancing/round-robin.js'
import { failureCauses } from '../../src/simulation/result.js'
import { budget, healthCheck, nothing, passiveHealth, plainPool, simulate, times, type WorldResult } from './world.js'

const target = { serviceTime: { distribution: 'exponential', mean: '10ms' }, concurrency: 4 }

/** One of the built-in ones, with what it needs. */
function create (name: string): Strategy {
  const kind = findStrategy(name)
  if (kind === undefined) throw new RangeError(name)
  const options = name === 'sticky' ? { secret: 'a secret of thirty-two characters' } : {}
  return kind.wraps === true ? kind.create(options, () => new RoundRobin()) : kind.create(options)
}

function failed ({ failures }: WorldResult): number {
  return failureCauses.reduce((sum, cause) => sum + failures[cause], 0)
}

t.test('the same seed gives the same result, another one another', async t => {
  const scenario = {
    load: { rate: 800, keys: { count: 50, skew: 1 } },
    targets: [...times(3, { ...target, pauses: { every: '1s', length: '50ms' } }), { ...target, absent: true, cold: { for: '1s', slowdown: 4 } }],
    events: [{ at: 0.3, action: 'kill', target: 1 }, { at: 0.6, action: 'restart', target: 1 }, { at: 0.5, action: 'join', target: 4 }]
  }
  for (const { name } of strategyKinds) {
    const run = (seed: number): WorldResult => simulate(scenario, {
      strategy: () => create(name), proxies: 3, seed, attempts: 2, budget, pool: { ...plainPool, healthCheck, passiveHealth, slowStart: { window: 1000, aggression: 1 } }, until: { duration: 4000 }
    })
    const first = run(1)
    t.strictSame(run(1), first, name)
    t.notSame(run(2), first, name)
    t.strictSame(first.left, nothing, name)
  }
})

t.test('arrivals are the same whatever the strategy draws', async t => {
  const scenario = { load: { rate: 500 }, targets: times(10, target) }
  const counts = strategyKinds.map(({ name }) => simulate(scenario, { strategy: () => create(name), until: { duration: 3000 } }).requests)
  t.equal(new Set(counts).size, 1, counts.join(' '))
})

t.test('every request ends once, and nothing is left under way: any world', async t => {
  const service = fc.constantFrom<unknown>('5ms', '0ms', { distribution: 'exponential', mean: '8ms' }, { distribution: 'pareto', minimum: '2ms', alpha: 1.3, maximum: '1s' })
  const targets = fc.array(fc.record({
    serviceTime: service,
    weight: fc.integer({ min: 1, max: 3 }),
    concurrency: fc.integer({ min: 0, max: 3 }),
    slowdown: fc.constantFrom(1, 3),
    failures: fc.option(fc.constantFrom({ share: 0.3, after: '1ms', status: 503 }, { share: 1, after: '0ms', status: 500 }), { nil: undefined }),
    pauses: fc.option(fc.constant({ every: '200ms', length: '80ms' }), { nil: undefined }),
    cold: fc.option(fc.constant({ for: '500ms', slowdown: 5 }), { nil: undefined }),
    busy: fc.constantFrom(0, 0.5)
  }), { minLength: 1, maxLength: 5 })
  const load = fc.oneof(fc.record({ connections: fc.integer({ min: 1, max: 20 }) }), fc.record({ rate: fc.integer({ min: 1, max: 600 }), keys: fc.constantFrom(undefined, { count: 20, skew: 1 }) }))
  const options = fc.record({
    strategy: fc.constantFrom(...strategyKinds.map(({ name }) => name)),
    proxies: fc.integer({ min: 1, max: 4 }),
    seed: fc.nat(),
    attempts: fc.integer({ min: 1, max: 3 }),
    timeout: fc.constantFrom(0, 7, 40),
    warmUp: fc.constantFrom(0, 100),
    overhead: fc.constantFrom(0, 0.5),
    subset: fc.constantFrom(0, 1, 2),
    limited: fc.boolean(),
    health: fc.boolean(),
    fail: fc.boolean()
  })
  const actions = fc.array(fc.record({ target: fc.nat(4), from: fc.integer({ min: 0, max: 49 }), what: fc.constantFrom(['kill', 'restart'], ['leave', 'join'], ['fail', 'heal'], ['slow', 'slow']) }), { maxLength: 5 })
  let issued = 0
  fc.assert(fc.property(targets, load, options, actions, (targets, load, { strategy, subset, limited, health, fail, ...rest }, actions) => {
    const touched = new Set<number>()
    const events = actions.flatMap(({ target, from, what }) => {
      const number = target % targets.length + 1
      // One story for each target, so that every step of it can happen.
      if (touched.has(number) || touched.size + 1 >= targets.length + (what[0] === 'leave' ? 0 : 1)) return []
      touched.add(number)
      const more = what[0] === 'slow' ? { factor: 3, over: 0.1 } : {}
      return what.map((action, step) => ({ at: (from + 50 * step) / 100, action, target: number, ...more }))
    })
    const result = simulate({ load, targets, events }, {
      ...rest,
      strategy: () => create(strategy),
      retryStatuses: [500],
      budget: limited ? budget : null,
      subsets: subset === 0 ? null : (proxies, count) => Array.from({ length: proxies }, (_, proxy) => Array.from({ length: Math.min(subset, count) }, (_, i) => (proxy + i) % count)),
      pool: { healthCheck: health ? healthCheck : null, passiveHealth: health ? passiveHealth : null, slowStart: health ? { window: 100, aggression: 1 } : null, whenAllDown: fail ? 'fail' : 'try-anyway' },
      until: { duration: 600 }
    })
    issued += result.requests
    t.strictSame(result.left, nothing)
    return JSON.stringify(result.left) === JSON.stringify(nothing) && result.served + failed(result) === result.requests &&
      result.amplification <= rest.attempts && result.targets.reduce((sum, { share }) => sum + share, 0) < 1.000001
  }), { numRuns: 100 })
  t.ok(issued > 1000, `${issued} requests`)
})

t.test('a killed target: refused until it is found out, and retries hide it', async t => {
  const scenario = { load: { rate: 1000 }, targets: times(2, { serviceTime: '20ms' }), events: [{ at: 0.5, action: 'kill', target: 2 }] }
  const found = { ...plainPool, healthCheck }
  const options = { strategy: () => new RoundRobin(), pool: found }
  const hit = simulate(scenario, options)
  t.ok(Math.abs(hit.failures.reset - 10) < 8, `${hit.failures.reset} were on their way`)
  // Three probes a second apart, the first of them up to a second after: half of the requests meanwhile.
  t.ok(hit.failures.refused > 950 && hit.failures.refused < 1550, `${hit.failures.refused} refused`)
  const retried = simulate(scenario, { ...options, attempts: 2 })
  t.equal(failed(retried), 0)
  t.ok(retried.amplification > 1.09)
  const ejected = simulate(scenario, { ...options, pool: { ...found, passiveHealth } })
  t.ok(ejected.failures.refused + ejected.failures.reset > 4)
  t.ok(ejected.failures.refused < 10, `${ejected.failures.refused} refused before it was ejected`)
})

t.test('a target that comes back serves again after its probes, one that joins at once', async t => {
  const events = [{ at: 0, action: 'kill', target: 2 }, { at: 0.5, action: 'restart', target: 2 }]
  const back = simulate({ load: { rate: 1000 }, targets: times(2, { serviceTime: '5ms' }), events }, { strategy: () => new RoundRobin(), pool: { ...plainPool, healthCheck }, attempts: 2 })
  const share = back.targets[1]?.share ?? 0
  t.ok(share > 0.15 && share < 0.21, `${share}`)
  const joining = [{ serviceTime: '5ms' }, { serviceTime: '5ms', absent: true }]
  const joined = simulate({ load: { rate: 1000 }, targets: joining, events: [{ at: 0.5, action: 'join', target: 2 }] }, { strategy: () => new RoundRobin() })
  t.ok(Math.abs((joined.targets[1]?.share ?? 0) - 0.25) < 0.01)
  const left = simulate({ load: { rate: 1000 }, targets: times(2, { serviceTime: '5ms' }), events: [{ at: 0.5, action: 'leave', target: 2 }] }, { strategy: () => new RoundRobin() })
  t.ok(Math.abs((left.targets[1]?.share ?? 0) - 0.25) < 0.01)
  t.equal(failed(left), 0, 'what it had it has finished')
})

t.test('all down: tried anyway, or not', async t => {
  const scenario = { load: { rate: 100 }, targets: [{ serviceTime: '5ms' }], events: [{ at: 0.2, action: 'kill', target: 1 }] }
  const anyway = simulate(scenario, { pool: { ...plainPool, healthCheck } })
  t.equal(anyway.failures['no target'], 0)
  t.ok(anyway.failures.refused > 600)
  const not = simulate(scenario, { pool: { ...plainPool, healthCheck, whenAllDown: 'fail' } })
  t.ok(not.failures['no target'] > 400)
  const closed = simulate({ ...scenario, load: { connections: 2 } }, { pool: { ...plainPool, healthCheck, whenAllDown: 'fail' } })
  t.ok(closed.requests > 1000 && closed.requests < 200_000, 'clients that are refused at once do not stop the time')
})

t.test('the budget holds what a storm of retries adds', async t => {
  const scenario = { load: { rate: 1000 }, targets: times(10, target), events: times(5, {}).map((_, i) => ({ at: 0, action: 'fail', target: i + 1 })) }
  const options = { strategy: () => new RoundRobin(), attempts: 4, retryStatuses: [500], until: { duration: 20_000 } }
  const storm = simulate(scenario, options)
  t.ok(storm.amplification > 1.7, `${storm.amplification}`)
  const held = simulate(scenario, { ...options, budget })
  t.ok(held.amplification > 1.15 && held.amplification <= 1.21, `${held.amplification}`)
  t.ok(failed(held) > failed(storm))
})

t.test('a timeout gives an attempt up; the target works on', async t => {
  const scenario = { load: { connections: 1 }, targets: [{ serviceTime: '100ms', concurrency: 1 }] }
  const result = simulate(scenario, { timeout: 30, until: { duration: 3000 } })
  t.equal(result.served, 0)
  t.equal(result.failures.timeout, 100)
  t.ok(result.peakInflight > 60, 'its line grows with what nobody waits for')
  t.strictSame(result.left, nothing)
})

t.test('one proxy counts only what is its own; each has a strategy of its own', async t => {
  const made: Strategy[] = []
  const seen: number[] = []
  const strategy = (): Strategy => {
    const own = new FirstAvailable()
    made.push(own)
    return { prepare: eligible => ({ pick: () => { seen.push(...eligible.map(({ inflight }) => inflight)); return eligible[0] } }) }
  }
  const result = simulate({ load: { connections: 6 }, targets: times(2, { serviceTime: '10ms' }) }, { strategy, proxies: 3, until: { requests: 300 } })
  t.equal(made.length, 3)
  t.equal(result.peakInflight, 6)
  t.equal(Math.max(...seen), 1, 'of its two clients the other one')
})

t.test('weights: slow start holds back who comes, with a health check that finds it', async t => {
  const scenario = { load: { rate: 2000 }, targets: [...times(2, { serviceTime: '5ms' }), { serviceTime: '5ms', absent: true }], events: [{ at: 0.5, action: 'join', target: 3 }] }
  const at = (slowStart: { window: number, aggression: number } | null): number => simulate(scenario, { strategy: () => new RoundRobin(), pool: { ...plainPool, slowStart } }).targets[2]?.share ?? 0
  t.ok(at({ window: 4000, aggression: 1 }) < at(null) * 0.8)
})

t.test('degrading: a slower target gets slower evenly', async t => {
  const scenario = { load: { connections: 1 }, targets: [{ serviceTime: '10ms' }], events: [{ at: 0, action: 'slow', target: 1, factor: 3, over: 1 }] }
  const { latency, requests } = simulate(scenario)
  t.ok(Math.abs((latency?.max ?? 0) - 30) < 0.2)
  t.ok(Math.abs(requests - 10_000 / 10 * Math.log(3) / 2) < 5, `${requests} requests`)
})

t.test('sticky clients keep their target by the cookie that they are given', async t => {
  const scenario = { load: { connections: 30 }, targets: times(4, { serviceTime: '10ms' }) }
  const sticky = simulate({ ...scenario, load: { rate: 2000, keys: { count: 200, skew: 0 } } }, { strategy: () => create('sticky') })
  t.ok((sticky.moved ?? 1) < 0.01, `${sticky.moved}`)
  const turns = simulate({ ...scenario, load: { rate: 2000, keys: { count: 200, skew: 0 } } }, { strategy: () => new RoundRobin() })
  t.ok((turns.moved ?? 0) > 0.6, `${turns.moved}`)
})

t.test('the work of the simulation: two events for each request, and no more', async t => {
  const scenario = { load: { rate: 50_000 }, targets: times(100, target) }
  for (const name of ['least-connections', 'peak-ewma']) {
    const result = simulate(scenario, { strategy: () => create(name), proxies: 10, until: { requests: 100_000 } })
    t.equal(result.requests, 100_000)
    t.ok(result.events <= 200_001, `${name}: ${result.events}`)
  }
  const reports = simulate(scenario, { strategy: () => create('load-aware'), proxies: 10, until: { requests: 100_000 }, pool: { ...plainPool, healthCheck } })
  t.ok(reports.events < 205_000, 'a probe for each pair of proxy and target once a second')
})

t.test('the end of the load: so many requests, or so much time', async t => {
  t.equal(simulate({ load: { connections: 3 }, targets: [target] }, { until: { requests: 100 } }).requests, 100)
  t.equal(simulate({ load: { rate: 100 }, targets: [target] }, { until: { requests: 100 } }).requests, 100)
  const { requests } = simulate({ load: { connections: 1 }, targets: [{ serviceTime: '10ms' }] }, { until: { duration: 1000 }, warmUp: 1000 })
  t.ok(requests >= 99 && requests <= 101, `${requests} after the warm-up`)
  t.throws(() => simulate({ targets: times(2, target), events: [{ at: 0.5, action: 'kill', target: 1 }] }, { until: { requests: 10 } }), /give a duration/)
})
