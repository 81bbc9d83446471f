import t from 'tap'
import { LoopLoad } from '../../src/base/loop-load.js'
import { VirtualClock } from '../../src/base/virtual-clock.js'
import { FakeProcess } from '../backend/fake-process.js'

function setup (): { clock: VirtualClock, process: FakeProcess, load: LoopLoad, pass: (active: number, idle: number) => void } {
  const clock = new VirtualClock()
  const process = new FakeProcess()
  const load = new LoopLoad(process, clock)
  return { clock, process, load, pass: (active, idle) => { process.ran(active, idle); clock.advance(active + idle) } }
}

t.test('nothing yet', async t => {
  t.same(setup().load.read(), { utilization: 0, p50: 0, p99: 0, max: 0 })
})

t.test('readings far apart each speak of the time since the one before', async t => {
  const { process, load, pass } = setup()
  pass(1000, 1000)
  process.late(50)
  t.same(load.read(), { utilization: 0.5, p50: 25, p99: 50, max: 50 })
  pass(5000, 0)
  process.late(7)
  t.same(load.read(), { utilization: 1, p50: 3.5, p99: 7, max: 7 })
  pass(0, 5000)
  t.same(load.read(), { utilization: 0, p50: 0, p99: 0, max: 0 })
})

t.test('readings in quick succession speak of the last second at least, of two at most', async t => {
  const { process, load, pass } = setup()
  pass(0, 1000)
  load.read()
  pass(0, 1000)
  load.read()
  pass(250, 0)
  process.late(90)
  const first = load.read()
  t.same(first, { utilization: 0.2, p50: 45, p99: 90, max: 90 })
  t.same(load.read(), first, 'a second one who asks gets the same')
  for (let i = 0; i < 9; i++) {
    pass(0, 100)
    t.equal(load.read().p99, 90, 'the delay is not forgotten within a second')
  }
  for (let i = 0; i < 20; i++) {
    pass(0, 100)
    load.read()
  }
  t.same(load.read(), { utilization: 0, p50: 0, p99: 0, max: 0 })
})

t.test('stop stops both meters', async t => {
  const { process, load } = setup()
  load.stop()
  t.same(process.meters.map(({ stopped }) => stopped), [true, true])
})
