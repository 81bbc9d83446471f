import t from 'tap'
import { ProxyError } from '../../src/base/errors.js'
import { VirtualClock } from '../../src/base/virtual-clock.js'
import { Lease } from '../../src/upstream/lease.js'
import { cancelled } from '../../src/upstream/outcome.js'
import { statusClass } from '../../src/upstream/target-counts.js'
import { Target } from '../../src/upstream/target.js'

function setup (): { clock: VirtualClock, target: Target, lease: () => Lease } {
  const clock = new VirtualClock()
  const target = new Target('api', { url: 'http://10.0.0.1' }, () => {})
  return { clock, target, lease: () => new Lease(target, () => {}, clock) }
}

t.test('classes of status, those that do not exist among the server\'s errors', async t => {
  t.same([101, 199, 200, 299, 300, 399, 400, 499, 500, 599, 600, 999].map(statusClass), [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 5, 5])
})

t.test('times: to the head, to the end; of responses only', async t => {
  const { clock, target, lease } = setup()
  const [answered, broken, left, unmeasured] = [lease(), lease(), lease(), lease()]
  clock.advance(10)
  answered?.responded(200)
  broken?.responded(200)
  unmeasured?.unmeasured()
  clock.advance(5)
  answered?.settle({ kind: 'response', status: 200 })
  broken?.settle({ kind: 'failure', error: new ProxyError('http_response_incomplete', '') })
  left?.settle(cancelled)
  unmeasured?.settle(cancelled)
  t.match(target.counts.headTimes, { count: 2, sum: 20, max: 10 })
  t.match(target.counts.totalTimes, { count: 1, sum: 15, max: 15 })
  t.match(target.counts, { requests: 4, inflightMax: 4, cancelled: 2, responses: [0, 0, 1, 0, 0, 0] })
  t.same([...target.counts.failures], [['http_response_incomplete', 1]])
})

t.test('the moment may be given, so that the clock is asked once', async t => {
  const { target, lease } = setup()
  const given = lease()
  given.responded(200, 7)
  given.settle({ kind: 'response', status: 200 }, 9)
  t.match(target.counts, { headTimes: { sum: 7 }, totalTimes: { sum: 9 } })
})

t.test('checks', async t => {
  const { target } = setup()
  target.counts.checked({ at: 1, passed: true, reason: 'check passed', tookMs: 2 })
  target.counts.checked({ at: 5, passed: false, reason: 'status 500', tookMs: 3 })
  t.match(target.counts, { passedChecks: { count: 1, sum: 2 }, failedChecks: { count: 1, sum: 3 }, lastCheck: { at: 5, passed: false, reason: 'status 500', tookMs: 3 } })
})
