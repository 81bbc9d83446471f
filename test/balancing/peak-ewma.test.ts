import t from 'tap'
import { peakEwma } from '../../src/balancing/peak-ewma.js'
import { strategyContract } from './contract.js'
import { context, equals } from './fake-candidate.js'
import { FakePool } from './fake-pool.js'
import { latencyBehaviour } from './latency-behaviour.js'

strategyContract(t, { create: () => peakEwma.create({}) })
latencyBehaviour(t, peakEwma)

t.test('one slow answer is enough to be left alone for a while', async t => {
  const list = equals(3)
  const strategy = peakEwma.create({})
  const pool = new FakePool(strategy, list, context())
  const picker = strategy.prepare(list)
  for (let i = 0; i < 300; i++) { pool.pass(10); pool.send(picker, () => ({ after: 5 })) }
  pool.begin(list[0], { after: 500 })
  pool.pass(500)
  t.ok((picker.scores?.(pool.context)[0] ?? 0) >= 500)
  const picks = Array.from({ length: 500 }, () => { pool.pass(10); return pool.send(picker, () => ({ after: 5 })) })
  t.notOk(picks.includes(list[0]))
})
