import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import type { Test } from 'tap'
import type { NonEmpty, PickContext, Strategy } from '../../src/balancing/strategy.js'
import { candidates, context, contextOf, equals, nonEmpty, tally, type FakeCandidate } from './fake-candidate.js'
import { FakePool, type Ending } from './fake-pool.js'

/** A strategy under test. */
export interface ContractSubject {
  create (): Strategy
  /** Does it claim that shares follow weights? Default true. */
  readonly weighted?: boolean
  /** Does it claim that everybody gets some of the traffic? Default true. */
  readonly spreads?: boolean
}

const quick: Ending = { after: 5 }

/** What every strategy must keep. Call it at the top of a strategy's own test. */
export function strategyContract (t: Test, { create, weighted = true, spreads = true }: ContractSubject): void {
  t.test('contract: picks from the list, whatever happens to load, weights and list', async t => {
    const change = fc.record({ members: fc.nat(2 ** 12 - 1), weight: fc.option(fc.double({ min: 0.001, max: 1000, noNaN: true })), picks: fc.nat(30) })
    t.doesNotThrow(() => fc.assert(fc.property(fc.array(fc.nat({ max: 99 }), { minLength: 12, maxLength: 12 }), fc.array(change, { maxLength: 12 }), (weights, changes) => {
      const all = candidates(...weights.map(weight => weight + 1))
      const strategy = create()
      const pool = new FakePool(strategy, all, context(7))
      for (const { members, weight, picks } of changes) {
        const list = all.filter((_, i) => (members >> i & 1) === 1)
        if (weight !== null) all[0].weight = weight
        if (list.length === 0) continue
        const picker = strategy.prepare(nonEmpty(list))
        for (let i = 0; i < picks; i++) {
          if (!list.includes(pool.send(picker, () => anyEnding(i)))) return false
          pool.pass(i % 3)
        }
      }
      return true
    })))
  })

  t.test('contract: one target is always chosen', async t => {
    for (const weight of [0.5, 1, 7]) {
      const list = equals(1, weight)
      const picker = create().prepare(list)
      t.ok(sequence(picker.pick.bind(picker), 50).every(pick => pick === list[0]))
    }
  })

  t.test('contract: the same seed gives the same choice, and no other source of chance or time is used', async t => {
    const { random } = Math
    const { now } = Date
    const run = (): string[] => {
      const strategy = create()
      const all = candidates(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)
      const pool = new FakePool(strategy, all, context(11))
      return [12, 3, 9, 1, 12].flatMap(count => {
        const picker = strategy.prepare(nonEmpty(all.slice(0, count)))
        return Array.from({ length: 100 }, (_, i) => { pool.pass(i % 3); return pool.send(picker, () => anyEnding(i)).id })
      })
    }
    t.teardown(() => { Math.random = random; Date.now = now })
    Math.random = Date.now = () => { throw new Error('impure') }
    const first = run()
    t.strictSame(run(), first)
  })

  t.test('contract: scores are one for each candidate, and asking for them changes nothing', async t => {
    const requests = context(14)
    const clients = Array.from({ length: 200 }, () => requests.request)
    for (const weights of [[1], [1, 1, 1], [5, 1, 2], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]]) {
      const run = (asks: boolean): string[] => {
        const list = candidates(...weights)
        const strategy = create()
        const pool = new FakePool(strategy, list, { ...contextOf({}), random: context(13).random })
        const picker = strategy.prepare(list)
        return clients.map((request, i) => {
          const explained: PickContext = { ...pool.context, request }
          const scores = asks ? picker.scores?.(explained) : undefined
          if (scores !== undefined && (scores.length !== list.length || scores.some(Number.isNaN))) t.fail(`${weights.length} candidates: ${scores.join(' ')}`)
          const pick = picker.pick(explained)
          pool.begin(pick, anyEnding(i))
          pool.pass(i % 5)
          return pick.id
        })
      }
      t.strictSame(run(true), run(false))
    }
  })

  t.test('contract: what it remembers does not grow with the picks', async t => {
    for (const list of [equals(5), equals(20), candidates(5, 3, 1), candidates(1.5, 1, 0.25), candidates(1021, 1019, 7)]) {
      const strategy = create()
      const picker = strategy.prepare(list)
      const pool = new FakePool(strategy, list, contextOf({ clientAddress: '10.0.0.1' }))
      const work = (): void => {
        for (let i = 0; i < 150_000; i++) { pool.pass(1); pool.send(picker, () => quick) }
        for (let i = 0; i < 2000; i++) { pool.pass(1); pool.send(strategy.prepare(list), () => quick) }
        pool.pass(quick.after)
      }
      const growth = (): number => {
        const before = heapInUse()
        work()
        return heapInUse() - before
      }
      work()
      // What grows with the picks grows each time; what Node itself keeps, of compiled code for one, does not, but may come late on a busy machine.
      const grown = [growth()]
      while (Math.min(...grown) > 150_000 && grown.length < 8) grown.push(growth())
      t.ok(Math.min(...grown) < 150_000, `${grown.join(', ')} bytes`)
    }
  })

  if (spreads) spreadContract(t, create)
  if (weighted) weightContract(t, create)
}

