import fc from 'fast-check'
import t from 'tap'
import { seededRandom } from '../../src/base/random.js'
import { LeastConnections } from '../../src/balancing/least-connections.js'
import { loadAware } from '../../src/balancing/load-aware.js'
import type { LoadReport } from '../../src/balancing/load-report.js'
import type { Follower, NonEmpty, PickContext, Picker, Strategy } from '../../src/balancing/strategy.js'
import { strategyContract } from './contract.js'
import { candidates, contextOf, equals, nonEmpty, tally, type FakeCandidate } from './fake-candidate.js'

strategyContract(t, { create: () => loadAware.create({}) })

/** A strategy over some targets, and a clock. */
class Bench {
  now = 0
  readonly context: PickContext
  readonly strategy: Strategy
  readonly picker: Picker<FakeCandidate>
  readonly #followers: readonly Follower[]
  readonly #requests: number[]

  constructor (readonly list: NonEmpty<FakeCandidate>, options: Parameters<typeof loadAware.create>[0] = {}) {
    this.strategy = loadAware.create(options)
    this.#followers = list.map(candidate => this.strategy.follow?.(candidate)).filter(follower => follower !== undefined)
    this.#requests = list.map(() => 0)
    this.picker = this.strategy.prepare(list)
    this.context = { ...contextOf({}), now: () => this.now }
  }

  report (index: number, report: LoadReport): void {
    this.#followers[index]?.reported?.(report, this.now)
  }

  /** Lets time pass, and each of these backends report every 5 s that it had so many requests per second, at half its capacity. */
  serve (rates: readonly number[], milliseconds: number, rest: Partial<LoadReport> = {}): void {
    const end = this.now + milliseconds
    while (this.now < end) {
      this.now += 5000
      rates.forEach((rate, index) => {
        const requests = this.#requests[index] = (this.#requests[index] ?? 0) + rate * 5
        this.report(index, { utilization: 0.5, inflight: 0, requests, ...rest })
      })
    }
  }

  /** So many requests of ours, of which some fail. */
  send (index: number, count: number, failed = 0): void {
    for (let i = 0; i < count; i++) this.#followers[index]?.began(this.now).answered(this.now, i < failed)
  }

  /** Scores in relation to the first one's. */
  get scores (): number[] {
    const scores = this.picker.scores?.(this.context) ?? []
    return scores.map(score => Math.round((score ?? 0) / (scores[0] ?? 1) * 1000) / 1000)
  }
}

t.test('weight follows capacity: the rate of requests over the utilisation', async t => {
  const bench = new Bench(equals(3))
  bench.serve([100, 50, 100], 20_000)
  t.strictSame(bench.scores, [1, 2, 1])
  bench.list[0].weight = 4
  t.strictSame(bench.scores, [1, 8, 4], 'on top of the weight that is configured')
})

t.test('in the blackout reports are not used', async t => {
  const bench = new Bench(equals(2))
  bench.serve([100, 50], 10_000)
  t.strictSame(bench.scores, [1, 1], 'up to 10 s after the first one')
  bench.serve([100, 50], 5000)
  t.strictSame(bench.scores, [1, 2])
  const other = new Bench(equals(2), { blackout: '0s' })
  other.serve([100, 50], 10_000)
  t.strictSame(other.scores, [1, 2])
})

t.test('a restart begins a new blackout, and so does silence beyond the expiry', async t => {
  const bench = new Bench(equals(3))
  bench.serve([100, 50, 100], 20_000)
  t.strictSame(bench.scores, [1, 2, 1])
  bench.now += 5000
  bench.report(1, { utilization: 0.5, inflight: 0, requests: 3 })
  t.strictSame(bench.scores, [1, 1, 1], 'the counter begins anew: the average of the others')
  bench.now += 5000
  bench.report(1, { utilization: 0.5, inflight: 0, requests: 253 })
  t.strictSame(bench.scores, [1, 1, 1])
  bench.now += 5000
  bench.report(1, { utilization: 0.5, inflight: 0, requests: 503 })
  t.strictSame(bench.scores, [1, 2, 1])

  const silent = new Bench(equals(3))
  silent.serve([100, 50, 100], 20_000)
  silent.now += 30_001
  silent.serve([100, 50, 100], 10_000)
  t.strictSame(silent.scores, [1, 1, 1])
  silent.serve([100, 50, 100], 5000)
  t.strictSame(silent.scores, [1, 2, 1])
})

