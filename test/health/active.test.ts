import t from 'tap'
import { seededRandom } from '../../src/base/random.js'
import { VirtualClock } from '../../src/base/virtual-clock.js'
import { RoundRobin } from '../../src/balancing/round-robin.js'
import { ActiveCheck, type CheckResult } from '../../src/health/active.js'
import type { ProbeSchedule } from '../../src/health/health-check.js'
import type { Probe } from '../../src/health/probe.js'
import { TargetDraining } from '../../src/health/target-draining.js'
import type { TargetAddress } from '../../src/upstream/address.js'
import { Pool } from '../../src/upstream/pool.js'
import type { Target } from '../../src/upstream/target.js'

const SCHEDULE: ProbeSchedule = { interval: 5000, intervalDown: 10_000, jitter: 0, timeout: 2000, rise: 2, fall: 3 }

type Behaviour = (signal: AbortSignal, address: TargetAddress) => Promise<void>
const pass: Behaviour = async () => {}
const refuse: Behaviour = async () => { throw new Error('connect ECONNREFUSED') }
const drain: Behaviour = async () => { throw new TargetDraining() }
/** As a good probe does when its target hangs. */
const hang: Behaviour = signal => new Promise((_resolve, reject) => { signal.addEventListener('abort', () => { reject(signal.reason) }) })

/** A probe that does as it is told, and what it was asked. */
class FakeProbe implements Probe {
  behaviour: Behaviour = pass
  readonly asked: Array<{ readonly port: number, readonly at: number, readonly signal: AbortSignal }> = []
  constructor (readonly clock: VirtualClock) {}

  check (address: TargetAddress, signal: AbortSignal): Promise<void> {
    this.asked.push({ port: address.port, at: this.clock.now(), signal })
    return this.behaviour(signal, address)
  }

  times (port: number): number[] {
    return this.asked.filter(asked => asked.port === port).map(({ at }) => at)
  }
}

function create (count: number, schedule: Partial<ProbeSchedule> = {}) {
  const clock = new VirtualClock()
  const probe = new FakeProbe(clock)
  const pool = new Pool({ name: 'api', strategy: () => new RoundRobin(), whenAllDown: 'fail' })
  const specs = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => ({ url: `http://127.0.0.1:${from + i}` }))
  pool.reconcile(specs(1, count + 1))
  const flips: string[] = []
  const results: Array<CheckResult & { readonly target: Target }> = []
  const observer = {
    onFlip: (target: Target, up: boolean, reason: string, tookMs: number) => {
      flips.push(`${clock.now()} :${target.address.port} ${up ? 'up' : 'down'} ${reason} ${tookMs}`)
    },
    onResult: (target: Target, result: CheckResult) => { results.push({ target, ...result }) }
  }
  const make = (): ActiveCheck => new ActiveCheck({ schedule: { ...SCHEDULE, ...schedule }, pool, probe, clock, random: seededRandom(1), observer })
  const target = (i = 0): Target => {
    const found = pool.targets[i]
    if (found === undefined) throw new Error('no such target')
    return found
  }
  return { clock, probe, pool, specs, flips, results, make, check: make(), target }
}

/** Has it resolved by now? */
async function settled (promise: Promise<unknown>): Promise<boolean> {
  let done = false
  promise.then(() => { done = true }, () => { done = true })
  await new Promise(resolve => { setImmediate(resolve) })
  return done
}

t.test('first probes go out at once and in parallel; a target serves after its first success', async t => {
  const { clock, probe, pool, check, flips } = create(3)
  check.start()
  t.strictSame(probe.asked.map(({ port, at }) => [port, at]), [[1, 0], [2, 0], [3, 0]])
  t.strictSame(pool.targets.map(({ vetoedBy }) => vetoedBy), [['active'], ['active'], ['active']])
  t.equal(check.isUp(pool.targets[0]!), null)
  t.ok(await settled(check.ready))
  t.strictSame(pool.eligible, pool.targets)
  t.strictSame(flips, ['0 :1 up check passed 0', '0 :2 up check passed 0', '0 :3 up check passed 0'])
  await clock.advanceAsync(12_000)
  t.strictSame(probe.times(2), [0, 5000, 10_000])
  t.equal(flips.length, 3)
  await check.stop()
  t.equal(clock.pending, 0)
})

