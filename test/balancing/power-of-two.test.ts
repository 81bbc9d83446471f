import fc from 'fast-check'
import t from 'tap'
import { powerOfTwo } from '../../src/balancing/power-of-two.js'
import { strategyContract } from './contract.js'
import { candidates, chiSquare, context, contextOf, equals, tally } from './fake-candidate.js'
import { FakePool } from './fake-pool.js'

strategyContract(t, { create: () => powerOfTwo.create({}) })

t.test('of two there is no choice by chance: the lighter for its weight is taken', async t => {
  const target = fc.record({ weight: fc.integer({ min: 1, max: 20 }), inflight: fc.nat(50) })
  t.doesNotThrow(() => fc.assert(fc.property(target, target, fc.integer(), (a, b, seed) => {
    const list = candidates(a.weight, b.weight)
    list.forEach((candidate, i) => { candidate.inflight = (i === 0 ? a : b).inflight })
    const pick = powerOfTwo.create({}).prepare(list).pick(context(seed))
    return list.every(other => (pick.inflight + 1) * other.weight <= (other.inflight + 1) * pick.weight)
  })))
})

t.test('the busiest of all is never taken, and everybody else may be', async t => {
  t.doesNotThrow(() => fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 3, maxLength: 12 }), fc.integer(), (weights, seed) => {
    const list = candidates(...weights)
    list[0].inflight = 9 * 9 * 9
    const picker = powerOfTwo.create({}).prepare(list)
    const request = context(seed)
    return tally(list, Array.from({ length: 3000 }, () => picker.pick(request))).every((count, i) => (count > 0) === (i > 0))
  }), { numRuns: 50, seed: 1 }))
})

t.test('idle targets of one weight share by chance', async t => {
  for (const count of [2, 3, 8, 20]) {
    const list = equals(count)
    const picker = powerOfTwo.create({}).prepare(list)
    const request = context(count)
    // Up to 19 degrees of freedom: above 50.8 once in ten thousand at most.
    const deviation = chiSquare(tally(list, Array.from({ length: 20_000 }, () => picker.pick(request))), new Array<number>(count).fill(1))
    t.ok(deviation < 50.8, `${count} targets: chi-square ${deviation}`)
  }
})

t.test('weights 5, 1, 1 hold under heavy and moderate load', async t => {
  for (const latency of [20, 200]) {
    const list = candidates(5, 1, 1)
    const strategy = powerOfTwo.create({})
    const pool = new FakePool(strategy, list, context(8))
    const picker = strategy.prepare(list)
    const picks = Array.from({ length: 14_000 }, () => { pool.pass(1); return pool.send(picker, () => ({ after: latency })) })
    const shares = tally(list, picks).map((count, i) => count / (i === 0 ? 10_000 : 2000))
    t.ok(shares.every(share => Math.abs(share - 1) < 0.15), `${latency} under way: ${shares.join(' ')}`)
  }
})

t.test('two numbers are drawn, never more, and none where there is nothing to choose', async t => {
  for (const [list, expected] of [[equals(1), 0], [equals(2), 2], [candidates(1000, 1, 1), 2], [equals(50), 2]] as const) {
    let drawn = 0
    powerOfTwo.create({}).prepare(list).pick(contextOf({}, () => { drawn++; return 0 }))
    t.equal(drawn, expected)
  }
})
