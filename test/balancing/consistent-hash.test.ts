import fc from 'fast-check'
import t from 'tap'
import { consistentHash, ConsistentHash } from '../../src/balancing/consistent-hash.js'
import { parseRequestKey } from '../../src/balancing/request-key.js'
import type { NonEmpty } from '../../src/balancing/strategy.js'
import { strategyContract } from './contract.js'
import { candidates, chiSquare, contextOf, FakeCandidate, nonEmpty, tally } from './fake-candidate.js'

strategyContract(t, { create: () => consistentHash.create({}) })
t.test('without a bound', async t => { strategyContract(t, { create: () => consistentHash.create({ boundedLoad: false }) }) })

const byIp = parseRequestKey('ip')
const unbounded = new ConsistentHash(byIp, Infinity)

/** Who gets each of so many keys. */
function owners (list: NonEmpty<FakeCandidate>, keys: number, strategy = unbounded): FakeCandidate[] {
  const picker = strategy.prepare(list)
  return Array.from({ length: keys }, (_, key) => picker.pick(contextOf({ clientAddress: `client-${key}` })))
}

const weights = fc.array(fc.constantFrom(1, 1, 1, 2, 0.5, 10), { minLength: 2, maxLength: 12 })

t.test('one that leaves gives up its own keys, and no others move', async t => {
  t.doesNotThrow(() => fc.assert(fc.property(weights, fc.nat(11), (weights, index) => {
    const list = candidates(...weights)
    const leaving = list[index % list.length]
    const before = owners(list, 200)
    const after = owners(nonEmpty(list.filter(candidate => candidate !== leaving)), 200)
    return before.every((owner, key) => owner === leaving || owner === after[key])
  })))
})

t.test('one that gets heavier takes keys, and none move between others', async t => {
  t.doesNotThrow(() => fc.assert(fc.property(weights, fc.nat(11), fc.double({ min: 1, max: 100, noNaN: true }), (weights, index, factor) => {
    const list = candidates(...weights)
    const growing = list[index % list.length]
    const before = owners(list, 200)
    if (growing !== undefined) growing.weight *= factor
    const after = owners(list, 200)
    return before.every((owner, key) => after[key] === owner || after[key] === growing)
  })))
})

t.test('one that joins n others gets about 1 / (n + 1) of the keys', async t => {
  for (const count of [1, 3, 10, 50]) {
    const list = candidates(...new Array<number>(count).fill(1))
    const joining = new FakeCandidate('joining')
    const before = owners(list, 4000)
    const after = owners(nonEmpty([...list, joining]), 4000)
    t.ok(after.every((owner, key) => owner === before[key] || owner === joining), 'none moves between the others')
    const share = 4000 / (count + 1)
    const moved = after.filter(owner => owner === joining).length
    // Five standard deviations.
    t.ok(Math.abs(moved - share) < 5 * Math.sqrt(share * count / (count + 1)), `${count}: ${moved} of ${share}`)
  }
})

t.test('the order of the list, the name of the pool and the process do not matter', async t => {
  t.doesNotThrow(() => fc.assert(fc.property(weights.chain(weights => fc.tuple(fc.constant(weights), fc.shuffledSubarray([...weights.keys()], { minLength: weights.length }))), ([weights, order]) => {
    const origins = (pool: string, indices: readonly number[]): NonEmpty<FakeCandidate> =>
      nonEmpty(indices.map(i => new FakeCandidate(`${pool}/http://10.0.0.${i}:3000`, weights[i])))
    const name = ({ id }: FakeCandidate): string => id.slice(id.indexOf('/'))
    const mine = owners(origins('api', [...weights.keys()]), 50).map(name)
    const other = owners(origins('other', order), 50, new ConsistentHash(byIp, Infinity)).map(name)
    return mine.join() === other.join()
  })))
  const list = nonEmpty(['http://10.0.0.1:3000', 'http://10.0.0.2:3000', 'unix:/run/a/b'].map(origin => new FakeCandidate(`p/${origin}`)))
  t.equal(owners(list, 20).map(owner => list.indexOf(owner)).join(''), '12201221110012102122', 'what older versions and other machines chose')
})

t.test('shares follow the weights', async t => {
  for (const weights of [[1, 1, 1, 1], [1, 2, 4], [10, 1, 1], [0.5, 1, 2.5], new Array<number>(40).fill(3)]) {
    const list = candidates(...weights)
    const deviation = chiSquare(tally(list, owners(list, 20_000)), weights)
    // With 39 degrees of freedom above 81 once in ten thousand.
    t.ok(deviation < 81, `${weights.length} targets: chi-square ${deviation}`)
    if (weights.length < 5) t.ok(deviation < 21.2, `chi-square ${deviation}`)
  }
})

