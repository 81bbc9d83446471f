import fc from 'fast-check'
import t from 'tap'
import { CallbackDeadline, Deadline, TimerWheel } from '../../src/base/timer-wheel.js'
import { VirtualClock } from '../../src/base/virtual-clock.js'

const TICK = 25

t.test('fires at the first tick at or after the deadline', async t => {
  for (const [armedAt, delay, expected] of [[0, 0, 25], [0, 1, 25], [0, 25, 25], [0, 26, 50], [10, 16, 50], [10, 15, 25], [24.9, 0.1, 25], [3, 60_000, 60_025]] as const) {
    const clock = new VirtualClock()
    const wheel = new TimerWheel(clock, TICK)
    let at = -1
    clock.advance(armedAt)
    wheel.arm(new CallbackDeadline(() => { at = clock.now() }), delay)
    clock.advance(100_000)
    t.equal(at, expected, `armed at ${armedAt} for ${delay}`)
    t.equal(wheel.size, 0)
    t.equal(clock.pending, 0, 'the timer rests when nothing is armed')
  }
})

t.test('arming anew replaces the deadline; disarming is harmless twice', async t => {
  const clock = new VirtualClock()
  const wheel = new TimerWheel(clock)
  let fired = 0
  const deadline = new CallbackDeadline(() => { fired++ })
  wheel.disarm(deadline)
  wheel.arm(deadline, 100)
  wheel.arm(deadline, 1000)
  t.equal(wheel.size, 1)
  clock.advance(500)
  t.equal(fired, 0)
  t.ok(deadline.armed)
  clock.advance(525)
  t.equal(fired, 1)
  t.notOk(deadline.armed)
  wheel.arm(deadline, 100)
  wheel.disarm(deadline)
  wheel.disarm(deadline)
  t.equal(wheel.size, 0)
  clock.advance(5000)
  t.equal(fired, 1)
  t.equal(clock.pending, 0)
})

t.test('expired() may disarm its neighbours and arm itself anew', async t => {
  const clock = new VirtualClock()
  const wheel = new TimerWheel(clock, TICK)
  const log: string[] = []
  const first = new CallbackDeadline(() => { log.push(`first@${clock.now()}`); wheel.disarm(second); wheel.disarm(third) })
  const second = new CallbackDeadline(() => { log.push(`second@${clock.now()}`); wheel.disarm(first); wheel.disarm(third) })
  const third = new CallbackDeadline(() => { log.push(`third@${clock.now()}`); wheel.disarm(first); wheel.disarm(second) })
  const repeated = new CallbackDeadline(() => { log.push(`repeated@${clock.now()}`); if (clock.now() < 75) wheel.arm(repeated, 0) })
  for (const deadline of [first, second, third, repeated]) wheel.arm(deadline, 20)
  clock.advance(1000)
  t.strictSame(log.sort(), ['repeated@25', 'repeated@50', 'repeated@75', 'third@25'])
})

t.test('after a pause longer than a turn every due deadline fires once and the others not at all', async t => {
  const clock = new VirtualClock()
  let now = 0
  // A machine that slept: its time jumps, and the one timer that was due comes late.
  const sleepy = { now: () => now, wallTime: () => now, after: clock.after.bind(clock) }
  const wheel = new TimerWheel(sleepy, TICK)
  const fired: number[] = []
  for (let i = 0; i < 2000; i++) wheel.arm(new CallbackDeadline(() => { fired.push(i) }), i * 20)
  now = 512 * TICK * 2 + 7
  clock.advance(TICK)
  t.strictSame(fired.sort((a, b) => a - b), Array.from({ length: Math.floor(512 * 2 * TICK / 20) + 1 }, (_, i) => i))
  t.equal(wheel.size, 2000 - fired.length)
})

type Step =
  | { readonly do: 'arm', readonly which: number, readonly delay: number, readonly then: Then }
  | { readonly do: 'disarm', readonly which: number }
  | { readonly do: 'advance', readonly by: number }
/** What a deadline does when it fires. */
type Then = { readonly rearm: number | null, readonly disarm: number | null, readonly arm: { readonly which: number, readonly delay: number } | null }

const COUNT = 12
const which = fc.nat(COUNT - 1)
const delay = fc.oneof(fc.nat(200), fc.nat(30_000), fc.double({ min: 0, max: 500, noNaN: true }))
const then = fc.record<Then>({
  rearm: fc.option(delay, { freq: 2 }),
  disarm: fc.option(which),
  arm: fc.option(fc.record({ which, delay }))
})
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('arm' as const), which, delay, then }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('disarm' as const), which }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('advance' as const), by: fc.oneof(fc.nat(100), fc.nat(20_000), fc.double({ min: 0, max: 60, noNaN: true })) }) }
)

t.test('keeps to a naive model: never early, at most one tick late, none lost, none twice', async t => {
  let firings = 0
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), steps => {
    const clock = new VirtualClock()
    const wheel = new TimerWheel(clock, TICK)
    /** Index -> when it is due. */
    const model = new Map<number, number>()
    const arm = (index: number, delay: number): void => {
      const deadline = deadlines[index]
      if (deadline === undefined) throw new Error('no such deadline')
      wheel.arm(deadline, delay)
      model.set(index, clock.now() + delay)
    }
    const disarm = (index: number): void => {
      const deadline = deadlines[index]
      if (deadline !== undefined) wheel.disarm(deadline)
      model.delete(index)
    }
    class Modelled extends Deadline {
      then: Then = { rearm: null, disarm: null, arm: null }
      constructor (readonly index: number) { super() }

      expired (): void {
        const due = model.get(this.index)
        if (due === undefined) throw new Error('fired though it was not armed')
        if (clock.now() < due) throw new Error(`early: ${clock.now()} < ${due}`)
        if (clock.now() > due + TICK) throw new Error(`late: ${clock.now()} > ${due} + ${TICK}`)
        if (this.armed) throw new Error('armed still')
        model.delete(this.index)
        firings++
        const { rearm, disarm: victim, arm: other } = this.then
        this.then = { rearm: null, disarm: null, arm: null }
        if (rearm !== null) arm(this.index, rearm)
        if (victim !== null) disarm(victim)
        if (other !== null) arm(other.which, other.delay)
      }
    }
    const deadlines = Array.from({ length: COUNT }, (_, index) => new Modelled(index))
    for (const step of steps) {
      if (step.do === 'disarm') disarm(step.which)
      else if (step.do === 'advance') clock.advance(step.by)
      else {
        const deadline = deadlines[step.which]
        if (deadline !== undefined) deadline.then = step.then
        arm(step.which, step.delay)
      }
      if (wheel.size !== model.size) throw new Error(`${wheel.size} armed, not ${model.size}`)
    }
    clock.advance(200_000)
    return model.size === 0 && wheel.size === 0 && clock.pending === 0
  }), { numRuns: 1000, seed: 20 })
  t.ok(firings > 3000, `${firings} deadlines fired`)
})
