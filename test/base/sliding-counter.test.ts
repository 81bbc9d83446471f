import fc from 'fast-check'
import t from 'tap'
import { SlidingCounter } from '../../src/base/sliding-counter.js'
import { VirtualClock } from '../../src/base/virtual-clock.js'

t.test('forgets a bucket at a time, when the window has passed since its beginning', async t => {
  const clock = new VirtualClock()
  const counter = new SlidingCounter(clock, 1000, 4)
  t.equal(counter.sum, 0)
  counter.add()
  clock.advance(249)
  counter.add(2)
  clock.advance(1)
  counter.add(4)
  t.equal(counter.sum, 7)
  clock.advance(749)
  t.equal(counter.sum, 7)
  clock.advance(1)
  t.equal(counter.sum, 4)
  clock.advance(250)
  t.equal(counter.sum, 0)
})

t.test('is right after a long silence, of whole turns of the ring or not', async t => {
  for (const silence of [1000, 1001, 2000, 4000, 10_250, 86_400_000]) {
    const clock = new VirtualClock()
    clock.advance(123)
    const counter = new SlidingCounter(clock, 1000, 4)
    counter.add(5)
    clock.advance(silence)
    t.equal(counter.sum, 0, `${silence} ms`)
    counter.add(3)
    t.equal(counter.sum, 3, `${silence} ms`)
  }
})

t.test('begins empty at any time, and again when cleared', async t => {
  const clock = new VirtualClock()
  clock.advance(1e12)
  const counter = new SlidingCounter(clock, 10_000)
  counter.add()
  clock.advance(9000)
  t.equal(counter.sum, 1)
  counter.clear()
  t.equal(counter.sum, 0)
  counter.add()
  t.equal(counter.sum, 1)
  t.equal(clock.pending, 0)
})

t.test('the sum is what a list of all additions gives', async t => {
  const steps = fc.array(fc.tuple(fc.oneof(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 3000 })), fc.integer({ min: 0, max: 5 })), { maxLength: 60 })
  t.doesNotThrow(() => fc.assert(fc.property(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 100 }), fc.nat(1000), steps, (buckets, length, start, steps) => {
    const clock = new VirtualClock()
    clock.advance(start)
    const counter = new SlidingCounter(clock, buckets * length, buckets)
    const added: Array<readonly [bucket: number, n: number]> = []
    return steps.every(([pause, n]) => {
      clock.advance(pause)
      const bucket = Math.floor(clock.now() / length)
      added.push([bucket, n])
      counter.add(n)
      return counter.sum === added.reduce((sum, [then, n]) => then > bucket - buckets ? sum + n : sum, 0)
    })
  })))
})
