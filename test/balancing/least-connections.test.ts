import fc from 'fast-check'
import t from 'tap'
import { leastConnections, LeastConnections } from '../../src/balancing/least-connections.js'
import { strategyContract } from './contract.js'
import { candidates, chiSquare, context, contextOf, equals, nonEmpty, tally } from './fake-candidate.js'

strategyContract(t, { create: () => leastConnections.create({}) })

t.test('up to eight, the choice has the least load of all', async t => {
  const target = fc.record({ weight: fc.integer({ min: 1, max: 20 }), inflight: fc.nat(50) })
  t.doesNotThrow(() => fc.assert(fc.property(fc.array(target, { minLength: 1, maxLength: 8 }), fc.nat(20), (targets, warmUp) => {
    const list = candidates(...targets.map(({ weight }) => weight))
    const picker = new LeastConnections().prepare(list)
    for (let i = 0; i < warmUp; i++) picker.pick(context())
    targets.forEach(({ inflight }, i) => { const candidate = list[i]; if (candidate !== undefined) candidate.inflight = inflight })
    const pick = picker.pick(context())
    return list.every(other => (pick.inflight + 1) * other.weight <= (other.inflight + 1) * pick.weight)
  })))
})

t.test('up to eight, equals take turns wherever they stand', async t => {
  const list = equals(8)
  const busy = [0, 2, 3, 4, 6]
  for (const i of busy) { const candidate = list[i]; if (candidate !== undefined) candidate.inflight = 5 }
  const picker = new LeastConnections().prepare(list)
  const picks = Array.from({ length: 300 }, () => picker.pick(context()))
  t.strictSame(tally(list, picks), [0, 100, 0, 0, 0, 100, 0, 100])
})

t.test('equals of unlike weights tie exactly: no division rounds', async t => {
  const list = candidates(3, 1, 7)
  list[0].inflight = 2
  const [, , third] = list
  if (third !== undefined) third.inflight = 6
  const picker = new LeastConnections().prepare(list)
  t.strictSame(tally(list, Array.from({ length: 30 }, () => picker.pick(context()))), [10, 10, 10])
})

t.test('turns go on over a rebuild', async t => {
  const list = equals(5)
  const strategy = new LeastConnections()
  const picks = Array.from({ length: 50 }, () => strategy.prepare(nonEmpty([...list])).pick(context()))
  t.strictSame(tally(list, picks), [10, 10, 10, 10, 10])
})

t.test('above eight, the two compared are distinct and any pair is as likely as any other', async t => {
  const list = equals(9)
  const picker = new LeastConnections().prepare(list)
  const pairs = new Map<string, number>()
  const { random } = context(9)
  for (let i = 0; i < 72_000; i++) {
    // Who is looked at: those whose load was read.
    const seen = new Set<number>()
    list.forEach((candidate, j) => Object.defineProperty(candidate, 'inflight', { get: () => { seen.add(j); return 0 }, configurable: true }))
    picker.pick(contextOf({}, random))
    if (seen.size !== 2) t.fail(`${seen.size} compared`)
    const pair = [...seen].sort().join()
    pairs.set(pair, (pairs.get(pair) ?? 0) + 1)
  }
  t.equal(pairs.size, 36)
  // 35 degrees of freedom: above 74.9 once in ten thousand.
  const deviation = chiSquare([...pairs.values()], new Array<number>(36).fill(1))
  t.ok(deviation < 74.9, `chi-square ${deviation}`)
})

t.test('above eight, the ends of the random range are in the list, and distinct', async t => {
  const list = equals(9)
  const picker = new LeastConnections().prepare(list)
  const ends = [0, 1 - 2 ** -53]
  for (const first of ends) {
    for (const second of ends) {
      const seen = new Set<number>()
      list.forEach((candidate, j) => Object.defineProperty(candidate, 'inflight', { get: () => { seen.add(j); return 0 }, configurable: true }))
      const numbers = [first, second]
      picker.pick(contextOf({}, () => numbers.shift() ?? 0))
      t.equal(seen.size, 2, `${first} ${second}`)
    }
  }
})

t.test('above eight, equals share evenly and the busiest of all is never chosen', async t => {
  const list = equals(20)
  const picker = new LeastConnections().prepare(list)
  const request = context(20)
  const even = tally(list, Array.from({ length: 40_000 }, () => picker.pick(request)))
  // 19 degrees of freedom: above 50.8 once in ten thousand.
  const deviation = chiSquare(even, even.map(() => 1))
  t.ok(deviation < 50.8, `chi-square ${deviation}`)
  list[0].inflight = 3
  t.equal(tally(list, Array.from({ length: 5000 }, () => picker.pick(request)))[0], 0)
})

t.test('a slow target gets fewer requests', async t => {
  for (const count of [3, 12]) {
    const list = equals(count)
    const picker = new LeastConnections().prepare(list)
    const request = context(2)
    const ends: Array<{ readonly at: number, readonly end: () => void }> = []
    const picks = Array.from({ length: 6000 }, (_, now) => {
      for (const done of ends.filter(({ at }) => at <= now)) { done.end(); ends.splice(ends.indexOf(done), 1) }
      const pick = picker.pick(request)
      pick.inflight++
      ends.push({ at: now + (pick === list[0] ? 60 : 6), end: () => { pick.inflight-- } })
      return pick
    })
    const slow = tally(list, picks)[0] ?? 0
    t.ok(slow < 6000 / count / 2, `${count} targets: ${slow}`)
  }
})
