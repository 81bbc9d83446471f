import t from 'tap'
import { ownLoop } from '../../src/base/loop-meter.js'
import { processUsage } from '../../src/base/process-usage.js'

t.test('the times of the loop add up from the start of the process', async t => {
  // Before its first turn some versions of Node know of none.
  await new Promise(resolve => { setImmediate(resolve) })
  const { idle, active } = ownLoop.loopTimes()
  t.ok(idle >= 0 && active > 0)
})

t.test('a meter that has measured nothing says nothing', async t => {
  const meter = ownLoop.delayMeter()
  t.same([meter.p50(), meter.p99(), meter.max()], [0, 0, 0])
  meter.reset()
  meter.stop()
})

t.test('what the process uses', async t => {
  const { pid, cpuSeconds, memoryBytes } = processUsage()
  t.equal(pid, process.pid)
  t.ok(cpuSeconds > 0 && cpuSeconds < 600, 'seconds, not milliseconds')
  t.ok(memoryBytes > 1e6)
})
