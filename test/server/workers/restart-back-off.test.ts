import t from 'tap'
import { RestartBackOff } from '../../../src/server/workers/restart-back-off.js'

t.test('twice as long each time, half a minute at most', async t => {
  const backOff = new RestartBackOff()
  const waits = Array.from({ length: 12 }, () => backOff.died(10))
  t.strictSame(waits, [100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000, 30_000])
})

t.test('who has lived for a minute is replaced soon', async t => {
  const backOff = new RestartBackOff()
  t.strictSame([backOff.died(0), backOff.died(0), backOff.died(59_999), backOff.died(60_000), backOff.died(0)], [100, 200, 400, 100, 200])
})
