import t from 'tap'
import { systemClock } from '../../src/base/clock.js'

t.test('time does not run backwards', async t => {
  let last = systemClock.now()
  for (let i = 0; i < 1000; i++) {
    const now = systemClock.now()
    if (now < last) t.fail(`${now} < ${last}`)
    last = now
  }
  t.ok(systemClock.wallTime() > Date.UTC(2020))
})

t.test('a timer calls back once, a cancelled one never', async t => {
  const calls: string[] = []
  const cancelled = systemClock.after(1, () => calls.push('cancelled'))
  cancelled.cancel()
  cancelled.cancel()
  // Timers do not keep the process alive; the test has to.
  const alive = setInterval(() => {}, 1000)
  await new Promise<void>(resolve => { systemClock.after(1, () => { calls.push('first'); systemClock.after(5, resolve) }) })
  clearInterval(alive)
  t.strictSame(calls, ['first'])
})

t.test('one that somebody waits for keeps the process alive', async t => {
  await new Promise<void>(resolve => { systemClock.after(20, resolve, true) })
  t.pass('or the process would have ended before')
})
