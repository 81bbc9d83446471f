import t from 'tap'
import { Tally } from '../../../bench/strategies/tally.js'

t.test('good answers have latencies, sorted; the others are errors', async t => {
  const tally = new Tally()
  for (const [status, latency] of [[200, 30], [204, 10], [500, 1], [302, 2], [299, 20]] as const) tally.answered(status, latency)
  tally.failed('socket')
  tally.failed('unanswered', 3)
  tally.failed('timeouts', 0)
  t.match(tally.result(2), { latencies: [10, 20, 30], requestsPerSecond: 1.5, errors: { non2xx: 2, socket: 1, unanswered: 3, timeouts: 0 } })
})

t.test('affinity: how many answers came from the backend that their key has most from', async t => {
  const tally = new Tally()
  for (const backend of ['1', '1', '1', '2']) tally.by(backend, 'a')
  for (const backend of ['2', '3']) tally.by(backend, 'b')
  tally.by('3', 'seen once')
  const { affinity, served } = tally.result(1)
  t.equal(Math.round(affinity), 67)
  t.strictSame(served, new Map([['1', 3], ['2', 2], ['3', 2]]))
  t.ok(Number.isNaN(new Tally().result(1).affinity))
})
