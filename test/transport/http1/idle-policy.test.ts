import t from 'tap'
import { IdlePolicy } from '../../../src/transport/http1/idle-policy.js'

t.test('four seconds where nothing better is known', async t => {
  t.equal(new IdlePolicy().limit(-1, 0), 4000)
})

t.test('a second before the target says it closes', async t => {
  const policy = new IdlePolicy()
  t.equal(policy.limit(5000, 0), 4000)
  t.equal(policy.limit(60_000, 0), 59_000)
  t.equal(policy.limit(2000, 0), 1000)
  t.equal(policy.limit(1000, 0), 500)
  t.equal(policy.limit(0, 0), 0)
})

t.test('learns from the shortest idle time after which the target closed', async t => {
  const policy = new IdlePolicy()
  policy.closedAfter(3000, 1000)
  t.equal(policy.limit(-1, 1000), 2400)
  policy.closedAfter(1000, 2000)
  policy.closedAfter(3000, 3000)
  t.equal(policy.limit(-1, 3000), 800)
  t.equal(policy.limit(60_000, 3000), 800, 'deeds count more than words')
  t.equal(policy.limit(1000, 3000), 500)
})

t.test('forgets, and does not learn from a target that goes away', async t => {
  const policy = new IdlePolicy()
  policy.closedAfter(50, 0)
  t.equal(policy.limit(-1, 0), 4000)
  policy.closedAfter(1000, 10)
  t.equal(policy.limit(-1, 60_010), 800)
  t.equal(policy.limit(-1, 60_011), 4000)
  policy.closedAfter(2000, 100_000)
  t.equal(policy.limit(-1, 100_000), 1600, 'what was forgotten stays forgotten')
})

t.test('what cannot be sent again goes only on a connection that has rested less than half as long as any that was closed', async t => {
  const policy = new IdlePolicy()
  t.ok(policy.bears(3999, 0), 'nothing is known')
  policy.closedAfter(1000, 0)
  t.ok(policy.bears(499, 0))
  t.notOk(policy.bears(500, 0))
  policy.closedAfter(2000, 100)
  t.notOk(policy.bears(500, 100), 'the shortest counts')
  t.notOk(policy.bears(500, 600_100))
  t.ok(policy.bears(3999, 600_101), 'forgotten')
})

t.test('a target that goes away closes connections of any age: that is remembered for a minute', async t => {
  const policy = new IdlePolicy()
  policy.closedAfter(20, 0)
  t.ok(policy.bears(9, 60_000))
  t.notOk(policy.bears(10, 60_000))
  t.ok(policy.bears(10, 60_001))
})
