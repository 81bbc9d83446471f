import { behaviours, startBackend } from '../../fixtures/backend.js'
import { ManualBody } from '../../fixtures/bodies.js'
import { turns, type Part } from './harness.js'

/** Giving up works at any moment: the target sees its connection close, the sink hears nothing more, the next request is unharmed. */
export const aborts: Part = test => {
  test('in the same turn as send', async (t, h) => {
    const backend = await startBackend(t)
    const transport = h.transport()
    const target = h.target(backend.url)
    const body = new ManualBody()
    const call = h.call(transport, target, { method: 'POST', body })
    call.abort()
    call.abort()
    t.equal((await h.done(transport, target)).text, 'ok')
    await turns()
    t.equal(backend.requests.length, 1)
    t.equal(body.opened, 0)
    t.equal(call.sink.ending, null)
  })

  test('while the connection is made', async (t, h) => {
    const backend = await startBackend(t, 'mute', { tls: true })
    const call = h.call(h.transport(), h.target(backend.url))
    await backend.until(() => backend.connections.open === 1)
    call.abort()
    await turns()
    t.equal(call.sink.ending, null)
  })

  test('while it waits for a connection', async (t, h) => {
    let go = (): void => {}
    const backend = await startBackend(t, behaviours.slow(new Promise(resolve => { go = resolve })))
    const transport = h.transport({ maxConnectionsPerTarget: 1 })
    const target = h.target(backend.url)
    const first = h.call(transport, target)
    await backend.until(() => backend.requests.length === 1)
    const second = h.call(transport, target, { path: '/second' })
    const third = h.call(transport, target, { path: '/third' })
    await turns()
    second.abort()
    go()
    t.equal(await first.sink.ended(), 'end')
    t.equal(await third.sink.ended(), 'end')
    t.same(backend.requests.map(request => request.url), ['/', '/third'])
  })

  test('before the head', async (t, h) => {
    const backend = await startBackend(t, 'hang')
    const transport = h.transport()
    const target = h.target(backend.url)
    const call = h.call(transport, target)
    await backend.until(() => backend.requests.length === 1)
    call.abort()
    await backend.until(() => backend.connections.open === 0)
    t.equal(backend.last.aborted, true)
    backend.behave('ok')
    t.equal((await h.done(transport, target)).text, 'ok')
    await turns()
    t.equal(call.sink.ending, null)
  })

  test('within the request body', async (t, h) => {
    const backend = await startBackend(t, 'hang')
    const body = new ManualBody(100)
    const call = h.call(h.transport(), h.target(backend.url), { method: 'POST', body })
    await body.untilOpen()
    body.data('abc')
    await backend.until(() => backend.requests.length === 1 && backend.last.bodyLength === 3)
    call.abort()
    t.equal(body.closed, true)
    body.data('late')
    await backend.until(() => backend.connections.open === 0)
    t.equal(backend.last.aborted, true)
    t.equal(backend.last.bodyLength, 3)
  })

  test('within the response body', async (t, h) => {
    const backend = await startBackend(t, 'stall')
    const call = h.call(h.transport(), h.target(backend.url))
    await call.sink.until(() => call.sink.text === 'partial')
    call.abort()
    await backend.until(() => backend.connections.open === 0)
    t.equal(backend.last.aborted, true)
    await turns()
    t.equal(call.sink.ending, null)
  })

  test('while the sink is paused', async (t, h) => {
    const backend = await startBackend(t, behaviours.download(64 * 1024 ** 2))
    const call = h.call(h.transport(), h.target(backend.url), { onData: () => false })
    await call.sink.until(() => call.sink.paused)
    call.abort()
    call.resume()
    await backend.until(() => backend.connections.open === 0)
    await turns()
    t.equal(call.sink.ending, null)
  })

  test('from within the sink\'s calls', async (t, h) => {
    const backend = await startBackend(t, behaviours.download(1024 ** 2))
    const transport = h.transport()
    const target = h.target(backend.url)
    for (const more of [true, false]) {
      const call = h.call(transport, target)
      call.sink.onData = () => { call.abort(); return more }
      await call.sink.until(() => call.sink.aborted)
    }
    const call = h.call(transport, target)
    call.sink.onHead = () => { call.abort() }
    await call.sink.until(() => call.sink.aborted)
    await backend.until(() => backend.connections.open === 0)
    backend.behave('ok')
    t.equal((await h.done(transport, target)).text, 'ok')
  })

  test('after the end: harmless, and the connection stays', async (t, h) => {
    const backend = await startBackend(t)
    const transport = h.transport()
    const target = h.target(backend.url)
    const call = h.call(transport, target)
    t.equal(await call.sink.ended(), 'end')
    call.abort()
    call.resume()
    await turns()
    t.equal((await h.done(transport, target)).text, 'ok')
    t.equal(backend.connections.opened, 1)
  })

  test('after a failure: harmless', async (t, h) => {
    const backend = await startBackend(t, 'resetBeforeHead')
    const call = h.call(h.transport(), h.target(backend.url))
    t.equal(await call.sink.ended(), 'failed')
    call.abort()
    call.resume()
    await turns()
  })
}
