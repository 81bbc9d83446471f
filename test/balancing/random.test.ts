import fc from 'fast-check'
import t from 'tap'
import { random } from '../../src/balancing/random.js'
import { strategyContract } from './contract.js'
import { candidates, chiSquare, context, equals, tally } from './fake-candidate.js'

strategyContract(t, { create: () => random.create({}) })

t.test('shares follow the weights, and load does not matter', async t => {
  const weights = fc.array(fc.oneof(fc.integer({ min: 1, max: 20 }), fc.double({ min: 0.5, max: 20, noNaN: true })), { minLength: 2, maxLength: 12 })
  t.doesNotThrow(() => fc.assert(fc.property(weights, fc.integer(), (weights, seed) => {
    const list = candidates(...weights)
    list[0].inflight = 1000
    const picker = random.create({}).prepare(list)
    const request = context(seed)
    const deviation = chiSquare(tally(list, Array.from({ length: 5000 }, () => picker.pick(request))), weights)
    // Up to 11 degrees of freedom: above 44 once in a hundred thousand.
    return deviation < 44
  }), { seed: 1 }))
})

t.test('the ends of the random range are in the list', async t => {
  for (const list of [equals(7), candidates(0.1, 0.2, 0.3, 0.7), candidates(0.001, 1000, 0.001)]) {
    const picker = random.create({}).prepare(list)
    t.equal(picker.pick({ ...context(), random: () => 0 }), list[0])
    t.equal(picker.pick({ ...context(), random: () => 1 - 2 ** -53 }), list.at(-1))
  }
})
