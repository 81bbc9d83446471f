import t from 'tap'
import { seededRandom } from '../../src/base/random.js'
import { serviceTimes, type ServiceTime } from '../../src/simulation/service-time.js'

const COUNT = 100_000

function drawn (time: ServiceTime, seed = 1): number[] {
  const draw = serviceTimes(time, seededRandom(seed))
  return Array.from({ length: COUNT }, draw).sort((a, b) => a - b)
}

function mean (values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function at (sorted: readonly number[], share: number): number {
  return sorted[Math.floor(sorted.length * share)] ?? Number.NaN
}

/** Is it within so much of what it should be? */
function near (value: number, wanted: number, tolerance = 0.02): boolean {
  return Math.abs(value / wanted - 1) < tolerance
}

t.test('constant', async t => {
  t.strictSame(new Set(drawn({ distribution: 'constant', value: 7 })), new Set([7]))
})

t.test('exponential: mean, median and tail are those of the formula', async t => {
  const values = drawn({ distribution: 'exponential', mean: 10 })
  t.ok(near(mean(values), 10))
  t.ok(near(at(values, 0.5), 10 * Math.LN2))
  t.ok(near(at(values, 0.99), 10 * Math.log(100), 0.04))
})

t.test('log-normal: median, mean and quartile are those of the formula', async t => {
  const values = drawn({ distribution: 'log-normal', median: 8, sigma: 1 })
  t.ok(near(at(values, 0.5), 8))
  t.ok(near(mean(values), 8 * Math.exp(0.5)))
  t.ok(near(at(values, 0.8413), 8 * Math.E))
})

t.test('Pareto: nothing below the minimum or above the maximum, the tail between follows the formula', async t => {
  const values = drawn({ distribution: 'pareto', minimum: 4, alpha: 1.5, maximum: 2000 })
  t.ok((values[0] ?? 0) >= 4)
  t.equal(values.at(-1), 2000)
  t.ok(near(at(values, 0.5), 4 * 2 ** (1 / 1.5)))
  t.ok(near(at(values, 0.99), 4 * 100 ** (1 / 1.5), 0.05))
})

t.test('the same seed draws the same times', async t => {
  const time: ServiceTime = { distribution: 'log-normal', median: 8, sigma: 1 }
  t.strictSame(drawn(time, 7).slice(0, 5), drawn(time, 7).slice(0, 5))
  t.not(drawn(time, 7)[0], drawn(time, 8)[0])
})
