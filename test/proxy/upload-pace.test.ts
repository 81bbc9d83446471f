import t from 'tap'
import { TimerWheel } from '../../src/base/timer-wheel.js'
import { VirtualClock } from '../../src/base/virtual-clock.js'
import { UploadPace } from '../../src/proxy/upload-pace.js'

/** A pace of 10 bytes a second, 50 in each window. */
function begin (): { clock: VirtualClock, wheel: TimerWheel, pace: UploadPace, slow: () => number } {
  const clock = new VirtualClock()
  const wheel = new TimerWheel(clock)
  let slow = 0
  const pace = new UploadPace(wheel, 10, () => { slow++ })
  pace.begin()
  return { clock, wheel, pace, slow: () => slow }
}

t.test('each window of 5 s asks for its bytes', async t => {
  const { clock, wheel, pace, slow } = begin()
  for (let i = 0; i < 4; i++) {
    pace.received(20)
    clock.advance(2500)
    pace.received(30)
    clock.advance(2500)
    t.equal(slow(), 0)
  }
  pace.received(49)
  clock.advance(5000)
  t.equal(slow(), 1)
  t.equal(wheel.size, 0, 'it says so once')
})

t.test('bytes of one window are not credited to the next', async t => {
  const { clock, pace, slow } = begin()
  pace.received(1000)
  clock.advance(5000)
  t.equal(slow(), 0)
  clock.advance(5000)
  t.equal(slow(), 1)
})

t.test('a window in which the client was told to wait is not judged', async t => {
  const { clock, pace, slow } = begin()
  clock.advance(2000)
  pace.hold()
  pace.release()
  clock.advance(3000)
  t.equal(slow(), 0)
  clock.advance(5000)
  t.equal(slow(), 1)
})

t.test('a wait over many windows is one', async t => {
  const { clock, pace, slow } = begin()
  pace.hold()
  clock.advance(100_000)
  t.equal(slow(), 0)
  pace.release()
  clock.advance(5000)
  t.equal(slow(), 0)
  clock.advance(5000)
  t.equal(slow(), 1)
})

t.test('stopped, it leaves nothing behind; it may begin anew', async t => {
  const { clock, wheel, pace, slow } = begin()
  clock.advance(4900)
  pace.stop()
  t.equal(wheel.size, 0)
  clock.advance(10_000)
  pace.begin()
  clock.advance(4900)
  t.equal(slow(), 0)
  clock.advance(100)
  t.equal(slow(), 1)
})
