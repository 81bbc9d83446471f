import fc from 'fast-check'
import t from 'tap'
import { VirtualClock } from '../../src/base/virtual-clock.js'
import { SlowStart, type Rampable, type SlowStartRules } from '../../src/upstream/slow-start.js'

/** A target that remembers its shares and when it got them. */
class FakeTarget implements Rampable {
  share = 1
  readonly ramps: Array<readonly [at: number, share: number]> = []
  constructor (readonly clock: VirtualClock) {}

  ramp (share: number): void {
    this.share = share
    this.ramps.push([this.clock.now(), Math.round(share * 1000) / 1000])
  }
}

function create (rules: Partial<SlowStartRules> = {}) {
  const clock = new VirtualClock()
  const slowStart = new SlowStart({ window: 10_000, aggression: 1, ...rules }, clock)
  const [a, b, c] = [new FakeTarget(clock), new FakeTarget(clock), new FakeTarget(clock)]
  const up = (...targets: readonly FakeTarget[]): void => { for (const target of targets) slowStart.serviceChanged(target, true) }
  const down = (...targets: readonly FakeTarget[]): void => { for (const target of targets) slowStart.serviceChanged(target, false) }
  /** `a` and `b` are warm. */
  const warm = (): void => {
    up(a, b)
    clock.advance(60_000)
  }
  const shares = (): number[] => [a, b, c].map(({ share }) => Math.round(share * 1000) / 1000)
  return { clock, slowStart, a, b, c, up, down, warm, shares }
}

t.test('the weight grows in twenty steps, from a tenth', async t => {
  const { clock, c, up, warm } = create()
  warm()
  up(c)
  t.equal(c.share, 0.1)
  clock.advance(10_000)
  t.strictSame(c.ramps.slice(0, 6), [[60_000, 0.1], [60_500, 0.1], [61_000, 0.1], [61_500, 0.15], [62_000, 0.2], [62_500, 0.25]])
  t.strictSame(c.ramps.at(-1), [70_000, 1])
  t.equal(c.ramps.length, 21)
  t.equal(clock.pending, 0, 'the timer rests when nothing ramps')
})

t.test('aggression bends the curve', async t => {
  for (const [aggression, half] of [[1, 0.5], [2, 0.707], [0.5, 0.25], [0.1, 0.1]] as const) {
    const { clock, c, up, warm } = create({ aggression })
    warm()
    up(c)
    clock.advance(5000)
    t.equal(c.ramps.at(-1)?.[1], half, `aggression ${aggression}`)
  }
})

t.test('steps are never shorter than 100 ms', async t => {
  for (const [window, count] of [[1000, 11], [50, 2], [2000, 21]] as const) {
    const { clock, c, up, warm } = create({ window })
    warm()
    up(c)
    clock.advance(window + 100)
    t.equal(c.ramps.length, count, `${window} ms`)
    t.equal(c.share, 1)
  }
})

t.test('several ramps share their steps', async t => {
  const { clock, a, b, c, up, down, warm } = create()
  warm()
  down(b)
  up(b)
  clock.advance(250)
  up(c)
  t.equal(clock.pending, 1)
  clock.advance(10_250)
  t.strictSame(new Set([...b.ramps, ...c.ramps].map(([at]) => at)).size, 23)
  t.match([a.share, b.share, c.share], [1, 1, 1])
})

t.test('a pool that starts does not ramp', async t => {
  const { clock, a, b, c, up, down } = create()
  // Without active checks all are in service at once; with them the first verdicts decide.
  up(a, b, c)
  down(a, b, c)
  clock.advance(20)
  up(b)
  clock.advance(500)
  up(c)
  clock.advance(400)
  up(a)
  clock.advance(60_000)
  t.strictSame([a.ramps, b.ramps, c.ramps], [[], [], []])
  t.equal(clock.pending, 0)
})

t.test('one that goes down and returns ramps, and again if it goes once more', async t => {
  const { clock, b, up, down, warm } = create()
  warm()
  down(b)
  clock.advance(5000)
  t.strictSame(b.ramps, [])
  up(b)
  t.equal(b.share, 0.1)
  clock.advance(6000)
  t.equal(b.share, 0.6)
  down(b)
  t.equal(b.share, 1, 'out of service it has its full weight: in panic all are alike')
  t.equal(clock.pending, 0)
  up(b)
  t.equal(b.share, 0.1)
})

