import t from 'tap'
import { isBackToSpeed, misses } from '../../../bench/chaos/verdict.js'
import { flawless } from './fake-account.js'

t.test('a flawless run misses nothing', t => {
  for (const tolerates of ['none', 'gets', 'outage'] as const) t.same(misses({ tolerates }, flawless), [])
  t.end()
})

t.test('what a failed request means depends on the scenario', t => {
  const failed = { ...flawless, failedGets: 3, failedPosts: 2 }
  t.same(misses({ tolerates: 'none' }, failed), ['3 failed GETs', '2 failed POSTs'])
  t.same(misses({ tolerates: 'gets' }, failed), ['3 failed GETs'])
  t.same(misses({ tolerates: 'outage' }, failed), [])
  t.same(misses({ tolerates: 'outage' }, { ...failed, lateFailures: 1 }), ['1 failed after the outage'])
  t.end()
})

t.test('a repeated POST, an answer from nowhere and a request that stays are never all right', t => {
  const bad = { ...flawless, duplicates: 1, unseen: 2, inflight: 3 }
  for (const tolerates of ['none', 'gets', 'outage'] as const) {
    t.same(misses({ tolerates }, bad), ['1 repeated POSTs', '2 answered by nobody', '3 in flight at the end'])
  }
  t.end()
})

t.test('back to speed is 1.5 times the time before, at most', t => {
  t.equal(isBackToSpeed(flawless), true)
  t.equal(isBackToSpeed({ ...flawless, p99: { before: 10, during: 10, after: 15.1 } }), false)
  t.equal(isBackToSpeed({ ...flawless, p99: { before: 10, during: 10, after: Number.NaN } }), false)
  t.end()
})
