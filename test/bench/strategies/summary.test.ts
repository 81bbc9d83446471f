import t from 'tap'
import { summarize } from '../../../bench/strategies/summary.js'
import { fakeRun } from './fake-summary.js'

const errors = { non2xx: 0, socket: 0, unanswered: 0, timeouts: 0 }

t.test('rounds are put together, each number in its way', async t => {
  const summary = summarize([
    fakeRun({ p99: 50, served: [100, 300], peaks: [4, 9], completed: 390, errors: { ...errors, non2xx: 10 } }),
    fakeRun({ p99: 10, served: [300, 100], peaks: [7, 2], completed: 400 }),
    fakeRun({ p99: 20, served: [200, 200], peaks: [1, 1], completed: 380, errors: { ...errors, socket: 10, timeouts: 10 }, timeline: { step: 100, targets: [] } })
  ], [1, 1])
  t.equal(summary.rounds, 3)
  t.strictSame(summary.p99, { middle: 20, low: 10, high: 50, count: 3 })
  t.strictSame(summary.errors, { ...errors, non2xx: 10, socket: 10, timeouts: 10 })
  t.strictSame(summary.errorShare, { middle: 2.5, low: 0, high: 5, count: 3 })
  t.strictSame(summary.shares, [50, 50])
  t.strictSame(summary.peaks, [7, 9])
  t.strictSame(summary.timeline, { step: 100, targets: [] }, 'that of the middle round by p99')
  t.equal(summary.curve[0], 4)
  t.equal(summary.processors.middle, 50)
})

t.test('fairness goes by the weights', async t => {
  const run = fakeRun({ served: [100, 200] })
  t.equal(summarize([run], [1, 2]).fairness.middle, 1)
  t.equal(Math.round(summarize([run], [1, 1]).fairness.middle * 100), 90)
})

t.test('p99.9 needs a thousand answers behind it', async t => {
  t.equal(summarize([fakeRun({ completed: 999, p999: 1 }), fakeRun({ completed: 1000, p999: 2 })], [1, 1]).p999.middle, 2)
  t.ok(Number.isNaN(summarize([fakeRun({ completed: 999 })], [1, 1]).p999.middle))
})

t.test('no run, no summary', async t => {
  t.throws(() => summarize([], [1]), RangeError)
})
