import { once } from 'node:events'
import net from 'node:net'
import t from 'tap'
import { systemClock } from '../../src/base/clock.js'
import { portsOf, untilDelivered } from './kernel.js'

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

t.test('after a standstill what has come is read before a timer calls back, which may be cancelled by it', async t => {
  const server = net.createServer().listen(0, '127.0.0.1')
  t.teardown(() => { server.close() })
  await once(server, 'listening')
  // A TCP server's address is an object.
  const client = net.connect((server.address() as net.AddressInfo).port, '127.0.0.1')
  // The event's only argument.
  const [peer] = await once(server, 'connection') as [net.Socket]
  t.teardown(() => { client.destroy() })
  t.teardown(() => { peer.destroy() })
  const order: string[] = []
  const cancelled = systemClock.after(1, () => order.push('cancelled'))
  const called = new Promise<void>(resolve => { systemClock.after(1, () => { order.push('timer'); resolve() }, true) })
  client.once('data', () => {
    order.push('data')
    cancelled.cancel()
  })
  peer.write('x')
  untilDelivered(portsOf(peer))
  for (const end = performance.now() + 150; performance.now() < end;);
  await called
  t.strictSame(order, ['data', 'timer'])
})

t.test('one that somebody waits for keeps the process alive', async t => {
  await new Promise<void>(resolve => { systemClock.after(20, resolve, true) })
  t.pass('or the process would have ended before')
})
