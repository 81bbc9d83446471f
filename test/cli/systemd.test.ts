import t from 'tap'
import { VirtualClock } from '../../src/base/virtual-clock.js'
import { activatedSockets, ServiceManager, systemdNotify, watchdogInterval, type Notify } from '../../src/cli/systemd.js'
import { CapturedLog } from '../fixtures/proxy.js'

const PID = 4711

t.test('the sockets that systemd passes', async t => {
  const cases: ReadonlyArray<readonly [NodeJS.ProcessEnv, ReadonlyArray<readonly [string, number]>]> = [
    [{}, []],
    [{ LISTEN_PID: '4711', LISTEN_FDS: '1' }, [['activated:0', 3]]],
    [{ LISTEN_PID: '4711', LISTEN_FDS: '2', LISTEN_FDNAMES: 'unknown:unknown' }, [['activated:0', 3], ['activated:1', 4]]],
    [{ LISTEN_PID: '4711', LISTEN_FDS: '3', LISTEN_FDNAMES: 'http:admin:https' }, [['activated:0', 3], ['activated:admin', 4], ['activated:1', 5]]],
    [{ LISTEN_PID: '4711', LISTEN_FDS: '3', LISTEN_FDNAMES: 'admin:admin' }, [['activated:admin', 3], ['activated:0', 4], ['activated:1', 5]]],
    [{ LISTEN_PID: '4712', LISTEN_FDS: '1' }, []],
    [{ LISTEN_FDS: '1' }, []],
    [{ LISTEN_PID: '4711' }, []],
    [{ LISTEN_PID: '4711', LISTEN_FDS: '0' }, []],
    [{ LISTEN_PID: '4711', LISTEN_FDS: '-1' }, []],
    [{ LISTEN_PID: '4711', LISTEN_FDS: '1e9' }, []],
    [{ LISTEN_PID: '4711', LISTEN_FDS: '99999999' }, []]
  ]
  for (const [env, expected] of cases) {
    const given = { ...env, PATH: '/bin' }
    t.strictSame([...activatedSockets(given, PID)], expected, JSON.stringify(env))
    t.strictSame(given, { PATH: '/bin' }, 'the variables are gone')
  }
})

t.test('the watchdog wants to hear of us twice in its time', async t => {
  t.equal(watchdogInterval({}, PID), null)
  t.equal(watchdogInterval({ WATCHDOG_USEC: '30000000' }, PID), 15_000)
  t.equal(watchdogInterval({ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '4711' }, PID), 15_000)
  t.equal(watchdogInterval({ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '1' }, PID), null, 'it is another process that it watches')
  for (const bad of ['', '0', '-5', 'x', '1.5']) t.equal(watchdogInterval({ WATCHDOG_USEC: bad }, PID), null, bad)
})

t.test('nobody is notified where nobody asks for it', async t => {
  t.equal(systemdNotify({}), null)
  t.equal(systemdNotify({ NOTIFY_SOCKET: '' }), null)
  t.equal(await new ServiceManager(null, new VirtualClock(), new CapturedLog().logger).ready(PID, 'well'), true)
})

t.test('one notification after the other; a failure is said once', async t => {
  const waiting: Array<{ readonly args: readonly string[], done (): void, fail (): void }> = []
  const notify: Notify = args => new Promise((resolve, reject) => { waiting.push({ args, done: resolve, fail: () => { reject(new Error('no such socket')) } }) })
  const log = new CapturedLog()
  const manager = new ServiceManager(notify, new VirtualClock(), log.logger)
  const ready = manager.ready(PID, 'well')
  manager.reloading(5n)
  manager.reloaded('better')
  manager.stopping()
  await turn()
  t.equal(waiting.length, 1, 'the second waits for the first')
  waiting[0]?.fail()
  t.equal(await ready, false)
  for (let i = 1; i < 4; i++) {
    await turn()
    t.equal(waiting.length, i + 1)
    waiting[i]?.fail()
  }
  await turn()
  t.strictSame(waiting.map(({ args }) => args), [
    ['--pid=4711', 'READY=1', 'STATUS=well'],
    ['RELOADING=1', 'MONOTONIC_USEC=5', 'STATUS=reloading'],
    ['READY=1', 'STATUS=better'],
    ['STOPPING=1', 'STATUS=draining']
  ])
  t.match(log.named('systemd could not be notified'), [{ reason: 'no such socket' }])
  t.equal(log.lines.length, 1)
})

t.test('the watchdog hears of us until another process is the main one', async t => {
  const said: string[] = []
  const clock = new VirtualClock()
  const manager = new ServiceManager(async args => { said.push(...args) }, clock, new CapturedLog().logger)
  manager.watch(500)
  clock.advance(1600)
  await turn()
  t.strictSame(said, ['WATCHDOG=1', 'WATCHDOG=1', 'WATCHDOG=1'])
  manager.leave()
  clock.advance(5000)
  manager.stopping()
  await turn()
  t.equal(said.length, 3)
})

function turn (): Promise<void> {
  return new Promise(resolve => { setImmediate(resolve) })
}
