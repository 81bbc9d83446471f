import fc from 'fast-check'
import t from 'tap'
import { RoundRobin } from '../../src/balancing/round-robin.js'
import { systemClock } from '../../src/base/clock.js'
import { ProxyError } from '../../src/base/errors.js'
import { VirtualClock } from '../../src/base/virtual-clock.js'
import { ActiveCheck } from '../../src/health/active.js'
import { PassiveCheck } from '../../src/health/passive.js'
import type { PassiveHealth } from '../../src/health/passive-health.js'
import { Lease } from '../../src/upstream/lease.js'
import { cancelled, type Outcome } from '../../src/upstream/outcome.js'
import { Pool } from '../../src/upstream/pool.js'
import type { Target, TargetSpec } from '../../src/upstream/target.js'
import { context } from '../balancing/fake-candidate.js'

const RULES: PassiveHealth = { consecutiveFailures: 5, statuses: [502, 503, 504], failureRate: null, ejection: 30_000, maxEjection: 300_000, maxEjectedShare: 0.5 }
const RATE: PassiveHealth = { ...RULES, consecutiveFailures: 0, failureRate: { share: 0.5, window: 10_000, minimumRequests: 4 } }

const refused: Outcome = { kind: 'failure', error: new ProxyError('connection_refused', 'connect ECONNREFUSED') }
const answered = (status: number): Outcome => ({ kind: 'response', status })
const ok = answered(200)

const specs = (count: number): TargetSpec[] => Array.from({ length: count }, (_, i) => ({ url: `http://127.0.0.1:${i + 1}` }))

/** Outcomes reach the check the way they do in life: as the ends of a pool's leases. */
class FedPool extends Pool {
  #tell: (target: Target, outcome: Outcome) => void = () => {}

  override observe (observer: (target: Target, outcome: Outcome) => void): () => void {
    this.#tell = observer
    return super.observe(observer)
  }

