import t from 'tap'
import { ConnectionRecord } from '../../../src/transport/http1/connection-record.js'
import { TargetCounts } from '../../../src/upstream/target-counts.js'

t.test('a life with two requests and a rest is counted, and ends at nothing', async t => {
  const counts = new TargetCounts()
  const record = new ConnectionRecord(counts, 100)
  t.strictSame(counts.connections, { open: 0, idle: 0, opened: 0, reused: 0 }, 'it does not stand yet')
  record.stood(107)
  t.match(counts.connectTimes, { count: 1, sum: 7 })
  t.strictSame(counts.connections, { open: 1, idle: 0, opened: 1, reused: 0 })
  t.notOk(record.used)
  t.equal(record.serves(), false)
  t.ok(record.used)
  record.rests(200)
  t.equal(counts.connections.idle, 1)
  t.equal(record.idleFor(250), 50)
  t.equal(record.serves(), true)
  t.strictSame(counts.connections, { open: 1, idle: 0, opened: 1, reused: 1 })
  record.rests(300)
  record.ended()
  t.strictSame(counts.connections, { open: 0, idle: 0, opened: 1, reused: 1 })
})

t.test('one that ends while it serves was not idle', async t => {
  const counts = new TargetCounts()
  const record = new ConnectionRecord(counts, 0)
  record.stood(1)
  record.rests(1)
  t.equal(record.serves(), false, 'the first request of one that was made ahead')
  record.ended()
  t.strictSame(counts.connections, { open: 0, idle: 0, opened: 1, reused: 0 })
})

t.test('one that never stood takes nothing away from the others', async t => {
  const counts = new TargetCounts()
  new ConnectionRecord(counts, 0).ended()
  t.strictSame(counts.connections, { open: 0, idle: 0, opened: 0, reused: 0 })
  t.equal(counts.connectTimes.count, 0)
})
