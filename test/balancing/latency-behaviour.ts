import fc from 'fast-check'
import type { Test } from 'tap'
import type { StrategyKind } from '../../src/balancing/strategy.js'
import type { LatencyOptions } from '../../src/balancing/latency-options.js'
import { candidates, context, equals, nonEmpty, tally, type FakeCandidate } from './fake-candidate.js'
import { FakePool, type Ending } from './fake-pool.js'

const MINUTE = 60_000

/** What strategies that go by latency have in common, beside the contract. */
export function latencyBehaviour (t: Test, kind: StrategyKind<LatencyOptions>): void {
  t.test('up to eight, one is never picked if its oldest request alone makes it worse than another', async t => {
    const step = fc.record({ pause: fc.nat(200), after: fc.oneof(fc.nat(300), fc.constant(Infinity)), fails: fc.boolean() })
    const weights = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 2, maxLength: 8 })
    t.doesNotThrow(() => fc.assert(fc.property(weights, fc.array(step, { maxLength: 80, size: 'max' }), (weights, steps) => {
      const list = candidates(...weights)
      const strategy = kind.create({})
      const pool = new FakePool(strategy, list, context())
      const picker = strategy.prepare(list)
      const open: Array<{ readonly candidate: FakeCandidate, readonly begun: number, readonly ends: number }> = []
      return steps.every(({ pause, after, fails }) => {
        pool.pass(pause)
        const load = ({ inflight, weight }: FakeCandidate): number => (inflight + 1) / weight
        const scores = picker.scores?.(pool.context) ?? []
        const loads = new Map(list.map(candidate => [candidate, load(candidate)]))
        const pick = pool.send(picker, () => ({ after, how: fails ? 'failed' : 'answered' }))
        const oldest = open.find(({ candidate, ends }) => candidate === pick && ends > pool.now)
        const age = oldest === undefined ? 0 : pool.now - oldest.begun
        open.push({ candidate: pick, begun: pool.now, ends: pool.now + after })
        const score = scores[list.indexOf(pick)] ?? Infinity
        const tolerance = 1 - 1e-9
        return scores.every(other => other === null || (other >= score * tolerance && other >= age * (loads.get(pick) ?? 0) * tolerance))
      })
    }), { numRuns: 300 }))
  })

  t.test('a target that is ten times slower gets a small share, and some of it in each minute', async t => {
    for (const count of [3, 12]) {
      for (const weight of [1, 4]) {
        const list = candidates(weight, ...equals(count - 1).map(() => 1))
        const minutes = perMinute(kind, list, 10, ({ id }) => ({ after: id === 't0' ? 200 : 20 }))
        const even = 6000 * weight / (weight + count - 1)
        t.ok(minutes.every(counts => (counts[0] ?? 0) < even / 4), `${count} targets: ${String(minutes.map(([slow]) => slow))} of ${even}`)
        t.ok(minutes.every(counts => (counts[0] ?? 0) > 0), `${count} targets: ${String(minutes.map(([slow]) => slow))}`)
      }
    }
  })

  t.test('a target that fails at once gets less than 5 %, however quick', async t => {
    for (const count of [3, 12]) {
      const list = equals(count)
      const minutes = perMinute(kind, list, 10, ({ id }) => id === 't0' ? { after: 1, how: 'failed' } : { after: 20 })
      const failed = minutes.reduce((sum, counts) => sum + (counts[0] ?? 0), 0)
      t.ok(failed < 0.05 * 5 * 6000 / count, `${count} targets: ${failed}`)
      t.ok(failed > 0, `${count} targets: ${failed}`)
    }
  })

  t.test('a target that has become quick again is found out and gets its share', async t => {
    for (const count of [3, 12]) {
      const list = equals(count)
      const minutes = perMinute(kind, list, 10, ({ id }, now) => ({ after: id === 't0' && now < MINUTE ? 500 : 20 }))
      const [first, , , , last] = minutes.map(([slow]) => slow ?? 0)
      t.ok((first ?? 0) < 0.2 * 6000 / count && (last ?? 0) > 0.7 * 6000 / count, `${count} targets: ${String(minutes.map(([slow]) => slow))}`)
    }
  })

  t.test('a target that was away for long is tried again', async t => {
    const list = equals(3)
    const strategy = kind.create({})
    const pool = new FakePool(strategy, list, context())
    const answers = ({ id }: FakeCandidate): Ending => ({ after: id === 't0' ? 2000 : 20 })
    const phase = (members: readonly FakeCandidate[], length: number): FakeCandidate[] => {
      const picker = strategy.prepare(nonEmpty(members))
      return Array.from({ length }, () => { pool.pass(10); return pool.send(picker, answers) })
    }
    phase(list, 3000)
    phase(list.slice(1), 12_000)
    t.ok(phase(list, 100).includes(list[0]))
  })

  t.test('a newcomer is tried at once and not swamped before it has answered', async t => {
    t.doesNotThrow(() => fc.assert(fc.property(fc.integer({ min: 1, max: 11 }), fc.integer({ min: 1, max: 20 }), fc.integer(), (known, gap, seed) => {
      const old = equals(known)
      const list = nonEmpty([...old, ...equals(1)])
      const newcomer = list.at(-1)
      const strategy = kind.create({})
      const pool = new FakePool(strategy, list, context(seed))
      const before = strategy.prepare(old)
      for (let i = 0; i < 500; i++) { pool.pass(gap); pool.send(before, () => ({ after: 100 })) }
      const most = Math.max(...old.map(({ inflight }) => inflight))
      const picker = strategy.prepare(list)
      const picks = Array.from({ length: Math.ceil(100 / gap) }, () => { pool.pass(gap); return pool.send(picker, () => ({ after: 100 })) })
      return picks.length < 20 || (picks.includes(list[known] ?? old[0]) && (newcomer?.inflight ?? 0) <= most + 2)
    }), { numRuns: 100, seed: 1 }))
  })

  t.test('where nothing is known yet, requests spread by load', async t => {
    const list = equals(4)
    const strategy = kind.create({})
    const pool = new FakePool(strategy, list, context())
    const picker = strategy.prepare(list)
    t.strictSame(picker.scores?.(pool.context), [10, 10, 10, 10])
    t.strictSame(tally(list, Array.from({ length: 40 }, () => pool.send(picker, () => ({ after: 50 })))), [10, 10, 10, 10])
  })

  t.test('a pool that nobody has asked for a day still goes by load', async t => {
    const list = candidates(3, 1)
    const strategy = kind.create({})
    const pool = new FakePool(strategy, list, context())
    const picker = strategy.prepare(list)
    for (let i = 0; i < 100; i++) { pool.pass(10); pool.send(picker, () => ({ after: 50 })) }
    pool.pass(24 * 60 * MINUTE)
    t.strictSame(tally(list, Array.from({ length: 40 }, () => pool.send(picker, () => ({ after: 50 })))), [30, 10])
  })

  t.test('a target that never answers, and whose clients give up, is not taken for a quick one', async t => {
    for (const count of [3, 12]) {
      const minutes = perMinute(kind, equals(count), 10, ({ id }) => id === 't0' ? { after: 5000, how: 'abandoned' } : { after: 20 })
      const lost = minutes.reduce((sum, counts) => sum + (counts[0] ?? 0), 0)
      t.ok(lost < 0.02 * 5 * 6000 / count, `${count} targets: ${lost}`)
    }
  })

  t.test('options are heeded', async t => {
    const list = equals(2)
    const strategy = kind.create({ decay: '100ms', errorLatency: '40ms' })
    const pool = new FakePool(strategy, list, context())
    const picker = strategy.prepare(list)
    pool.begin(list[0], { after: 20, how: 'failed' })
    pool.pass(20)
    t.strictSame(picker.scores?.(pool.context), [40, 40])
    pool.pass(100)
    t.ok(picker.scores?.(pool.context).every(score => Math.abs((score ?? 0) - 40 / Math.E) < 1e-9))
  })
}

/** Five minutes with a request every `gap` ms: how many each target got in each minute. */
function perMinute (kind: StrategyKind<LatencyOptions>, list: ReturnType<typeof equals>, gap: number, ending: (candidate: FakeCandidate, now: number) => Ending): number[][] {
  const strategy = kind.create({})
  const pool = new FakePool(strategy, list, context(5))
  const picker = strategy.prepare(list)
  return Array.from({ length: 5 }, () => tally(list, Array.from({ length: MINUTE / gap }, () => {
    pool.pass(gap)
    return pool.send(picker, candidate => ending(candidate, pool.now))
  })))
}
