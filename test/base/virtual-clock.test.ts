import t from 'tap'
import { VirtualClock } from '../../src/base/virtual-clock.js'

t.test('fires in order of time, then of arming', async t => {
  const clock = new VirtualClock()
  const fired: string[] = []
  for (const [name, delay] of [['c', 20], ['a', 10], ['d', 20], ['b', 10], ['late', 31], ['past', -5]] as const) {
    clock.after(delay, () => fired.push(`${name}@${clock.now()}`))
  }
  clock.advance(30)
  t.strictSame(fired, ['past@0', 'a@10', 'b@10', 'c@20', 'd@20'])
  t.equal(clock.now(), 30)
  t.equal(clock.wallTime(), 30)
  t.equal(clock.pending, 1)
})

t.test('what a timer arms fires in the same advance, if it is due', async t => {
  const clock = new VirtualClock()
  const at: number[] = []
  const again = (): void => { at.push(clock.now()); clock.after(10, again) }
  clock.after(10, again)
  clock.advance(35)
  t.strictSame(at, [10, 20, 30])
})

t.test('a cancelled timer does not fire, even if cancelled by one of the same moment', async t => {
  const clock = new VirtualClock()
  clock.after(10, () => { victim.cancel() })
  const victim = clock.after(10, () => { t.fail('fired') })
  clock.advance(10)
  t.equal(clock.pending, 0)
})

t.test('advanceAsync lets promises settle between timers', async t => {
  const clock = new VirtualClock()
  const seen: string[] = []
  const sleep = (delay: number): Promise<void> => new Promise(resolve => { clock.after(delay, resolve) })
  const walk = async (): Promise<void> => {
    for (let step = 1; step <= 3; step++) {
      await sleep(10)
      seen.push(`${step}@${clock.now()}`)
    }
  }
  const walked = walk()
  await clock.advanceAsync(30)
  await walked
  t.strictSame(seen, ['1@10', '2@20', '3@30'])
  t.equal(clock.now(), 30)
})