  /** A request to this very target ends. */
  feed (target: Target, outcome: Outcome): void {
    new Lease(target, this.#tell, systemClock).settle(outcome)
  }
}

function create (count: number, rules: Partial<PassiveHealth> = {}, random = () => 0.5) {
  const clock = new VirtualClock()
  const pool = new FedPool({ name: 'api', strategy: () => new RoundRobin(), whenAllDown: 'try-anyway' })
  pool.reconcile(specs(count))
  const log: string[] = []
  const check = new PassiveCheck({
    rules: { ...RULES, ...rules },
    pool,
    clock,
    random,
    observer: {
      onEject: (target, reason, ms, n) => { log.push(`${clock.now()} :${target.address.port} out for ${ms}, ${n}: ${reason}`) },
      onReturn: target => { log.push(`${clock.now()} :${target.address.port} back`) }
    }
  })
  check.start()
  const target = (i = 0): Target => {
    const found = pool.targets[i]
    if (found === undefined) throw new Error('no such target')
    return found
  }
  const feed = (target: Target, ...outcomes: readonly Outcome[]): void => { for (const outcome of outcomes) pool.feed(target, outcome) }
  const fail = (target: Target, times = 5): void => { for (let i = 0; i < times; i++) pool.feed(target, refused) }
  const out = (): number[] => pool.targets.filter(target => target.vetoedBy.includes('passive')).map(({ address }) => address.port)
  return { clock, pool, check, log, target, feed, fail, out }
}

t.test('failures in a row eject for a while', async t => {
  const { clock, pool, target, fail, out, log } = create(2)
  fail(target(), 4)
  t.strictSame(out(), [])
  fail(target(), 1)
  t.strictSame(out(), [1])
  t.strictSame(pool.eligible, [target(1)])
  clock.advance(29_999)
  t.strictSame(out(), [1])
  clock.advance(1)
  t.strictSame(out(), [])
  t.strictSame(log, ['0 :1 out for 30000, 1: 5 failures in a row, the last: connection_refused (connect ECONNREFUSED)', '30000 :1 back'])
  t.same([target(), target(1)].map(({ counts }) => counts.ejections), [1, 0])
  t.equal(clock.pending, 0)
})

t.test('listens to the leases of the pool', async t => {
  const { pool, out } = create(2, { consecutiveFailures: 1 })
  pool.lease(context())?.settle(refused)
  t.strictSame(out(), [1])
})

t.test('what is a gateway failure, and what ends the row', async t => {
  for (const [outcome, ejects, ends] of [
    [refused, true, false],
    [answered(502), true, false],
    [answered(503), true, false],
    [answered(504), true, false],
    [answered(500), false, true],
    [answered(501), false, true],
    [answered(505), false, true],
    [answered(404), false, true],
    [answered(200), false, true],
    [answered(101), false, true],
    [cancelled, false, false]
  ] as const) {
    const label = outcome.kind === 'response' ? `status ${outcome.status}` : outcome.kind
    const often = create(2)
    often.feed(often.target(), outcome, outcome, outcome, outcome, outcome, outcome)
    t.equal(often.out().length === 1, ejects, `${label} ejects`)
    const between = create(2)
    between.fail(between.target(), 4)
    between.feed(between.target(), outcome)
    between.fail(between.target(), 1)
    t.equal(between.out().length === 0, ends, `${label} ends the row`)
  }
})

t.test('the statuses that count as gateway failures are the rules\' to name', async t => {
  for (const [statuses, status, ejects] of [
    [[500, 502], 500, true],
    [[500, 502], 503, false],
    [[], 502, false]
  ] as const) {
    const { target, feed, out } = create(2, { statuses })
    feed(target(), ...Array.from({ length: 5 }, () => answered(status)))
    t.equal(out().length === 1, ejects, `${status} of ${statuses.join()}`)
  }
  const { target, fail, out } = create(2, { statuses: [] })
  fail(target())
  t.strictSame(out(), [1], 'a failure needs no status')
})

t.test('0 in a row = never', async t => {
  const { target, fail, out } = create(2, { consecutiveFailures: 0 })
  fail(target(), 1000)
  t.strictSame(out(), [])
})

t.test('each target has a row of its own', async t => {
  const { target, fail, out } = create(4)
  fail(target(0), 4)
  fail(target(1), 4)
  t.strictSame(out(), [])
  fail(target(1), 1)
  t.strictSame(out(), [2])
})

t.test('a share of failures within the window ejects', async t => {
  const { clock, target, feed, out, log } = create(2, RATE)
  feed(target(), answered(500), ok, answered(500))
  t.strictSame(out(), [], 'too few to tell')
  feed(target(), cancelled, ok)
  t.strictSame(out(), [], 'a success ejects nobody')
  feed(target(), ok, answered(501))
  t.strictSame(out(), [1])
  t.strictSame(log, ['0 :1 out for 30000, 1: 3 of its last 6 requests failed, the last: status 501'])
  clock.advance(30_000)
  feed(target(), refused, refused, refused)
  t.strictSame(out(), [], 'counted from its return')
  feed(target(), refused)
  t.strictSame(out(), [1])
})

t.test('a target that returns has a clean record', async t => {
  const { clock, target, feed, fail, out } = create(2, { failureRate: { share: 0.5, window: 600_000, minimumRequests: 6 } })
  fail(target())
  fail(target(), 20)
  clock.advance(30_000)
  fail(target(), 4)
  t.strictSame(out(), [])
  feed(target(), answered(500))
  t.strictSame(out(), [], '5 failures, not in a row')
  feed(target(), answered(500))
  t.strictSame(out(), [1], '6 failures')
})

t.test('what left the window does not count', async t => {
  const { clock, target, feed, out } = create(2, RATE)
  feed(target(), refused, refused, refused)
  clock.advance(10_000)
  feed(target(), refused, ok, ok)
  t.strictSame(out(), [])
  feed(target(), ok, ok, refused)
  t.strictSame(out(), [], '2 of 6')
})

t.test('both rules may be at work', async t => {
  const { target, feed, fail, out, log } = create(4, { ...RATE, consecutiveFailures: 3 })
  fail(target(0), 3)
  feed(target(1), refused, answered(500), refused, answered(500))
  t.strictSame(out(), [1, 2])
  t.match(log[0], /3 failures in a row/)
  t.match(log[1], /4 of its last 4 requests failed, the last: status 500/)
})

t.test('each ejection is longer than the last, up to the maximum', async t => {
  const { clock, target, fail, log } = create(2, { maxEjection: 70_000 })
  for (const [length, n] of [[30_000, 1], [60_000, 2], [70_000, 3], [70_000, 3]] as const) {
    fail(target())
    t.match(log.at(-1), ` out for ${length}, ${n}:`)
    clock.advance(length)
    t.match(log.at(-1), ' back')
  }
})

t.test('good conduct makes the next one shorter by a step for each time of the first one\'s length', async t => {
  for (const [pause, n] of [[0, 4], [29_999, 4], [30_000, 3], [89_999, 2], [90_000, 1], [1e9, 1]] as const) {
    const { clock, target, fail, log } = create(2)
    for (const length of [30_000, 60_000, 90_000]) {
      fail(target())
      clock.advance(length)
    }
    clock.advance(pause)
    fail(target())
    t.match(log.at(-1), ` out for ${n * 30_000}, ${n}:`, `after ${pause} ms`)
  }
})

t.test('the count goes no further than the maximum needs, so a bad past is outlived', async t => {
  const { clock, target, fail, log } = create(2, { maxEjection: 60_000 })
  for (let i = 0; i < 20; i++) {
    fail(target())
    clock.advance(60_000)
  }
  clock.advance(60_000)
  fail(target())
  t.match(log.at(-1), ' out for 30000, 1:')
  const short = create(2, { maxEjection: 10_000 })
  short.fail(short.target())
  t.match(short.log[0], ' out for 10000, 1:', 'the maximum may be below the first length')
})

t.test('ejections are up to a tenth shorter or longer', async t => {
  for (const [random, length] of [[0, 27_000], [0.25, 28_500], [0.75, 31_500], [1, 33_000]] as const) {
    const { clock, target, fail, out } = create(2, {}, () => random)
    fail(target())
    clock.advance(length - 1)
    t.strictSame(out(), [1])
    clock.advance(1)
    t.strictSame(out(), [], `${random}`)
  }
})

t.test('how many may be out at once', async t => {
  for (const [count, share, most] of [
    [1, 0.5, 0], [1, 1, 0], [2, 0.5, 1], [2, 1, 1], [2, 0.1, 1], [2, 0, 0], [3, 0.5, 1], [4, 0.5, 2], [5, 0.5, 2], [5, 1, 4], [10, 0.3, 3], [100, 0.29, 29]
  ] as const) {
    const { pool, fail, out } = create(count, { maxEjectedShare: share })
    for (const target of pool.targets) fail(target)
    t.equal(out().length, most, `${share} of ${count}`)
    t.notOk(pool.panicking)
  }
})

t.test('one for which there was no room goes with its next failure', async t => {
  const { clock, target, fail, out } = create(3)
  fail(target(0))
  fail(target(1), 50)
  t.strictSame(out(), [1])
  clock.advance(30_000)
  t.strictSame(out(), [])
  fail(target(1), 1)
  t.strictSame(out(), [2])
})

t.test('the last target that serves is never ejected, whoever keeps the others out', async t => {
  for (const judge of ['active', 'admin'] as const) {
    const { target, fail, out } = create(3, { maxEjectedShare: 1 })
    target(1).judge(judge, false)
    target(2).judge(judge, false)
    fail(target(0), 50)
    t.strictSame(out(), [], judge)
    target(1).judge(judge, true)
    fail(target(0), 1)
    t.strictSame(out(), [1], judge)
  }
  const weightless = create(0)
  weightless.pool.reconcile([{ url: 'http://127.0.0.1:1' }, { url: 'http://127.0.0.1:2', weight: 0 }])
  weightless.fail(weightless.target())
  t.strictSame(weightless.out(), [])
})

t.test('a target that is full serves', async t => {
  const { pool, target, fail, out } = create(2, { maxEjectedShare: 1 })
  pool.reconcile(specs(2).map(spec => ({ ...spec, maxConnections: 1 })))
  const other = new Lease(target(1), () => {}, systemClock)
  t.strictSame(target(1).vetoedBy, ['full'])
  fail(target(0))
  t.strictSame(out(), [1])
  other.settle(cancelled)
})

t.test('when the last one that serves fails too, the one that has been out longest takes its place', async t => {
  const { clock, target, fail, out } = create(3, { maxEjectedShare: 1 })
  fail(target(1))
  clock.advance(1000)
  fail(target(0))
  t.strictSame(out(), [1, 2])
  clock.advance(1000)
  fail(target(2), 4)
  t.strictSame(out(), [1, 2])
  fail(target(2), 1)
  t.strictSame(out(), [1, 3])
  fail(target(1))
  t.strictSame(out(), [2, 3], 'and so on')
})

t.test('an outage of all does not drive them to the longest ejection, nor fill the log', async t => {
  const { clock, target, fail, out, log } = create(2)
  for (let second = 0; second < 20; second++) {
    for (let i = 0; i < 100; i++) for (const index of [0, 1]) if (!out().includes(index + 1)) fail(target(index), 1)
    clock.advance(1000)
  }
  t.ok(log.filter(line => line.includes('ejected')).length <= 21, log.join('; '))
  clock.advance(33_000)
  t.strictSame(out(), [])
})

t.test('one that is down for its probes as well takes nobody\'s place', async t => {
  const { target, fail, out } = create(2)
  fail(target(0))
  target(0).judge('active', false)
  fail(target(1))
  t.strictSame(out(), [1])
})

t.test('one that another judge keeps out takes up no room', async t => {
  const { target, fail, out } = create(4, { maxEjectedShare: 0.25 })
  target(0).judge('active', false)
  fail(target(0))
  fail(target(1))
  t.strictSame(out(), [2])
})

t.test('what an ejected target still had under way, or gets in panic, changes nothing', async t => {
  const { clock, pool, target, fail, feed, out, log } = create(2)
  fail(target())
  fail(target(), 20)
  feed(target(), ok)
  t.strictSame(out(), [1])
  target(1).judge('active', false)
  t.ok(pool.panicking)
  fail(target(0), 20)
  fail(target(1), 20)
  t.strictSame(out(), [1])
  clock.advance(30_000)
  t.strictSame(out(), [])
  fail(target(), 4)
  t.equal(log.length, 2)
  target(1).judge('active', true)
  t.strictSame(out(), [])
})

t.test('active over passive: who comes up again is absolved', async t => {
  const { clock, check, target, fail, out, log } = create(2)
  fail(target())
  clock.advance(1000)
  target().judge('active', false)
  target().judge('active', true)
  t.strictSame(out(), [1], 'the veto of one is not lifted by the other\'s word alone')
  check.absolve(target())
  t.strictSame(out(), [])
  t.strictSame(log.slice(1), ['1000 :1 back'])
  t.equal(clock.pending, 0)
  fail(target())
  t.match(log.at(-1), ' out for 60000, 2:', 'the next one is longer all the same')
})

t.test('active over passive: down stays out when the ejection is over', async t => {
  const { clock, target, fail, pool } = create(2)
  fail(target())
  target().judge('active', false)
  clock.advance(30_000)
  t.strictSame(target().vetoedBy, ['active'])
  t.strictSame(pool.eligible, [target(1)])
})

t.test('to be absolved clears the record of one that was not ejected, and is harmless for others', async t => {
  const { check, target, fail, out, log } = create(2)
  check.absolve(target())
  fail(target(), 4)
  check.absolve(target())
  fail(target(), 4)
  t.strictSame(out(), [])
  t.strictSame(log, [])
})

t.test('active over passive: a probe that passes and changes nothing absolves nobody', async t => {
  const { clock, pool, check, target, fail, out } = create(2)
  let down = 0
  const active = new ActiveCheck({
    schedule: { interval: 5000, intervalDown: 5000, jitter: 0, timeout: 1000, rise: 1, fall: 1 },
    pool,
    probe: { check: async ({ port }) => { if (port === down) throw new Error('no') } },
    clock,
    random: () => 0.5,
    observer: { onFlip: (target, up) => { if (up) check.absolve(target) } }
  })
  active.start()
  await clock.advanceAsync(1000)
  fail(target())
  await clock.advanceAsync(20_000)
  t.strictSame(target().vetoedBy, ['passive'], 'four passed')
  down = 1
  await clock.advanceAsync(5000)
  t.strictSame(target().vetoedBy, ['active', 'passive'])
  down = 0
  await clock.advanceAsync(5000)
  t.strictSame(out(), [], 'up again before its 30 s are over')
  t.ok(target().eligible)
  await active.stop()
  t.equal(clock.pending, 0)
})

t.test('one that withdraws is out for a first ejection, without a fault counted', async t => {
  const { clock, pool, check, target, fail, out, log } = create(3, { maxEjectedShare: 0 })
  fail(target(), 4)
  check.withdraw(target())
  check.withdraw(target())
  t.strictSame(out(), [1], 'at once, whatever the share')
  t.strictSame(pool.eligible, [target(1), target(2)])
  clock.advance(30_000)
  t.strictSame(out(), [])
  t.strictSame(log, ['0 :1 out for 30000, 0: the target is draining', '30000 :1 back'])
  t.equal(target().counts.ejections, 0)
  t.equal(clock.pending, 0)
})

t.test('to withdraw neither adds to ejections nor takes away what was atoned', async t => {
  const { clock, check, target, fail, log } = create(2)
  for (let i = 1; i <= 2; i++) {
    fail(target())
    clock.advance(30_000 * i)
  }
  clock.advance(30_000)
  check.withdraw(target())
  t.match(log.at(-1), 'out for 30000, 1: the target is draining', 'one of two is atoned')
  clock.advance(30_000)
  fail(target())
  t.match(log.at(-1), 'out for 60000, 2:')
})

t.test('the last one that serves cannot withdraw, nor one that left', async t => {
  const { pool, check, target, fail, out, log, clock } = create(2)
  const gone = target(0)
  fail(gone)
  check.withdraw(target(1))
  t.strictSame(out(), [1])
  clock.advance(30_000)
  pool.reconcile(specs(3).slice(1))
  check.reconcile()
  check.withdraw(gone)
  t.strictSame(gone.vetoedBy, [])
  t.equal(log.length, 2)
  t.equal(clock.pending, 0)
})

t.test('one that withdraws is out no longer than the longest ejection, and an absolution ends that too', async t => {
  const { clock, check, target, out } = create(2, { ejection: 60_000, maxEjection: 10_000 })
  check.withdraw(target())
  clock.advance(10_000)
  t.strictSame(out(), [])
  check.withdraw(target())
  check.absolve(target())
  t.strictSame(out(), [])
  t.equal(clock.pending, 0)
})

t.test('reconcile forgets who left and keeps who stayed', async t => {
  const { clock, pool, check, target, fail, out, log } = create(4)
  const [gone, stays] = [target(0), target(1)]
  fail(gone)
  fail(stays)
  fail(target(2))
  t.strictSame(out(), [1, 2], 'no room for a third')
  t.equal(clock.pending, 2)
  pool.reconcile(specs(5).slice(1))
  check.reconcile()
  t.equal(clock.pending, 1)
  t.strictSame(out(), [2])
  fail(target(2))
  t.strictSame(out(), [2, 4], 'its place is free')
  fail(gone)
  check.reconcile()
  clock.advance(40_000)
  t.strictSame(log.filter(line => line.includes(':1 ')).length, 1, 'nothing more about it')
  t.equal(clock.pending, 0)
  pool.reconcile(specs(5))
  check.reconcile()
  t.not(target(0), gone)
  fail(target(0), 4)
  t.strictSame(out(), [], 'who comes back under the same name is new')
})

t.test('a failure rate keeps nothing of a target that left', async t => {
  const { pool, check, target, feed, out } = create(2, RATE)
  const gone = target(0)
  pool.reconcile(specs(2).slice(1))
  check.reconcile()
  feed(gone, ok, refused, refused, refused, refused)
  t.strictSame(gone.vetoedBy, [])
  t.strictSame(out(), [])
})

t.test('to stop leaves the vetoes and no timer', async t => {
  const { clock, check, target, fail, out, log } = create(4)
  fail(target(0))
  check.stop()
  t.equal(clock.pending, 0)
  fail(target(1))
  check.withdraw(target(1))
  check.absolve(target(0))
  check.reconcile()
  t.equal(clock.pending, 0)
  clock.advance(1e6)
  t.strictSame(out(), [1])
  t.equal(log.length, 1)
})

t.test('always: someone who serves is left, the share is kept, and each one out has its timer', async t => {
  const step = fc.record({
    index: fc.nat(5),
    what: fc.constantFrom('fail', 'fail', 'fail', 'fail', 'succeed', 'err', 'absolve', 'pause', 'leave'),
    pause: fc.nat(40_000)
  })
  const rules = fc.record({ consecutiveFailures: fc.constantFrom(0, 1, 2), failureRate: fc.constantFrom(null, RATE.failureRate), maxEjectedShare: fc.constantFrom(0, 0.3, 0.5, 1) })
  t.doesNotThrow(() => fc.assert(fc.property(fc.integer({ min: 1, max: 6 }), rules, fc.array(step, { maxLength: 80 }), (count, rules, steps) => {
    const { clock, pool, check, fail, feed, out } = create(count, rules)
    let joined = 100
    for (const { index, what, pause } of steps) {
      const target = pool.targets[index % pool.targets.length]
      if (target === undefined) throw new Error('no such target')
      const before = out().length
      if (what === 'fail') fail(target, 1)
      else if (what === 'succeed') feed(target, ok)
      else if (what === 'err') feed(target, answered(500))
      else if (what === 'absolve') check.absolve(target)
      else if (what === 'pause') clock.advance(pause)
      else {
        const others = pool.targets.filter(other => other !== target)
        pool.reconcile([...others, { url: `http://127.0.0.1:${joined++}` }].map(({ url }) => ({ url })))
        check.reconcile()
      }
      const after = out().length
      const most = pool.targets.length < 2 ? 0 : Math.max(rules.maxEjectedShare === 0 ? 0 : 1, Math.floor(pool.targets.length * rules.maxEjectedShare))
      if (after > before && (after > most || pool.panicking || pool.eligible.length === 0)) return false
      if (clock.pending !== after) return false
    }
    clock.advance(1e6)
    return out().length === 0 && clock.pending === 0
  })))
})
