import t from 'tap'
import { BusyMeter } from '../../src/simulation/busy-meter.js'

t.test('the share of the time in use, overall and since the reset', async t => {
  const meter = new BusyMeter()
  t.equal(meter.overall(0), 0)
  meter.set(0.5, 100)
  meter.set(0, 200)
  t.equal(meter.overall(400), 50 / 400)
  meter.reset(400)
  meter.set(1, 450)
  t.equal(meter.overall(500), 0.5)
})

t.test('lately is the last second or somewhat more, also if several ask', async t => {
  const meter = new BusyMeter()
  meter.set(1, 0)
  t.equal(meter.lately(1000), 1)
  meter.set(0, 1000)
  t.equal(meter.lately(1500), 1000 / 1500)
  t.equal(meter.lately(1999), 1000 / 1999)
  t.equal(meter.lately(2000), 0, 'the window has moved on')
  meter.set(1, 2500)
  t.equal(meter.lately(2600), 100 / 1600)
  t.equal(meter.lately(3000), 0.5)
})