function spreadContract (t: Test, create: () => Strategy): void {
  t.test('contract: nobody starves, in small pools and large, also if the picker is rebuilt before each pick', async t => {
    for (const count of [2, 3, 8, 9, 30]) {
      for (const every of [Infinity, 7, 1]) {
        const list = equals(count)
        const strategy = create()
        const pool = new FakePool(strategy, list, context(count))
        let picker = strategy.prepare(list)
        const picks = Array.from({ length: count * 100 }, (_, i) => {
          if (i % every === 0) picker = strategy.prepare(nonEmpty([...list]))
          pool.pass(1)
          return pool.send(picker, () => quick)
        })
        const least = Math.min(...tally(list, picks))
        t.ok(least >= 50, `${count} targets, rebuilt every ${every}: ${least} of 100`)
      }
    }
  })

  t.test('contract: nobody starves while others come and go', async t => {
    const all = equals(6)
    const strategy = create()
    const pool = new FakePool(strategy, all, context(3))
    const picks = Array.from({ length: 6000 }, (_, i) => {
      const absent = 1 + Math.floor(pool.context.random() * 5)
      pool.pass(1)
      return pool.send(strategy.prepare(nonEmpty(all.filter((_, j) => j !== absent || i % 3 === 0))), () => quick)
    })
    const counts = tally(all, picks)
    t.ok(Math.min(...counts) > 600, counts.join(' '))
  })
}

function weightContract (t: Test, create: () => Strategy): void {
  t.test('contract: shares follow the weights', async t => {
    for (const weights of [[1, 1, 1], [5, 1, 1], [1, 2, 3, 4], [3, 1, 3, 1, 3, 1, 3, 1, 3, 1], [0.5, 1, 2.5]]) {
      const list = candidates(...weights)
      const counts = tally(list, underLoad(create(), list, 12_000))
      const total = weights.reduce((sum, weight) => sum + weight, 0)
      const off = counts.map((count, i) => count / (12_000 * (weights[i] ?? 0) / total))
      t.ok(off.every(ratio => ratio > 0.85 && ratio < 1.15), `${weights.join(' ')}: ${off.map(ratio => ratio.toFixed(2)).join(' ')}`)
    }
  })
}

function sequence<T> (pick: (request: PickContext) => T, length: number): T[] {
  const request = context()
  return Array.from({ length }, () => pick(request))
}

/** One after the other: slow, quick, failed and abandoned. */
function anyEnding (i: number): Ending {
  return { after: i * 7 % 31, how: i % 5 === 0 ? 'failed' : i % 7 === 0 ? 'abandoned' : 'answered' }
}

/** Picks while 120 requests are under way, of which the oldest always ends next. */
function underLoad (strategy: Strategy, list: NonEmpty<FakeCandidate>, length: number): FakeCandidate[] {
  const picker = strategy.prepare(list)
  const pool = new FakePool(strategy, list, context(5))
  return Array.from({ length }, () => {
    pool.pass(1)
    return pool.send(picker, () => ({ after: 120 }))
  })
}

let collect: (() => void) | null = null

function heapInUse (): number {
  if (collect === null) {
    setFlagsFromString('--expose-gc')
    collect = runInNewContext('gc') as () => void // V8's own function of that name, which takes no argument.
  }
  collect()
  return process.memoryUsage().heapUsed
}