t.test('fall failures in a row take it down, a slower interval follows, rise successes bring it back', async t => {
  const { clock, probe, check, flips, target } = create(1)
  check.start()
  await clock.advanceAsync(1000)
  probe.behaviour = refuse
  await clock.advanceAsync(9500)
  t.ok(target().eligible, 'two failures are not enough')
  await clock.advanceAsync(5000)
  t.notOk(target().eligible)
  t.equal(check.isUp(target()), false)
  await clock.advanceAsync(15_000)
  probe.behaviour = pass
  await clock.advanceAsync(20_000)
  t.strictSame(probe.times(1), [0, 5000, 10_000, 15_000, 25_000, 35_000, 45_000, 50_000])
  t.strictSame(flips, ['0 :1 up check passed 0', '15000 :1 down connect ECONNREFUSED 0', '45000 :1 up check passed 0'])
  t.match(target().counts, { passedChecks: { count: 4 }, failedChecks: { count: 4 }, lastCheck: { at: 50_000, passed: true, reason: 'check passed', tookMs: 0 } })
  t.ok(target().eligible)
  await check.stop()
})

t.test('one that never passed is down with its first failure and comes up with its first success', async t => {
  const { clock, probe, check, flips, target } = create(1, { rise: 5 })
  probe.behaviour = refuse
  check.start()
  t.ok(await settled(check.ready), 'a failure is a first verdict, too')
  await clock.advanceAsync(10_000)
  t.strictSame(target().vetoedBy, ['active'])
  probe.behaviour = pass
  await clock.advanceAsync(10_000)
  t.strictSame(flips, ['0 :1 down connect ECONNREFUSED 0', '20000 :1 up check passed 0'])
  t.ok(target().eligible)
  await check.stop()
})

t.test('a target whose probe says that it drains is down at once, and comes back with rise successes', async t => {
  const { clock, probe, check, flips, results, target } = create(1)
  check.start()
  await clock.advanceAsync(1000)
  probe.behaviour = drain
  await clock.advanceAsync(4000)
  t.strictSame(target().vetoedBy, ['active'])
  t.match(results.at(-1), { passed: false, draining: true })
  await clock.advanceAsync(10_000)
  probe.behaviour = pass
  await clock.advanceAsync(10_000)
  t.notOk(target().eligible, 'one success is not enough')
  await clock.advanceAsync(10_000)
  t.strictSame(probe.times(1), [0, 5000, 15_000, 25_000, 35_000], 'at the slower interval meanwhile')
  t.strictSame(flips, ['0 :1 up check passed 0', '5000 :1 down the target is draining 0', '35000 :1 up check passed 0'])
  await check.stop()
})

t.test('a target whose very first probe says that it drains is down, and comes up with its first success', async t => {
  const { clock, probe, check, flips, target } = create(1)
  probe.behaviour = drain
  check.start()
  t.ok(await settled(check.ready), 'that is a verdict')
  probe.behaviour = pass
  await clock.advanceAsync(10_000)
  t.strictSame(flips, ['0 :1 down the target is draining 0', '10000 :1 up check passed 0'])
  t.ok(target().eligible)
  await check.stop()
})

t.test('a target that withdraws is down at once, though a probe passes; rise successes bring it back', async t => {
  const { clock, probe, check, pool, flips, target } = create(2)
  check.start()
  await clock.advanceAsync(4999)
  check.withdraw(target())
  check.withdraw(target())
  t.strictSame(target().vetoedBy, ['active'])
  t.strictSame(pool.eligible, [target(1)])
  t.equal(check.isUp(target()), false)
  await clock.advanceAsync(1)
  t.notOk(target().eligible)
  await clock.advanceAsync(10_000)
  t.ok(target().eligible)
  t.strictSame(probe.times(1), [0, 5000, 15_000])
  t.strictSame(flips.slice(2), ['4999 :1 down the target is draining 0', '15000 :1 up check passed 0'])
  await check.stop()
})

t.test('a target that withdraws before its first result, or when it is down, changes no more than that', async t => {
  const { clock, probe, check, flips, target } = create(1)
  probe.behaviour = refuse
  check.start()
  check.withdraw(target())
  t.strictSame(target().vetoedBy, ['active'])
  await clock.advanceAsync(1000)
  check.withdraw(target())
  t.strictSame(flips, ['0 :1 down the target is draining 0'])
  await check.stop()
})

t.test('nobody can withdraw who is not watched', async t => {
  const { clock, pool, specs, check, flips, target } = create(2)
  const gone = target(0)
  check.withdraw(gone)
  check.start()
  await clock.advanceAsync(0)
  pool.reconcile(specs(2, 3))
  check.reconcile()
  gone.judge('active', true)
  check.withdraw(gone)
  t.ok(gone.eligible)
  await check.stop()
  check.withdraw(target())
  t.ok(target().eligible, 'after a stop the verdicts stand')
  t.equal(flips.length, 2)
})

