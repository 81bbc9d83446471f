import process from 'node:process'
import t from 'tap'
import { nodeProcess } from '../../src/backend/node-process.js'

t.test('what it reads is there', async t => {
  const { usedBytes, limitBytes } = nodeProcess.heap()
  t.ok(usedBytes > 0 && usedBytes < limitBytes)
  t.ok(nodeProcess.uptimeSeconds() > 0)
  // Before its first turn some versions of Node know of none.
  await new Promise(resolve => { setImmediate(resolve) })
  const { idle, active } = nodeProcess.loopTimes()
  t.ok(idle >= 0 && active > 0)
  const meter = nodeProcess.delayMeter()
  t.equal(meter.p99(), 0, 'nothing measured yet')
  meter.reset()
  meter.stop()
})

t.test('signals are heard until it is told not to', async t => {
  const heard: string[] = []
  const before = process.listenerCount('SIGTERM')
  const stop = nodeProcess.onSignal('SIGTERM', signal => { heard.push(signal) })
  process.emit('SIGTERM')
  stop()
  t.same(heard, ['SIGTERM'])
  t.equal(process.listenerCount('SIGTERM'), before)
})
