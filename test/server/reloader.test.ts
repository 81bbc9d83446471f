import t from 'tap'
import { EventLog } from '../../src/admin/event-log.js'
import { ConfigError } from '../../src/base/errors.js'
import { VirtualClock } from '../../src/base/virtual-clock.js'
import type { Config } from '../../src/config/config.js'
import { loadConfig } from '../../src/config/load.js'
import { Reloader, type Reloaded } from '../../src/server/reloader.js'
import { TargetOverrides } from '../../src/server/target-overrides.js'

function create (apply: (config: Config) => Promise<readonly string[]>) {
  const clock = new VirtualClock()
  const events = new EventLog(clock)
  const overrides = new TargetOverrides()
  const lines: string[] = []
  const heard: Array<'began' | Reloaded> = []
  const source: { config: Config | Error } = { config: loadConfig({ pools: { api: { targets: ['http://10.0.0.1'] } } }) }
  const note = (_fields: object, message?: string): void => { lines.push(message ?? '') }
  const reloader = new Reloader({
    read: () => {
      if (source.config instanceof Error) throw source.config
      return source.config
    },
    apply,
    log: { debug: note, info: note, warn: note, error: note },
    events,
    clock,
    overrides,
    observer: { began: () => { heard.push('began') }, ended: result => { heard.push(result) } }
  })
  return { reloader, source, events, overrides, lines, heard, clock }
}

t.test('what came of reloads is logged, counted, an event, and told to whoever observes', async t => {
  const { reloader, source, events, overrides, lines, heard, clock } = create(async () => ['adds a pool', 'removes a route'])
  t.strictSame(reloader.record, { succeeded: 0, failed: 0, last: null })
  overrides.change('api', 'http://10.0.0.1', { state: 'drain' })
  t.strictSame(await reloader.reload('SIGHUP'), { ok: true, changes: ['adds a pool', 'removes a route'], faults: [] })
  t.strictSame(lines, ['config reloaded', 'what admins have changed by hand goes on'])
  t.strictSame(reloader.record, { succeeded: 1, failed: 0, last: { at: clock.wallTime(), ok: true, message: 'adds a pool; removes a route; by hand, as before: api/http://10.0.0.1 is drain' } })

  source.config = new ConfigError([{ path: 'pools', message: 'required' }, { path: '', message: 'no' }])
  t.match(await reloader.reload('SIGHUP'), { ok: false, faults: [{ path: 'pools' }, { path: '' }] })
  t.match(reloader.record, { succeeded: 1, failed: 1, last: { ok: false, message: 'pools: required; no' } })
  t.strictSame(events.recent.map(({ kind, message }) => [kind, message]), [['reload', 'adds a pool; removes a route; by hand, as before: api/http://10.0.0.1 is drain'], ['reload-failed', 'pools: required; no']])
  t.match(heard, ['began', { ok: true }, 'began', { ok: false }])
})

t.test('an error that is no fault of the config fails the reload and nothing else', async t => {
  const { reloader } = create(async () => { throw Object.assign(new Error('listen EADDRINUSE'), { code: 'EADDRINUSE' }) })
  t.strictSame(await reloader.reload('SIGHUP'), { ok: false, changes: [], faults: [{ path: '', message: 'listen EADDRINUSE' }] })
})

t.test('one at a time; all that are asked for meanwhile are one, which reads anew', async t => {
  const applied: Array<() => void> = []
  const { reloader, heard } = create(async () => {
    await new Promise<void>(resolve => { applied.push(resolve) })
    return []
  })
  const first = reloader.reload('one')
  const second = reloader.reload('two')
  t.equal(reloader.reload('three'), second)
  t.equal(applied.length, 1)
  applied[0]?.()
  await first
  await Promise.resolve()
  const fourth = reloader.reload('four')
  t.not(fourth, second, 'that one has begun to read')
  t.equal(applied.length, 2)
  applied[1]?.()
  await second
  await new Promise(resolve => { setImmediate(resolve) })
  applied[2]?.()
  await fourth
  t.match(heard, ['began', { ok: true }, 'began', { ok: true }, 'began', { ok: true }])
})