t.test('every result is told, with the time it took', async t => {
  const { clock, probe, check, results, target } = create(1)
  probe.behaviour = () => new Promise(resolve => { clock.after(30, resolve) })
  check.start()
  await clock.advanceAsync(5030)
  probe.behaviour = refuse
  await clock.advanceAsync(5000)
  t.strictSame(results, [
    { target: target(), passed: true, reason: 'check passed', tookMs: 30, draining: false, report: null },
    { target: target(), passed: true, reason: 'check passed', tookMs: 30, draining: false, report: null },
    { target: target(), passed: false, reason: 'connect ECONNREFUSED', tookMs: 0, draining: false, report: null }
  ])
  await check.stop()
})

t.test('a probe that takes too long has failed, whether it heeds the signal or not', async t => {
  for (const behaviour of [hang, () => new Promise<void>(() => {})]) {
    const { clock, probe, check, flips } = create(1)
    probe.behaviour = behaviour
    check.start()
    await clock.advanceAsync(1999)
    t.notOk(await settled(check.ready))
    await clock.advanceAsync(1)
    t.ok(await settled(check.ready))
    t.strictSame(flips, ['2000 :1 down no result within 2000 ms 2000'])
    t.ok(probe.asked[0]?.signal.aborted)
    await clock.advanceAsync(20_000)
    t.strictSame(probe.times(1), [0, 10_000, 20_000], 'the interval counts from start to start')
    const stopped = check.stop()
    await clock.advanceAsync(2000)
    await stopped
    t.equal(clock.pending, 0)
  }
})

t.test('a result that comes after the deadline is not counted again', async t => {
  const { clock, probe, check, results } = create(1)
  let late: () => void = () => {}
  probe.behaviour = () => new Promise(resolve => { late = resolve })
  check.start()
  await clock.advanceAsync(2000)
  late()
  await clock.advanceAsync(1000)
  t.strictSame(results.map(({ passed }) => passed), [false])
  await check.stop()
})

t.test('a probe that takes longer than the interval is followed by the next, one at a time', async t => {
  const { clock, probe, check } = create(1, { interval: 1000, intervalDown: 1000, timeout: 3000 })
  let open = 0
  probe.behaviour = async () => {
    t.equal(++open, 1)
    await new Promise<void>(resolve => { clock.after(2500, resolve) })
    open--
  }
  check.start()
  await clock.advanceAsync(6000)
  t.strictSame(probe.times(1), [0, 2501, 5002])
  const stopped = check.stop()
  await clock.advanceAsync(3000)
  await stopped
})

t.test('whatever a probe throws or rejects with, the schedule goes on and the reason can be logged', async t => {
  const odd = new Error('')
  Object.defineProperty(odd, 'message', { get () { throw new Error('gotcha') } })
  const several = new AggregateError([new Error('connect ECONNREFUSED ::1:1'), new Error('connect ECONNREFUSED 127.0.0.1:1')])
  for (const [thrown, reason] of [
    [undefined, 'check failed'], [null, 'check failed'], ['in words', 'in words'], ['', 'check failed'], [42, 'check failed'], [{ message: 'no' }, 'check failed'],
    [new TypeError(''), 'TypeError'], [odd, 'check failed'], [several, 'connect ECONNREFUSED ::1:1; connect ECONNREFUSED 127.0.0.1:1'],
    [new Proxy({}, { getPrototypeOf () { throw new Error('gotcha') } }), 'check failed']
  ] as const) {
    for (const behaviour of [() => { throw thrown }, () => Promise.reject(thrown)]) {
      const { clock, probe, check, results } = create(1)
      probe.behaviour = behaviour
      check.start()
      await clock.advanceAsync(10_000)
      t.strictSame(results.map(result => result.reason), [reason, reason])
      await check.stop()
      t.equal(clock.pending, 0)
    }
  }
})

t.test('jitter spreads the probes around the interval', async t => {
  const { clock, probe, check } = create(1, { jitter: 0.1 })
  check.start()
  for (let i = 0; i < 200; i++) await clock.advanceAsync(5000)
  const times = probe.times(1)
  const gaps = times.slice(1).map((at, i) => at - (times[i] ?? 0))
  t.ok(gaps.every(gap => gap >= 4500 && gap <= 5500), `${Math.min(...gaps)} to ${Math.max(...gaps)}`)
  t.ok(Math.min(...gaps) < 4600 && Math.max(...gaps) > 5400, `${Math.min(...gaps)} to ${Math.max(...gaps)}`)
  await check.stop()
})

t.test('targets have schedules of their own: one that hangs does not hold up another', async t => {
  const { clock, probe, pool, check } = create(2)
  probe.behaviour = (signal, { port }) => port === 1 ? hang(signal, pool.targets[0]!.address) : Promise.resolve()
  check.start()
  await clock.advanceAsync(6000)
  t.strictSame(pool.eligible, [pool.targets[1]])
  t.strictSame(probe.times(2), [0, 5000])
  await check.stop()
})

