import fc from 'fast-check'
import t from 'tap'
import { RoundRobin, roundRobin } from '../../src/balancing/round-robin.js'
import type { NonEmpty } from '../../src/balancing/strategy.js'
import { strategyContract } from './contract.js'
import { candidates, context, equals, nonEmpty, tally, type FakeCandidate } from './fake-candidate.js'

const request = context()

function picks (strategy: RoundRobin, list: NonEmpty<FakeCandidate>, count: number): FakeCandidate[] {
  const picker = strategy.prepare(list)
  return Array.from({ length: count }, () => picker.pick(request))
}

function names (list: readonly FakeCandidate[]): string {
  return list.map(({ id }) => id.slice(1)).join('')
}

strategyContract(t, { create: () => roundRobin.create({}) })

t.test('equal weights rotate', async t => {
  for (const weight of [1, 3, 0.3]) t.equal(names(picks(new RoundRobin(), equals(3, weight), 8)), '01201201')
})

t.test('unequal weights give the sequences of nginx', async t => {
  t.equal(names(picks(new RoundRobin(), candidates(5, 1, 1), 14)), '00102000010200')
  t.equal(names(picks(new RoundRobin(), candidates(4, 2, 1), 7)), '0102010')
  t.equal(names(picks(new RoundRobin(), candidates(50, 10, 10), 7)), '0010200', 'a common divisor changes nothing')
})

t.test('every cycle gives each its exact share, remembered or not, and is as smooth as the credits allow', async t => {
  const weights = fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 150 })), { minLength: 1, maxLength: 9 })
  t.doesNotThrow(() => fc.assert(fc.property(weights, weights => {
    const list = candidates(...weights)
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    const picked = picks(new RoundRobin(), list, total * 3)
    const taken = weights.map(() => 0)
    return picked.every((pick, i) => {
      const index = list.indexOf(pick)
      taken[index] = (taken[index] ?? 0) + 1
      // Never more than one pick ahead of the exact share, nor two behind, and on it at the end of each cycle.
      return weights.every((weight, j) => {
        const ahead = (taken[j] ?? 0) - (i + 1) * weight / total
        return (i + 1) % total === 0 ? Math.abs(ahead) < 1e-9 : ahead < 1 && ahead > -2
      })
    })
  }), { numRuns: 200, seed: 5 }))
})

t.test('remembering the cycle does not change it', async t => {
  const weights = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 2, maxLength: 8 })
  t.doesNotThrow(() => fc.assert(fc.property(weights, fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 8 }), (weights, rebuilds) => {
    const expected = naive(weights, rebuilds.reduce((sum, count) => sum + count, 0))
    const list = candidates(...weights)
    const strategy = new RoundRobin()
    // A rebuild between any two picks, with the list as it was, goes unnoticed.
    const got = rebuilds.flatMap(count => picks(strategy, nonEmpty([...list]), count))
    return names(got) === expected.join('')
  }), { numRuns: 300 }))
})

/** The algorithm as nginx has it, without any memory of cycles. */
function naive (weights: readonly number[], count: number): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const credits = weights.map(() => 0)
  return Array.from({ length: count }, () => {
    weights.forEach((weight, i) => { credits[i] = (credits[i] ?? 0) + weight })
    const best = credits.indexOf(Math.max(...credits))
    credits[best] = (credits[best] ?? 0) - total
    return best
  })
}

t.test('a rotation goes on where it was when the list changes', async t => {
  const strategy = new RoundRobin()
  const [a, b, c, d] = equals(4)
  if (b === undefined || c === undefined || d === undefined) throw new Error('there are four')
  t.equal(names(picks(strategy, [a, b, c], 2)), '01')
  t.equal(names(picks(strategy, [a, b, d, c], 2)), '32', 'a newcomer takes its place in the order')
  t.equal(names(picks(strategy, [a, c, d], 1)), '3')
  t.equal(names(picks(strategy, [a, b, c], 1)), '0', 'whoever stood behind the one that left is next')
  t.equal(names(picks(strategy, [d], 1)), '3', 'and a wholly new list starts at its head')
  t.equal(names(picks(strategy, [a, b], 2)), '01')
})

