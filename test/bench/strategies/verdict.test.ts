import t from 'tap'
import { verdict } from '../../../bench/strategies/verdict.js'
import { fakeSummary } from './fake-summary.js'

const failing = { errors: { non2xx: 2500, socket: 0, unanswered: 0, timeouts: 0 }, completed: 2500 }

t.test('open loop: the p99 decides, held against round-robin', async t => {
  const all = [fakeSummary('round-robin', [200, 212, 220]), fakeSummary('peak-ewma', [38, 41, 44]), fakeSummary('random', [300, 301, 302])]
  t.strictSame(verdict(all, true), { text: 'peak-ewma: p99 41 ms against 212 ms for round-robin', best: 'peak-ewma' })
})

t.test('without round-robin, or when that is best, the worst is the measure', async t => {
  t.equal(verdict([fakeSummary('a', [10]), fakeSummary('b', [20]), fakeSummary('c', [30])], true).text, 'a: p99 10 ms against 30 ms for c')
  t.equal(verdict([fakeSummary('round-robin', [9.5]), fakeSummary('b', [20]), fakeSummary('c', [30])], true).text, 'round-robin: p99 9.5 ms against 30 ms for c')
})

t.test('those whose rounds overlap with the best are named with it', async t => {
  const all = [fakeSummary('round-robin', [200, 210, 220]), fakeSummary('a', [40, 45, 50]), fakeSummary('b', [30, 41, 42])]
  t.equal(verdict(all, true).text, 'b (alike: a): p99 41 ms against 210 ms for round-robin')
})

t.test('of many alike three are named', async t => {
  const all = [fakeSummary('round-robin', [200]), ...['a', 'b', 'c', 'd', 'e', 'f'].map(name => fakeSummary(name, [40]))]
  t.equal(verdict(all, true).text, 'a (alike: b, c, d, 2 more): p99 40 ms against 200 ms for round-robin')
})

t.test('close rounds do not make a slight difference a large one', async t => {
  t.match(verdict([fakeSummary('a', [40, 40.1, 40.2]), fakeSummary('b', [41, 41.1, 41.2])], true).text, /^no difference/)
  t.match(verdict([fakeSummary('a', [40, 40.1, 40.2]), fakeSummary('b', [45, 45.1, 45.2])], true).text, /^a: p99 40 ms/)
  t.match(verdict([fakeSummary('a', [40]), fakeSummary('b', [45])], true).text, /^no difference/, 'one round does not know its spread')
  t.match(verdict([fakeSummary('a', [2, 2.1, 2.2]), fakeSummary('b', [2.7, 2.8, 2.9])], true).text, /^no difference/, 'less than a millisecond is nothing')
})

t.test('where the first measure says nothing the second decides', async t => {
  const all = [fakeSummary('round-robin', [40, 41], { p50: 30 }), fakeSummary('a', [40, 41], { p50: 12 })]
  t.equal(verdict(all, true).text, 'a: p50 12 ms against 30 ms for round-robin')
})

t.test('closed loop: the throughput decides', async t => {
  const all = [fakeSummary('round-robin', [300, 301], { requestsPerSecond: 390 }), fakeSummary('a', [305, 306], { requestsPerSecond: 1008 })]
  t.equal(verdict(all, false).text, 'a: 1,008 requests/s against 390 requests/s for round-robin')
})

t.test('who has more errors is out, however quick', async t => {
  const all = [fakeSummary('round-robin', [40, 41]), fakeSummary('a', [2, 2], failing), fakeSummary('b', [20, 21])]
  t.strictSame(verdict(all, true), { text: 'round-robin (alike: b): 0.0 % errors against 50 % errors for a; b: p99 21 ms against 41 ms for round-robin', best: 'b' })
})

t.test('nothing answered is worse than anything', async t => {
  const none = { p50: Number.NaN, p99: Number.NaN, completed: 0 }
  t.equal(verdict([fakeSummary('a', [Number.NaN], none), fakeSummary('b', [40])], true).best, 'b')
})

t.test('all alike, or one alone', async t => {
  t.equal(verdict([fakeSummary('a', [24, 30]), fakeSummary('b', [26, 28])], true).text, 'no difference beyond the spread: p99 27 ms, p50 12 ms')
  t.equal(verdict([fakeSummary('a', [24])], false).text, 'a alone: 500 requests/s, p99 24 ms')
  t.throws(() => verdict([], true), RangeError)
})
