import fc from 'fast-check'
import t from 'tap'
import { seededRandom } from '../../src/base/random.js'
import { deterministicSubsets, randomSubsets } from '../../src/simulation/subsets.js'

t.test('dealt out: every proxy has so many different targets, every target as many proxies as any other, give or take one', async t => {
  t.doesNotThrow(() => fc.assert(fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 50 }), fc.nat(), (proxies, targets, size, seed) => {
    const subsets = deterministicSubsets(proxies, targets, size, seededRandom(seed))
    const counts = new Array<number>(targets).fill(0)
    for (const target of subsets.flat()) counts[target] = (counts[target] ?? 0) + 1
    return subsets.length === proxies && counts.length === targets &&
      subsets.every(subset => subset.length === Math.min(size, targets) && new Set(subset).size === subset.length) &&
      Math.max(...counts) - Math.min(...counts) <= 1
  })))
})

t.test('the same for the same seed; a proxy more changes nothing for the others', async t => {
  t.strictSame(deterministicSubsets(7, 20, 6, seededRandom(3)), deterministicSubsets(8, 20, 6, seededRandom(3)).slice(0, 7))
  t.notSame(deterministicSubsets(7, 20, 6, seededRandom(3)), deterministicSubsets(7, 20, 6, seededRandom(4)))
})

t.test('at random: as many and different, but not as even', async t => {
  const subsets = randomSubsets(50, 100, 10, seededRandom(1))
  t.ok(subsets.every(subset => new Set(subset).size === 10 && subset.every(target => target >= 0 && target < 100)))
  const counts = new Array<number>(100).fill(0)
  for (const target of subsets.flat()) counts[target] = (counts[target] ?? 0) + 1
  t.ok(Math.max(...counts) > 7 && Math.min(...counts) < 4)
})
