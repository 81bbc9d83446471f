import fc from 'fast-check'
import t from 'tap'
import { WeightedDraw } from '../../src/balancing/weighted-draw.js'
import { chiSquare, context, contextOf } from './fake-candidate.js'

const anyWeights = fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.double({ min: 1e-6, max: 1e6, noNaN: true })), { minLength: 2, maxLength: 20 })
const anyNumber = fc.oneof(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), fc.constantFrom(0, 1 - 2 ** -53))

t.test('a place is in the list, and the other one is another', async t => {
  t.doesNotThrow(() => fc.assert(fc.property(anyWeights, anyNumber, anyNumber, (weights, a, b) => {
    const draw = new WeightedDraw(weights)
    const first = draw.one(contextOf({}, () => a))
    const second = draw.other(first, contextOf({}, () => b))
    return first !== second && [first, second].every(place => Number.isInteger(place) && place >= 0 && place < weights.length)
  }), { numRuns: 2000 }))
})

t.test('after any first one, the ends of the random range lead to both sides of it', async t => {
  t.doesNotThrow(() => fc.assert(fc.property(anyWeights, weights => {
    const draw = new WeightedDraw(weights)
    const last = weights.length - 1
    return weights.every((_, first) => {
      const low = draw.other(first, contextOf({}, () => 0))
      const high = draw.other(first, contextOf({}, () => 1 - 2 ** -53))
      return low === (first === 0 ? 1 : 0) && (first === last ? high < first : high > first)
    })
  }), { numRuns: 500 }))
})

t.test('pairs are as likely as two draws without putting back make them', async t => {
  const weights = [5, 1, 2, 0.5]
  const total = 8.5
  const pairs = weights.flatMap((a, i) => weights.map((b, j) => ({ i, j, share: i === j ? 0 : a / total * b / (total - a) }))).filter(({ share }) => share > 0)
  const draw = new WeightedDraw(weights)
  const request = context(3)
  const counts = new Map<string, number>()
  for (let n = 0; n < 100_000; n++) {
    const first = draw.one(request)
    const pair = `${first} ${draw.other(first, request)}`
    counts.set(pair, (counts.get(pair) ?? 0) + 1)
  }
  // 11 degrees of freedom: above 37.4 once in ten thousand.
  const deviation = chiSquare(pairs.map(({ i, j }) => counts.get(`${i} ${j}`) ?? 0), pairs.map(({ share }) => share))
  t.ok(deviation < 37.4, `chi-square ${deviation}`)
  t.equal(counts.size, 12)
})
