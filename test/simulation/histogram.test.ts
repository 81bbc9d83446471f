import fc from 'fast-check'
import t from 'tap'
import { Histogram } from '../../src/simulation/histogram.js'

t.test('percentiles are those of the sorted list, off by a thousandth or a microsecond at most', async t => {
  t.doesNotThrow(() => fc.assert(fc.property(fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 200 }), fc.double({ min: 0, max: 100, noNaN: true }), (times, percent) => {
    const histogram = new Histogram()
    for (const time of times) histogram.record(time)
    const exact = [...times].sort((a, b) => a - b)[Math.max(1, Math.ceil(times.length * percent / 100)) - 1] ?? 0
    return Math.abs(histogram.percentile(percent) - exact) <= Math.max(0.001, exact / 1000)
  })))
})

t.test('count, mean and maximum are exact', async t => {
  const histogram = new Histogram()
  for (const time of [0, 1.5, 10_000]) histogram.record(time)
  t.equal(histogram.count, 3)
  t.equal(histogram.mean, 10_001.5 / 3)
  t.equal(histogram.max, 10_000)
  t.equal(histogram.percentile(100), 10_000)
})

t.test('an empty one has no percentile; what is longer than it can count is its longest', async t => {
  t.ok(Number.isNaN(new Histogram().percentile(50)))
  t.ok(Number.isNaN(new Histogram().mean))
  t.ok(Number.isNaN(new Histogram().max))
  const histogram = new Histogram()
  histogram.record(1e9)
  t.ok(histogram.percentile(50) > 2_100_000)
  t.equal(histogram.max, 1e9)
})