t.test('after all were down the first takes all; those that follow ramp once it is warm', async t => {
  const { clock, a, b, c, up, down } = create()
  up(a, b, c)
  clock.advance(60_000)
  down(a, b, c)
  clock.advance(60_000)
  up(a)
  clock.advance(9999)
  up(b)
  clock.advance(1)
  up(c)
  t.strictSame(a.ramps, [], 'nobody else is there')
  t.strictSame(b.ramps, [], 'the other one is as cold')
  t.equal(c.share, 0.1)
})

t.test('a target that joins ramps', async t => {
  const { clock, c, up, warm } = create()
  warm()
  up(c)
  clock.advance(5000)
  t.equal(c.share, 0.5)
})

t.test('to hear the same again changes nothing', async t => {
  const { clock, a, b, c, up, down, warm, shares } = create()
  warm()
  up(a, b)
  down(c)
  t.strictSame(shares(), [1, 1, 1])
  up(c)
  clock.advance(5000)
  up(c)
  t.strictSame(shares(), [1, 1, 0.5])
})

t.test('when the last warm one goes nobody is held back', async t => {
  const { clock, a, b, c, up, down, warm, shares } = create()
  warm()
  down(b)
  up(b)
  clock.advance(3000)
  up(c)
  clock.advance(2000)
  t.strictSame(shares(), [1, 0.5, 0.2])
  down(a)
  t.strictSame(shares(), [1, 1, 1])
  t.equal(clock.pending, 0)
  up(a)
  t.strictSame(shares(), [1, 1, 1], 'none is warm yet')
  clock.advance(5000)
  down(a)
  up(a)
  t.strictSame(shares(), [0.1, 1, 1], 'by now one is')
})

t.test('who waits for its last step is not warm', async t => {
  const { clock, a, b, c, up, down, warm, shares } = create()
  warm()
  down(b)
  up(b)
  clock.advance(250)
  up(c)
  clock.advance(10_050)
  t.strictSame(shares(), [1, 1, 0.975])
  down(a, b)
  t.equal(c.share, 1)
  t.equal(clock.pending, 0)
})

t.test('forgets a target that left the pool', async t => {
  const { clock, slowStart, b, c, up, warm } = create()
  warm()
  up(c)
  slowStart.forget(c)
  slowStart.forget(c)
  t.equal(c.share, 1)
  t.equal(clock.pending, 0)
  slowStart.forget(b)
  t.strictSame(b.ramps, [])
})

t.test('to stop ends all ramps for good', async t => {
  const { clock, slowStart, a, b, c, up, down, warm, shares } = create()
  warm()
  up(c)
  down(b)
  up(b)
  slowStart.stop()
  t.strictSame(shares(), [1, 1, 1])
  t.equal(clock.pending, 0)
  up(a, b)
  clock.advance(60_000)
  down(a)
  up(a)
  t.strictSame(shares(), [1, 1, 1])
})

t.test('always: someone in service has its full weight, who ramps is not yet warm, and no timer is left over', async t => {
  const step = fc.record({ index: fc.nat(3), up: fc.boolean(), pause: fc.oneof(fc.constant(0), fc.nat(300), fc.nat(15_000)) })
  t.doesNotThrow(() => fc.assert(fc.property(fc.array(step, { maxLength: 60 }), steps => {
    const clock = new VirtualClock()
    const slowStart = new SlowStart({ window: 10_000, aggression: 1 }, clock)
    const targets = Array.from({ length: 4 }, () => new FakeTarget(clock))
    const since = new Map<FakeTarget, number>()
    for (const { index, up, pause } of steps) {
      const target = targets[index]
      if (target === undefined) throw new Error('no such target')
      slowStart.serviceChanged(target, up)
      if (!up) since.delete(target)
      else if (!since.has(target)) since.set(target, clock.now())
      clock.advance(pause)
      const inService = targets.filter(target => since.has(target))
      const ramping = targets.filter(({ share }) => share < 1)
      if (inService.length > 0 && inService.every(({ share }) => share < 1)) return false
      // A step late at most.
      if (ramping.some(target => clock.now() - (since.get(target) ?? -Infinity) >= 10_500)) return false
      if (targets.some(({ share }) => share < 0.1 || share > 1)) return false
      if (clock.pending !== (ramping.length > 0 ? 1 : 0)) return false
    }
    return true
  })))
})