t.test('reconcile: newcomers are vetoed and probed at once, survivors keep their schedule, the rest is let go', async t => {
  const { clock, probe, pool, specs, check, target, flips } = create(2)
  check.start()
  await clock.advanceAsync(1000)
  const [first] = pool.targets
  probe.behaviour = hang
  pool.reconcile(specs(2, 4))
  check.reconcile()
  t.strictSame(probe.times(3), [1000])
  t.strictSame(pool.eligible, [target(0)])
  t.equal(check.isUp(first!), null)
  probe.behaviour = pass
  await clock.advanceAsync(15_000)
  t.strictSame(probe.times(1), [0], 'nobody asks a target that left')
  t.strictSame(probe.times(2), [0, 5000, 10_000, 15_000])
  t.strictSame(flips.slice(2), ['3000 :3 down no result within 2000 ms 2000', '11000 :3 up check passed 0'])
  pool.reconcile([])
  check.reconcile()
  await clock.advanceAsync(0)
  t.equal(clock.pending, 0)
  await check.stop()
})

t.test('a target that leaves before its first result is not waited for, and is not judged any more', async t => {
  const { clock, probe, pool, specs, check, results } = create(2)
  probe.behaviour = (signal, address) => address.port === 1 ? hang(signal, address) : Promise.resolve()
  check.start()
  t.notOk(await settled(check.ready))
  pool.reconcile(specs(2, 3))
  check.reconcile()
  t.ok(await settled(check.ready))
  await clock.advanceAsync(3000)
  t.strictSame(results.map(({ target }) => target.address.port), [2])
  await check.stop()
})

t.test('an empty pool is ready at once', async t => {
  const { check } = create(0)
  t.notOk(await settled(check.ready), 'though not before the start')
  check.start()
  t.ok(await settled(check.ready))
  await check.stop()
})

t.test('stop gives up probes under way, waits until they are quiet, and leaves the verdicts', async t => {
  const { clock, probe, pool, check, results } = create(2)
  check.start()
  await clock.advanceAsync(4000)
  let quiet: () => void = () => {}
  probe.behaviour = (signal, address) => address.port === 1
    ? new Promise((_resolve, reject) => { signal.addEventListener('abort', () => { quiet = () => { reject(new Error('late')) } }) })
    : hang(signal, address)
  await clock.advanceAsync(1000)
  t.equal(probe.asked.length, 4)
  const stopped = check.stop()
  t.ok(probe.asked.slice(2).every(({ signal }) => signal.aborted))
  t.notOk(await settled(stopped))
  quiet()
  t.ok(await settled(stopped))
  t.equal(clock.pending, 0)
  t.equal(results.length, 2)
  t.strictSame(pool.eligible, pool.targets)
  check.reconcile()
  await clock.advanceAsync(60_000)
  t.equal(probe.asked.length, 4)
})

t.test('stop does not wait for ever, and makes those who wait for readiness go on', async t => {
  const { clock, probe, check } = create(1)
  probe.behaviour = () => new Promise(() => {})
  check.start()
  const stopped = check.stop()
  t.ok(await settled(check.ready))
  t.notOk(await settled(stopped))
  await clock.advanceAsync(2000)
  t.ok(await settled(stopped))
  t.equal(clock.pending, 0)
})

t.test('a check that takes over keeps what the one before it knew', async t => {
  const { clock, probe, pool, specs, check, make, flips } = create(2)
  probe.behaviour = (signal, address) => address.port === 1 ? pass(signal, address) : refuse(signal, address)
  check.start()
  await clock.advanceAsync(1000)
  pool.reconcile(specs(1, 4))
  probe.behaviour = hang
  const next = make()
  next.start(target => check.isUp(target))
  await check.stop()
  t.strictSame(pool.eligible, [pool.targets[0]])
  t.strictSame(pool.targets.map(target => next.isUp(target)), [true, false, null])
  t.notOk(await settled(next.ready), 'the new target is not judged')
  probe.behaviour = pass
  await clock.advanceAsync(12_000)
  t.ok(await settled(next.ready))
  t.strictSame(flips.slice(2), ['3000 :3 down no result within 2000 ms 2000', '11000 :3 up check passed 0'])
  await next.stop()
})

t.test('after maintenance a target is being checked, not down, until its check has said something', async t => {
  const { clock, probe, pool, check, target } = create(1)
  const url = target().url
  check.start()
  await clock.advanceAsync(1000)
  t.equal(target().state, 'up')
  pool.reconcile([{ url, maintenance: true }])
  check.reconcile()
  t.equal(target().state, 'maint')
  probe.behaviour = hang
  pool.reconcile([{ url }])
  check.reconcile()
  t.match(target().counts.lastCheck, { passed: true }, 'the last result is an old one')
  t.equal(target().state, 'checking')
  await clock.advanceAsync(2000)
  t.equal(target().state, 'down')
  await check.stop()
})