t.test('old reports do not count; with fewer than two it is least-connections', async t => {
  const bench = new Bench(equals(3))
  bench.serve([100, 50, 25], 20_000)
  t.strictSame(bench.scores, [1, 2, 4])
  bench.now += 30_000
  t.strictSame(bench.scores, [1, 2, 4])
  bench.now += 1
  t.strictSame(bench.scores, [1, 1, 1])
  bench.serve([100], 20_000, { inflight: 50 })
  t.strictSame(bench.scores, [1, 1, 1], 'one alone')
})

t.test('whoever does not say gets the average of those that do, of capacity and of others\' requests', async t => {
  const bench = new Bench(equals(3))
  bench.serve([100, 50], 20_000, { inflight: 6 })
  // Shares 4/3, 2/3 and 1, each with six requests of others.
  t.strictSame(bench.scores, [1, 2, 1.333])
})

t.test('requests of others count like our own, as they were when the report came', async t => {
  const bench = new Bench(equals(2))
  bench.list[0].inflight = 4
  bench.serve([100, 100], 10_000)
  bench.now += 5000
  bench.report(0, { utilization: 0.5, inflight: 13, requests: 1500 })
  bench.report(1, { utilization: 0.5, inflight: 0, requests: 1500 })
  t.strictSame(bench.picker.scores?.(bench.context), [4 + 9 + 1, 1])
  bench.list[0].inflight = 1
  t.strictSame(bench.picker.scores?.(bench.context), [1 + 9 + 1, 1])
})

t.test('small differences are taken for noise: equals take turns', async t => {
  const bench = new Bench(equals(4))
  bench.serve([100, 95, 105, 90], 20_000)
  t.strictSame(bench.scores, [1, 1, 1, 1])
  const picks = Array.from({ length: 40 }, () => bench.picker.pick(bench.context))
  t.strictSame(tally(bench.list, picks), [10, 10, 10, 10])
})

t.test('a backend that does not count is measured by our own requests', async t => {
  const bench = new Bench(equals(2))
  for (let i = 0; i < 5; i++) {
    bench.now += 5000
    bench.send(0, 300)
    bench.send(1, 100)
    for (const index of [0, 1]) bench.report(index, { utilization: 0.5, inflight: 0, requests: null })
  }
  t.strictSame(bench.scores, [1, 3])
})

t.test('errors make a target look busier, by as much as the options say', async t => {
  for (const [errorPenalty, second] of [[0, 1], [1, 2], [3, 4]] as const) {
    const bench = new Bench(equals(2), { errorPenalty })
    for (let i = 0; i < 5; i++) {
      bench.send(0, 100)
      bench.send(1, 100, 50)
      bench.serve([100, 100], 5000)
    }
    t.strictSame(bench.scores, [1, second], `${errorPenalty}`)
  }
})

t.test('an idle backend tells nothing of its capacity, nor one that is asked twice in a row', async t => {
  const bench = new Bench(equals(2))
  bench.serve([3, 1], 20_000, { utilization: 0.01 })
  t.strictSame(bench.scores, [1, 1])
  bench.serve([100, 50], 20_000)
  t.strictSame(bench.scores, [1, 2])
  bench.now += 999
  bench.report(0, { utilization: 1, inflight: 0, requests: 1e6 })
  t.strictSame(bench.scores, [1, 2])
  bench.serve([0, 0], 5000)
  t.strictSame(bench.scores, [1, 2], 'no request, no news')
})

t.test('measurements are smoothed', async t => {
  const bench = new Bench(equals(2))
  bench.serve([100, 100], 20_000)
  bench.serve([100, 25], 5000)
  const [, first = 0] = bench.scores
  t.ok(first > 1.2 && first < 2, `${first}`)
  bench.serve([100, 25], 60_000)
  const [, last = 0] = bench.scores
  t.ok(last > 3.9 && last <= 4, `${last}`)
})

t.test('without reports its choices are exactly those of least-connections', async t => {
  const step = fc.record({ members: fc.integer({ min: 1, max: 2 ** 12 - 1 }), picks: fc.nat(20), ends: fc.array(fc.nat(11), { maxLength: 10 }) })
  t.doesNotThrow(() => fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 12, maxLength: 12 }), fc.array(step, { maxLength: 10 }), (weights, steps) => {
    const run = (strategy: Strategy): string => {
      const all = candidates(...weights)
      const followers = all.map(candidate => strategy.follow?.(candidate))
      const context = contextOf({}, seededRandom(5))
      // One report tells nothing of how the others are.
      for (const at of [0, 5000, 10_000, 15_000]) followers[0]?.reported?.({ utilization: 0.9, inflight: 40, requests: at }, at)
      return steps.flatMap(({ members, picks, ends }) => {
        const picker = strategy.prepare(nonEmpty(all.filter((_, i) => (members >> i & 1) === 1)))
        const ids = Array.from({ length: picks }, () => { const pick = picker.pick(context); pick.inflight++; return pick.id })
        for (const i of ends) { const candidate = all[i]; if (candidate !== undefined && candidate.inflight > 0) candidate.inflight-- }
        return ids
      }).join()
    }
    return run(loadAware.create({})) === run(new LeastConnections())
  })))
})

