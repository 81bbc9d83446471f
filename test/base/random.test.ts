import t from 'tap'
import { seededRandom, systemRandom } from '../../src/base/random.js'

const numbers = (seed: number, count: number): number[] => {
  const random = seededRandom(seed)
  return Array.from({ length: count }, random)
}

t.test('the same seed gives the same numbers, another one gives others', async t => {
  t.strictSame(numbers(7, 100), numbers(7, 100))
  t.notSame(numbers(7, 100), numbers(8, 100))
  t.strictSame(numbers(2 ** 32 + 7, 10), numbers(7, 10), 'a seed has 32 bits')
})

t.test('numbers are in [0, 1) and evenly spread', async t => {
  for (const seed of [0, 1, 42, -1, 0xFFFFFFFF]) {
    const buckets = new Array<number>(10).fill(0)
    for (const number of numbers(seed, 100_000)) {
      if (number < 0 || number >= 1) t.fail(`${number} is out of range`)
      const bucket = Math.floor(number * 10)
      buckets[bucket] = (buckets[bucket] ?? 0) + 1
    }
    // Chi-square with 9 degrees of freedom: above 33.7 once in ten thousand.
    const chiSquare = buckets.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0)
    t.ok(chiSquare < 33.7, `seed ${seed}: ${chiSquare}`)
  }
})

t.test('the system has one, too', async t => {
  const number = systemRandom()
  t.ok(number >= 0 && number < 1)
})
