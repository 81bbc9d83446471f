import t from 'tap'
import { VirtualClock } from '../../src/base/virtual-clock.js'
import { RoundRobin } from '../../src/balancing/round-robin.js'
import { Pool } from '../../src/upstream/pool.js'
import type { Target } from '../../src/upstream/target.js'

function setup (): { clock: VirtualClock, pool: Pool, target: Target } {
  const clock = new VirtualClock()
  clock.advance(1000)
  const pool = new Pool({ name: 'api', strategy: () => new RoundRobin(), whenAllDown: 'fail', clock })
  pool.reconcile([{ url: 'http://10.0.0.1' }])
  const [target] = pool.targets
  if (target === undefined) throw new Error('there is one')
  return { clock, pool, target }
}

t.test('time in service is no downtime; since tells when the present state began', async t => {
  const { clock, target } = setup()
  clock.advance(500)
  t.match(target.service, { since: 1000 })
  t.equal(target.service.downtime(clock.now()), 0)
})

t.test('out of service by one judge, then by another too, then back', async t => {
  const { clock, target } = setup()
  clock.advance(100)
  target.judge('active', false)
  t.equal(target.service.since, 1100)
  clock.advance(10)
  t.equal(target.service.downtime(clock.now()), 10, 'while it lasts')
  target.judge('admin', false)
  t.equal(target.service.since, 1110, 'it is in another state')
  clock.advance(20)
  target.judge('active', true)
  target.judge('admin', true)
  t.equal(target.service.since, 1130)
  clock.advance(1000)
  t.equal(target.service.downtime(clock.now()), 30)
  target.judge('passive', false)
  clock.advance(5)
  t.equal(target.service.downtime(clock.now()), 35)
})

t.test('to be full, to be told the same again and to be reconciled are no new state', async t => {
  const { clock, pool, target } = setup()
  clock.advance(100)
  target.judge('full', false)
  target.judge('passive', true)
  pool.reconcile([{ url: 'http://10.0.0.1', maxConnections: 5, weight: 3 }])
  t.equal(target.service.since, 1000)
  t.equal(target.service.downtime(clock.now()), 0)
})

t.test('a target that begins drained, or without weight, is out of service from the start', async t => {
  const { clock, pool } = setup()
  pool.reconcile([{ url: 'http://10.0.0.2', drain: true }, { url: 'http://10.0.0.3', weight: 0 }])
  clock.advance(40)
  t.same(pool.targets.map(({ service }) => [service.since, service.downtime(clock.now())]), [[1000, 40], [1000, 40]])
})

t.test('since tells when the state began that is shown: drained and then in maintenance, checking and then down', async t => {
  const { clock, pool, target } = setup()
  const url = 'http://10.0.0.1'
  clock.advance(10)
  pool.reconcile([{ url, drain: true }])
  clock.advance(2000)
  pool.reconcile([{ url, drain: true, maintenance: true }])
  t.match([target.state, target.service.since], ['maint', 3010])
  clock.advance(10)
  pool.reconcile([{ url }])
  target.awaitCheck()
  t.match([target.state, target.service.since], ['checking', 3020])
  clock.advance(10)
  target.judge('passive', false)
  t.match([target.state, target.service.since], ['checking', 3020], 'what is not shown begins nothing')
  target.judge('active', false)
  t.match([target.state, target.service.since], ['down', 3030])
  clock.advance(10)
  target.judge('active', true)
  t.match([target.state, target.service.since], ['ejected', 3040])
  target.judge('passive', true)
  t.match([target.state, target.service.downtime(clock.now())], ['up', 2030])
  clock.advance(10)
  pool.reconcile([{ url, weight: 0 }])
  t.match([target.state, target.service.since], ['drain', 3050], 'to have no weight is to be drained')
})
