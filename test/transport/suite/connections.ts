import { existsSync } from 'node:fs'
import { behaviours, startBackend } from '../../fixtures/backend.js'
import { respond } from '../../fixtures/behaviours.js'
import { PiecesBody } from '../../fixtures/bodies.js'
import { turns, type Part } from './harness.js'

/** Connections are kept, bounded, given up at the right time, and what one request leaves behind never reaches the next. */
export const connections: Part = test => {
  test('one connection serves one request after the other', async (t, h) => {
    const backend = await startBackend(t)
    const transport = h.transport()
    const target = h.target(backend.url)
    for (let i = 0; i < 20; i++) {
      const call = h.call(transport, target)
      t.equal(await call.sink.ended(), 'end')
      t.equal(call.sending.reused, i > 0)
      await turns()
    }
    t.equal(backend.connections.opened, 1)
  })

  test('two targets do not share connections', async (t, h) => {
    const one = await startBackend(t, behaviours.ok({ body: 'one' }))
    const two = await startBackend(t, behaviours.ok({ body: 'two' }))
    const transport = h.transport()
    const targets = [h.target(one.url), h.target(two.url)]
    for (let i = 0; i < 4; i++) {
      for (const [n, target] of targets.entries()) t.equal((await h.done(transport, target)).text, n === 0 ? 'one' : 'two')
    }
    t.equal(one.connections.opened + two.connections.opened, 2)
  })

  test('over a Unix socket', async (t, h) => {
    const backend = await startBackend(t, 'echo', { unix: true })
    t.ok(existsSync(backend.url.slice('unix:'.length)))
    const transport = h.transport()
    const target = h.target(backend.url)
    for (let i = 0; i < 2; i++) t.equal((await h.done(transport, target, { method: 'POST', body: new PiecesBody(['abc'], 3) })).text, 'abc')
    t.equal(backend.connections.opened, 1)
  })

  test('many at once', async (t, h) => {
    const backend = await startBackend(t, 'echo')
    const transport = h.transport()
    const target = h.target(backend.url)
    const texts = Array.from({ length: 200 }, (_, i) => `body ${i}`)
    const sinks = await Promise.all(texts.map(text => h.done(transport, target, { method: 'POST', body: new PiecesBody([text], null) })))
    t.same(sinks.map(sink => sink.text), texts)
  })

  test('no more connections than the bound, and every request gets its turn', async (t, h) => {
    let go = (): void => {}
    const backend = await startBackend(t, behaviours.slow(new Promise(resolve => { go = resolve })))
    const transport = h.transport({ maxConnectionsPerTarget: 3 })
    const target = h.target(backend.url)
    const calls = Array.from({ length: 20 }, () => h.call(transport, target))
    await backend.until(() => backend.requests.length === 3)
    await turns(20)
    t.equal(backend.connections.opened, 3)
    t.equal(backend.requests.length, 3)
    go()
    for (const call of calls) t.equal(await call.sink.ended(), 'end')
    t.equal(backend.connections.opened, 3)
  })

  test('a connection that fails makes room under the bound', async (t, h) => {
    const backend = await startBackend(t, respond(reply => {
      if (reply.request.url === '/bad') reply.reset()
      else reply.answer({ body: 'ok' })
    }))
    const transport = h.transport({ maxConnectionsPerTarget: 1 })
    const target = h.target(backend.url)
    const calls = ['/bad', '/good', '/bad', '/good', '/good'].map(path => h.call(transport, target, { path }))
    t.same(await Promise.all(calls.map(call => call.sink.ended())), ['failed', 'end', 'failed', 'end', 'end'])
  })

  test('an idle connection that the target closed is not used again', async (t, h) => {
    const backend = await startBackend(t, 'closeWhenIdle')
    const transport = h.transport()
    const target = h.target(backend.url)
    for (let i = 0; i < 5; i++) {
      const call = h.call(transport, target)
      t.equal(await call.sink.ended(), 'end')
      await backend.until(() => backend.connections.open === 0)
      t.equal(call.sending.reused, false)
    }
    t.equal(backend.connections.opened, 5)
  })

  for (const behaviour of ['resetBeforeHead', 'closeBeforeHead'] as const) {
    test(`a reused connection dies before any byte of the answer: ${behaviour}`, async (t, h) => {
      const backend = await startBackend(t)
      const transport = h.transport()
      const target = h.target(backend.url)
      await h.done(transport, target)
      backend.behave(behaviour)
      const call = h.call(transport, target)
      t.equal(await call.sink.ended(), 'failed')
      t.equal(call.sink.error?.code, 'connection_terminated')
      t.equal(call.sink.sent, 'all')
      t.equal(call.sending.reused, true)
      backend.behave('ok')
      const next = h.call(transport, target)
      t.equal(await next.sink.ended(), 'end')
      t.equal(next.sending.reused, false)
    })
  }

  test('GHSA-35p6-xmwp-9g52: a response that comes on an idle connection is nobody\'s', async (t, h) => {
    const backend = await startBackend(t)
    const transport = h.transport()
    const target = h.target(backend.url)
    const fragments = h.limited('idle-fragments') ? [] : ['H', '\r\n']
    for (const bytes of ['HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil', ...fragments]) {
      t.equal((await h.done(transport, target)).text, 'ok')
      backend.writeToAll(bytes)
      await backend.until(() => backend.connections.open === 0)
    }
    t.equal((await h.done(transport, target)).text, 'ok')
  })

  test('GHSA-35p6-xmwp-9g52: nor is one that nobody has read yet when the next request begins', async (t, h) => {
    const backend = await startBackend(t)
    const transport = h.transport()
    const target = h.target(backend.url)
    t.equal((await h.done(transport, target)).text, 'ok')
    h.clock.advance(50)
    backend.writeToAll('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil')
    t.not((await h.done(transport, target)).text, 'evil')
  })

  test('a second response behind the first one is nobody\'s', async (t, h) => {
    const backend = await startBackend(t, behaviours.bytes('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil'))
    const transport = h.transport()
    const target = h.target(backend.url)
    for (const after of [() => {}, () => turns()]) {
      const first = await h.done(transport, target)
      t.not(first.text, 'evil')
      backend.behave('ok')
      await after()
      t.equal((await h.done(transport, target)).text, 'ok')
      backend.behave(behaviours.bytes('HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil'))
    }
  })

  test('a body in answer to HEAD, or with a 304, is not the next response', async (t, h) => {
    const backend = await startBackend(t)
    const transport = h.transport()
    const target = h.target(backend.url)
    const evil = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil'
    for (const [method, head] of [['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 42'], ['GET', 'HTTP/1.1 304 Not Modified\r\nETag: "a"']] as const) {
      backend.behave(behaviours.bytes(`${head}\r\n\r\n${evil}`))
      t.not((await h.done(transport, target, { method })).text, 'evil')
      backend.behave('ok')
      t.equal((await h.done(transport, target)).text, 'ok')
    }
  })

  test('forget: idle connections go, busy ones end with their request', async (t, h) => {
    let go = (): void => {}
    const backend = await startBackend(t)
    const transport = h.transport()
    const target = h.target(backend.url)
    await Promise.all([h.done(transport, target), h.done(transport, target)])
    backend.behave(behaviours.slow(new Promise(resolve => { go = resolve })))
    const call = h.call(transport, target)
    await backend.until(() => backend.requests.length === 3)
    transport.forget(target)
    await backend.until(() => backend.connections.open === 1)
    t.equal(call.sink.ending, null)
    go()
    t.equal(await call.sink.ended(), 'end')
    t.equal(call.sink.text, 'late')
    await backend.until(() => backend.connections.open === 0)
    transport.forget(target)
    transport.forget(h.target('http://127.0.0.1:1'))
  })

  test('close(false): idle connections go, busy ones end with their request, a new one has a connection for itself', async (t, h) => {
    let go = (): void => {}
    const backend = await startBackend(t)
    const transport = h.transport()
    const target = h.target(backend.url)
    await Promise.all([h.done(transport, target), h.done(transport, target)])
    backend.behave(behaviours.slow(new Promise(resolve => { go = resolve })))
    const call = h.call(transport, target)
    await backend.until(() => backend.requests.length === 3)
    transport.close(false)
    await backend.until(() => backend.connections.open === 1)
    const late = h.call(transport, target)
    await backend.until(() => backend.requests.length === 4)
    t.equal(late.sending.reused, false)
    go()
    t.equal(await call.sink.ended(), 'end')
    t.equal(await late.sink.ended(), 'end')
    await backend.until(() => backend.connections.open === 0)
  })

  test('close(true): whatever is left is destroyed and says so', async (t, h) => {
    const backend = await startBackend(t, 'hang')
    const transport = h.transport({ maxConnectionsPerTarget: 1 })
    const target = h.target(backend.url)
    const busy = h.call(transport, target)
    const waiting = h.call(transport, target)
    await backend.until(() => backend.requests.length === 1)
    transport.close(false)
    transport.close(true)
    for (const { sink } of [busy, waiting]) {
      t.equal(await sink.ended(), 'failed')
      t.equal(sink.error?.code, 'draining')
    }
    t.equal(busy.sink.sent, 'all')
    t.equal(waiting.sink.sent, 'nothing')
    await backend.until(() => backend.connections.open === 0)
    transport.close(true)
    const late = await h.done(transport, target)
    t.equal(late.error?.code, 'draining')
    t.equal(late.sent, 'nothing')
  })

  test('a fresh connection, when one is asked for', async (t, h) => {
    const backend = await startBackend(t)
    const transport = h.transport()
    const target = h.target(backend.url)
    await h.done(transport, target)
    const call = h.call(transport, target, { freshConnection: true })
    t.equal(await call.sink.ended(), 'end')
    t.equal(call.sending.reused, false)
    t.equal(backend.last.connection, 1)
  })

  test('a fresh connection counts for the bound', async (t, h) => {
    let go = (): void => {}
    const backend = await startBackend(t, behaviours.slow(new Promise(resolve => { go = resolve })))
    const transport = h.transport({ maxConnectionsPerTarget: 1 })
    const target = h.target(backend.url)
    const first = h.call(transport, target)
    await backend.until(() => backend.requests.length === 1)
    const second = h.call(transport, target, { freshConnection: true })
    await turns(20)
    t.equal(backend.connections.opened, 1)
    go()
    t.equal(await first.sink.ended(), 'end')
    t.equal(await second.sink.ended(), 'end')
    t.equal(second.sending.reused, false)
    t.equal(backend.connections.opened, 2)
  }, 'fresh-connections-unbounded')
}
