import t from 'tap'
import { saturationTable, summarize, type Answer } from '../../../bench/saturation/summary.js'

const answers: Answer[] = [
  { result: 200, latency: 10 },
  { result: 204, latency: 250 },
  { result: 200, latency: 251 },
  { result: 200, latency: 30 },
  { result: 503, latency: 1 },
  { result: 503, latency: 1 },
  { result: 504, latency: 900 },
  { result: 'gave up', latency: 2000 },
  { result: 'failed', latency: 5 },
  { result: 'failed', latency: 5 }
]

t.test('every request is in one place, and latencies are those of the 2xx', t => {
  t.same(summarize(answers, 2, 250), { offered: 5, answered: 2, goodput: 1.5, shed: 1, gaveUp: 0.5, failed: 1.5, p50: 30, p99: 251 })
  t.end()
})

t.test('without an answer there is no latency', t => {
  const summary = summarize([{ result: 503, latency: 1 }], 1, 250)
  t.same({ ...summary, p50: 0, p99: 0 }, { offered: 1, answered: 0, goodput: 0, shed: 1, gaveUp: 0, failed: 0, p50: 0, p99: 0 })
  t.ok(Number.isNaN(summary.p50) && Number.isNaN(summary.p99))
  t.end()
})

t.test('the table has a row per run', t => {
  const text = saturationTable([{ backend: 'steady', setting: 'none', ...summarize(answers, 2, 250) }])
  t.same(text.split('\n')[0]?.split('|').map(cell => cell.trim()), ['', 'backend', 'limit', 'offered/s', '2xx/s', 'in time/s', '503/s', 'client left/s', 'failed/s', 'p50 ms', 'p99 ms', ''])
  t.same(text.split('\n')[2]?.split('|').map(cell => cell.trim()), ['', 'steady', 'none', '5', '2', '2', '1', '1', '2', '30', '251', ''])
  t.end()
})
