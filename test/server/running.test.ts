import { Writable } from 'node:stream'
import pino from 'pino'
import t from 'tap'
import { VirtualClock } from '../../src/base/virtual-clock.js'
import { loadConfig, startProxy } from '../../src/index.js'
import { startBackend } from '../fixtures/backend.js'
import { connect, get } from '../fixtures/client.js'
import { startTestProxy } from '../fixtures/proxy.js'

t.test('closing begins to drain at once: a reload under way is given up, and leaves nothing behind', async t => {
  const [busy, silent] = [await startBackend(t, 'hang'), await startBackend(t, 'hang')]
  // It stands still: whoever waits for a verdict on what does not answer waits for ever.
  const clock = new VirtualClock()
  const listen = { host: '127.0.0.1', port: 0 }
  const proxy = await startTestProxy(t, [busy.url], { clock, config: { admin: { port: 0 } } })
  const { running, port } = proxy
  const open = (await connect(t, port)).get('/')
  await busy.until(() => busy.requests.length === 1)
  const healthCheck = { timeout: '1h', interval: '1h' }
  const reload = t.rejects(running.reload(loadConfig({
    listen, admin: { port: 0 }, pools: { main: { targets: [busy.url, silent.url], healthCheck }, other: { targets: [silent.url], healthCheck } }, routes: [{ prefix: '/', pool: 'main' }]
  })), { message: 'the proxy is stopping' })
  await silent.until(() => silent.requests.length === 2)
  const closed = running.close(60_000)
  await t.rejects(connect(t, port), { code: 'ECONNREFUSED' })
  const ready = await fetch(`${running.adminAddress}/readyz`)
  t.equal(ready.status, 503)
  t.match(await ready.json(), { reasons: ['the proxy is shutting down'] })
  await reload
  await silent.until(() => silent.connections.open === 0)
  t.strictSame([...running.pools.keys()], ['main'])
  await t.rejects(running.reload(running.config), { message: 'the proxy is stopping' })
  open.leave()
  t.equal(await closed, 0)
})

t.test('close waits until a reload that it gives up has ended what it had made ready', async t => {
  const backend = await startBackend(t)
  let building = (): void => {}
  let release = (): void => {}
  const built = new Promise<void>(resolve => { building = resolve })
  let [made, ended] = [0, 0]
  const plugin = async (app: { addHook (name: 'onClose', hook: () => Promise<void>): unknown }): Promise<void> => {
    app.addHook('onClose', async () => { ended++ })
    if (++made === 1) return
    building()
    await new Promise<void>(resolve => { release = resolve })
  }
  const { running } = await startTestProxy(t, [backend.url], { extensions: { plugins: [plugin] } })
  const reload = t.rejects(running.reload(running.config), { message: 'the proxy is stopping' })
  await built
  const { port } = new URL(running.addresses[0] ?? '')
  const closed = running.close(0)
  await t.rejects(connect(t, Number(port)), { code: 'ECONNREFUSED' })
  release()
  await closed
  await reload
  t.strictSame([made, ended], [2, 2])
})

function configAt (level: string | undefined, target: string) {
  return loadConfig({ listen: { host: '127.0.0.1', port: 0 }, log: { ...level !== undefined && { level } }, pools: { main: { targets: [target] } }, routes: [{ prefix: '/', pool: 'main' }] })
}

t.test('a reload to silent and back: the log is there again', async t => {
  const backend = await startBackend(t)
  const { running, port, log } = await startTestProxy(t, [backend.url])
  await running.reload(configAt('silent', backend.url))
  await get(t, port, '/unheard')
  await running.reload(configAt('info', backend.url))
  await get(t, port, '/heard')
  await log.wait('request')
  t.strictSame(log.named('request').map(({ path }) => path), ['/heard'])
})

t.test('the level of a logger is its own until the config says another one', async t => {
  const backend = await startBackend(t)
  for (const level of ['silent', 'warn']) {
    const logger = pino({ level }, new Writable({ write: (_chunk, _encoding, done) => { done() } }))
    const running = await startProxy({ listen: { host: '127.0.0.1', port: 0 }, pools: { main: { targets: [backend.url] } } }, { logger })
    t.teardown(() => running.close(0))
    await running.reload(configAt(undefined, backend.url))
    t.equal(logger.level, level)
    await running.reload(configAt('error', backend.url))
    t.equal(logger.level, 'error')
  }
})