t.test('between two turns of one, everybody who stayed had a turn, however often the list changes', async t => {
  const rounds = fc.array(fc.record({ members: fc.integer({ min: 1, max: 2 ** 7 - 1 }), picks: fc.nat(9) }), { minLength: 1, maxLength: 60 })
  t.doesNotThrow(() => fc.assert(fc.property(rounds, rounds => {
    const all = equals(7)
    const strategy = new RoundRobin()
    // For each candidate: who has been there, and not had a turn, ever since its own last one.
    const waiting = new Map<FakeCandidate, Set<FakeCandidate>>()
    return rounds.every(({ members, picks: count }) => {
      const list = nonEmpty(all.filter((_, i) => (members >> i & 1) === 1))
      if (count === 0) return true
      for (const set of waiting.values()) {
        for (const other of set) if (!list.includes(other)) set.delete(other)
      }
      return picks(strategy, list, count).every(pick => {
        if ((waiting.get(pick)?.size ?? 0) > 0) return false
        for (const set of waiting.values()) set.delete(pick)
        waiting.set(pick, new Set(list.filter(other => other !== pick)))
        return true
      })
    })
  }), { numRuns: 500 }))
})

t.test('a retry among the others counts as the turn of whoever got it', async t => {
  for (const weights of [[1, 1, 1, 1], [2, 1, 2, 1]]) {
    const list = candidates(...weights)
    const strategy = new RoundRobin()
    const main = strategy.prepare(list)
    const served: FakeCandidate[] = []
    for (let i = 0; i < 6000; i++) {
      const first = main.pick(request)
      // The first target is dead: what it gets goes to another one.
      served.push(first === list[0] ? strategy.prepare(nonEmpty(list.filter(other => other !== first))).pick(request) : first)
    }
    const rest = weights.slice(1).reduce((sum, weight) => sum + weight, 0)
    tally(list, served).forEach((count, i) => {
      if (i === 0) t.equal(count, 0)
      else t.ok(Math.abs(count - 6000 * (weights[i] ?? 0) / rest) <= 2, `${weights.join(' ')}: ${count}`)
    })
  }
})

t.test('the light are not starved when the heavy flaps, nor run long when it leaves', async t => {
  const [heavy, ...light] = candidates(1000, 1, 1, 1)
  const strategy = new RoundRobin()
  picks(strategy, [heavy, ...light], 777)
  const after = picks(strategy, nonEmpty(light), 30)
  t.strictSame(tally(light, after), [10, 10, 10])

  const flapping = Array.from({ length: 9000 }, (_, i) => {
    const list = i % 2 === 0 ? nonEmpty([heavy, ...light]) : nonEmpty(light)
    return picks(strategy, list, 1)
  }).flat()
  const counts = tally(light, flapping.filter(pick => pick !== heavy))
  t.ok(counts.every(count => Math.abs(count - 1500) < 20), counts.join(' '))
})

t.test('with unequal weights, too, shares hold while the list changes', async t => {
  const random = context(4).random
  const list = candidates(6, 1, 3, 2, 2)
  const strategy = new RoundRobin()
  const owed = list.map(() => 0)
  for (let i = 0; i < 20_000; i++) {
    const members = nonEmpty([list[0], ...list.slice(1).filter(() => random() < 0.7)])
    const total = members.reduce((sum, { weight }) => sum + weight, 0)
    const [pick] = picks(strategy, members, 1)
    list.forEach((candidate, j) => {
      owed[j] = (owed[j] ?? 0) + (members.includes(candidate) ? candidate.weight / total : 0) - (candidate === pick ? 1 : 0)
    })
  }
  // The plain rotation keeps books of its own, so a list that happens to be of equal weights adds a little.
  t.ok(owed.every(picks => Math.abs(picks) < 10), owed.map(picks => picks.toFixed(1)).join(' '))
})

t.test('a new weight takes effect and what was owed before is not paid in its coin', async t => {
  const list = candidates(1000, 1, 1)
  const strategy = new RoundRobin()
  picks(strategy, list, 501)
  list[0].weight = 2
  t.strictSame(tally(list, picks(strategy, list, 400)).map(count => Math.abs(count - 100) < 3 || Math.abs(count - 200) < 3), [true, true, true])
})

t.test('a newcomer is neither flooded nor passed over', async t => {
  const strategy = new RoundRobin()
  const old = candidates(3, 2, 1)
  picks(strategy, old, 1001)
  const list = nonEmpty([...old, ...candidates(2)])
  const counts = tally(list, picks(strategy, list, 80))
  t.ok(list.every(({ weight }, i) => Math.abs((counts[i] ?? 0) - weight * 10) <= 2), counts.join(' '))
})