t.test('keys that look alike and origins that look alike are spread all the same', async t => {
  for (const key of [(i: number) => String(i), (i: number) => `/items/${i * 1000}`, (i: number) => 'x'.repeat(i % 200) + String.fromCharCode(i)]) {
    const list = nonEmpty(Array.from({ length: 16 }, (_, i) => new FakeCandidate(`api/http://10.0.0.${i}:3000`)))
    const picker = unbounded.prepare(list)
    const counts = tally(list, Array.from({ length: 16_000 }, (_, i) => picker.pick(contextOf({ clientAddress: key(i) }))))
    // 15 degrees of freedom: above 44.3 once in ten thousand.
    t.ok(chiSquare(counts, counts.map(() => 1)) < 44.3, counts.join(' '))
  }
})

t.test('nobody is given more than the bound allows, and a key whose target has room keeps it', async t => {
  const target = fc.record({ weight: fc.constantFrom(1, 1, 2, 0.5), inflight: fc.nat(20) })
  t.doesNotThrow(() => fc.assert(fc.property(fc.array(target, { minLength: 1, maxLength: 20 }), fc.double({ min: 1, max: 3, noNaN: true }), (targets, boundedLoad) => {
    const list = candidates(...targets.map(({ weight }) => weight))
    const total = targets.reduce((sum, { inflight }) => sum + inflight, 0)
    const weight = targets.reduce((sum, { weight }) => sum + weight, 0)
    list.forEach((candidate, i) => { candidate.inflight = targets[i]?.inflight ?? 0 })
    const hasRoom = (candidate: FakeCandidate): boolean => candidate.inflight + 1 <= Math.ceil(boundedLoad * (total + 1) * candidate.weight / weight)
    const free = owners(list, 50)
    return owners(list, 50, new ConsistentHash(byIp, boundedLoad)).every((owner, key) => hasRoom(owner) && (owner === free[key] || !hasRoom(free[key] ?? owner)))
  }), { numRuns: 300 }))
})

t.test('one key alone fills its target up to the bound, then the next in its order', async t => {
  const list = candidates(1, 1, 1, 1)
  const picker = new ConsistentHash(byIp, 1.5).prepare(list)
  const context = contextOf({ clientAddress: 'hot' })
  const beyond = Array.from({ length: 1000 }, (_, i) => ++picker.pick(context).inflight > Math.ceil(1.5 * (i + 1) / 4))
  t.notOk(beyond.includes(true))
  const loads = list.map(({ inflight }) => inflight).sort((a, b) => b - a)
  t.strictSame(loads, [375, 375, 250, 0])
})

t.test('whoever lacks the key goes by address, and without one by chance and weight', async t => {
  const list = candidates(1, 2, 5)
  const picker = consistentHash.create({ key: 'header:x-user' }).prepare(list)
  const byAddress = unbounded.prepare(list)
  for (const clientAddress of ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4']) {
    t.equal(picker.pick(contextOf({ clientAddress })), byAddress.pick(contextOf({ clientAddress })))
    t.equal(picker.pick(contextOf({ clientAddress, headers: { 'x-user': 'ann' } })), byAddress.pick(contextOf({ clientAddress: 'ann' })))
  }
  const nobody = contextOf({})
  const counts = tally(list, Array.from({ length: 8000 }, () => picker.pick(nobody)))
  t.ok(chiSquare(counts, [1, 2, 5]) < 18.4, counts.join(' '))
  t.strictSame(picker.scores?.(nobody), [null, null, null])
})

t.test('the lowest score is the one chosen; a target that has its fill has none', async t => {
  const target = fc.record({ weight: fc.constantFrom(1, 1, 3), inflight: fc.nat(9) })
  t.doesNotThrow(() => fc.assert(fc.property(fc.array(target, { minLength: 1, maxLength: 9 }), fc.ipV4(), (targets, clientAddress) => {
    const list = candidates(...targets.map(({ weight }) => weight))
    list.forEach((candidate, i) => { candidate.inflight = targets[i]?.inflight ?? 0 })
    const picker = consistentHash.create({}).prepare(list)
    const scores = picker.scores?.(contextOf({ clientAddress })) ?? []
    const lowest = scores.reduce<number>((low, score) => Math.min(low, score ?? Infinity), Infinity)
    return picker.pick(contextOf({ clientAddress })) === list[scores.indexOf(lowest)]
  })))
})

t.test('a key that is none is refused', async t => {
  t.throws(() => consistentHash.create({ key: 'user' }), TypeError)
})