t.test('two lists at a time do not disturb each other', async t => {
  const bench = new Bench(equals(3))
  bench.serve([100, 50], 20_000)
  const others = bench.strategy.prepare(nonEmpty(bench.list.slice(1)))
  t.strictSame(bench.scores, [1, 2, 1.333])
  t.strictSame(others.scores?.(bench.context), [1, 1], 'one of the two alone has reported')
  t.strictSame(bench.scores, [1, 2, 1.333])
})

t.test('bad durations are refused', async t => {
  t.throws(() => loadAware.create({ blackout: '10' }), TypeError)
  t.throws(() => loadAware.create({ expiry: 'long' }), TypeError)
})

/**
 * Backends like those of Node: one processor each, first come first served, and 100 ms more that a request waits for something else. They report
 * every 2 s; arrivals are by chance. Gives the share of each in the second half of the time.
 */
function simulate (strategy: Strategy, serviceTimes: readonly number[], load: number): number[] {
  const list = equals(serviceTimes.length)
  const random = seededRandom(3)
  let now = 0
  const context: PickContext = { ...contextOf({}, random), now: () => now }
  const followers = list.map(candidate => strategy.follow?.(candidate))
  const servers = list.map(() => ({ freeAt: 0, busy: 0, requests: 0, ends: new Array<number>() }))
  const picker = strategy.prepare(list)
  const rate = load * serviceTimes.reduce((sum, time) => sum + 1 / time, 0)
  const picks: FakeCandidate[] = []
  const end = 120_000
  for (let reportAt = 2000; now < end;) {
    now += -Math.log(1 - random()) / rate
    servers.forEach((server, i) => {
      while ((server.ends[0] ?? Infinity) <= now) { server.ends.shift(); list[i]!.inflight-- }
    })
    for (; reportAt <= now; reportAt += 2000) {
      servers.forEach((server, i) => {
        // What of the work given to it lies before the report.
        const busy = server.busy - Math.max(0, server.freeAt - reportAt)
        followers[i]?.reported?.({ utilization: Math.min(1, Math.max(0, busy / 2000)), inflight: server.ends.length, requests: server.requests }, reportAt)
        server.busy -= busy
      })
    }
    const pick = picker.pick(context)
    const index = list.indexOf(pick)
    const server = servers[index]!
    const time = (serviceTimes[index] ?? 1) * -Math.log(1 - random())
    followers[index]?.began(now).answered(now, false)
    server.requests++
    server.busy += time
    server.freeAt = Math.max(server.freeAt, now) + time
    server.ends.push(server.freeAt + 100)
    pick.inflight++
    if (now > end / 2) picks.push(pick)
  }
  return tally(list, picks).map(count => count / picks.length)
}

t.test('a target of half the capacity ends up with about half the requests of the others', async t => {
  for (const load of [0.3, 0.5, 0.8]) {
    const [slow = 0, ...others] = simulate(loadAware.create({}), [10, 5, 5, 5], load)
    const ratio = slow / (others.reduce((sum, share) => sum + share, 0) / 3)
    t.ok(ratio > 0.4 && ratio < 0.6, `load ${load}: ${ratio.toFixed(2)} of the others' share`)
    t.ok(Math.max(...others) < 1.25 * Math.min(...others), others.map(share => share.toFixed(3)).join(' '))
  }
  const [blind = 0, other = 0] = simulate(new LeastConnections(), [10, 5, 5, 5], 0.5)
  t.ok(blind / other > 0.8, `least-connections gives it ${(blind / other).toFixed(2)}`)
})

t.test('equals stay equal', async t => {
  for (const load of [0.2, 0.7]) {
    const shares = simulate(loadAware.create({}), [5, 5, 5, 5], load)
    t.ok(Math.max(...shares) < 1.15 * Math.min(...shares), `load ${load}: ${shares.map(share => share.toFixed(3)).join(' ')}`)
  }
})
