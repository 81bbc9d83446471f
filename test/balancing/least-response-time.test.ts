import t from 'tap'
import { leastResponseTime } from '../../src/balancing/least-response-time.js'
import { strategyContract } from './contract.js'
import { context, equals } from './fake-candidate.js'
import { FakePool } from './fake-pool.js'
import { latencyBehaviour } from './latency-behaviour.js'

strategyContract(t, { create: () => leastResponseTime.create({}) })
latencyBehaviour(t, leastResponseTime)

t.test('one slow answer moves the average but little', async t => {
  const list = equals(3)
  const strategy = leastResponseTime.create({})
  const pool = new FakePool(strategy, list, context())
  const picker = strategy.prepare(list)
  const send = (count: number): void => { for (let i = 0; i < count; i++) { pool.pass(10); pool.send(picker, () => ({ after: 5 })) } }
  send(300)
  pool.begin(list[0], { after: 500 })
  send(60)
  t.ok((picker.scores?.(pool.context)[0] ?? Infinity) < 50)
})
