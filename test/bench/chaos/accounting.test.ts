import t from 'tap'
import { account, type Observation } from '../../../bench/chaos/accounting.js'
import type { Sample } from '../../../bench/chaos/sample.js'

const observation: Observation = {
  samples: [], entries: [], outages: [], counted: 1000, event: 2000, recovery: 5000, settle: 1000, inflight: 0
}

function sample (id: string, begun: number, ended: number | string = 200, took = 5): Sample {
  return { id, method: id.startsWith('p') ? 'POST' : 'GET', begun, took, ended }
}

t.test('failures are counted by method, those of the warm-up are not', t => {
  const { requests, failedGets, failedPosts, lateFailures, failures } = account({
    ...observation,
    samples: [
      sample('g1', 900, 502), sample('g2', 1000), sample('g3', 1990, 'ECONNRESET', 20), sample('g4', 3000, 503),
      sample('p5', 3000, 504), sample('p6', 6500, 'timeout'), sample('g7', 6000, 404), sample('g8', 1100, 500)
    ]
  })
  t.same({ requests, failedGets, failedPosts, lateFailures }, { requests: 7, failedGets: 3, failedPosts: 2, lateFailures: 1 })
  t.same([...failures], [['GET ECONNRESET during', 1], ['GET 503 during', 1], ['POST 504 during', 1], ['POST timeout after', 1], ['GET 500 before', 1]])
  t.end()
})

t.test('the percentile is told for each phase, of the answers that were good', t => {
  const { p99 } = account({
    ...observation,
    samples: [
      sample('g1', 1500, 200, 3), sample('g2', 1600, 200, 4),
      sample('g3', 2000, 200, 1000), sample('g4', 2100, 502, 9000), sample('g5', 5999, 200, 2000),
      sample('g6', 6000, 200, 7)
    ]
  })
  t.same(p99, { before: 4, during: 2000, after: 7 })
  t.ok(Number.isNaN(account(observation).p99.before))
  t.end()
})

t.test('evicted: the last request begun in the outage that reached the backend, even if it was read later', t => {
  const outages = [{ backend: 1, dead: false, from: 2000, to: 5000 }]
  const samples = [sample('g1', 1999), sample('g2', 2300), sample('g3', 2900), sample('g4', 3500), sample('g5', 5001)]
  const entries = [
    { at: 2010, backend: 1, method: 'GET', id: 'g1' },
    { at: 5100, backend: 1, method: 'GET', id: 'g2' },
    { at: 2910, backend: 2, method: 'GET', id: 'g3' },
    { at: 5002, backend: 1, method: 'GET', id: 'g5' }
  ]
  t.equal(account({ ...observation, samples, entries, outages }).evicted, 300)
  t.equal(account({ ...observation, samples, entries: entries.slice(2), outages }).evicted, 0)
  t.ok(Number.isNaN(account({ ...observation, samples, entries, outages: [{ backend: 1, dead: true, from: 2000, to: 5000 }] }).evicted))
  t.ok(Number.isNaN(account(observation).evicted))
  t.end()
})

t.test('back: the first request after the last outage of a backend, of the slowest one', t => {
  const entries = [
    { at: 5200, backend: 1, method: 'GET', id: 'g1' },
    { at: 5100, backend: 1, method: 'GET', id: 'g2' },
    { at: 4300, backend: 2, method: 'GET', id: 'g3' },
    { at: 3100, backend: 1, method: 'GET', id: 'g4' }
  ]
  const first = { backend: 1, dead: true, from: 2000, to: 3000 }
  const second = { backend: 1, dead: true, from: 4000, to: 5000 }
  const other = { backend: 2, dead: false, from: 3500, to: 4000 }
  t.equal(account({ ...observation, entries, outages: [first, second] }).back, 100)
  t.equal(account({ ...observation, entries, outages: [other, second] }).back, 300)
  t.equal(account({ ...observation, entries, outages: [{ ...other, backend: 3 }] }).back, Infinity)
  t.ok(Number.isNaN(account({ ...observation, entries, outages: [{ ...other, to: null }] }).back))
  t.end()
})

t.test('what a client was answered, some backend has seen; and no POST twice', t => {
  const samples = [sample('g1', 1500), sample('g2', 1500), sample('g3', 1500, 503), sample('g4', 1500, 'timeout')]
  const entries = [
    { at: 1501, backend: 1, method: 'GET', id: 'g1' },
    { at: 1502, backend: 1, method: 'POST', id: 'x1' },
    { at: 1503, backend: 3, method: 'POST', id: 'x1' }
  ]
  const { unseen, duplicates, inflight } = account({ ...observation, samples, entries, inflight: 3 })
  t.same({ unseen, duplicates, inflight }, { unseen: 1, duplicates: 1, inflight: 3 })
  t.end()
})
