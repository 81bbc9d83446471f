import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import { behaviours, certificates, startBackend } from '../../fixtures/backend.js'
import { respond } from '../../fixtures/behaviours.js'
import { turns, type Part } from './harness.js'

/** A connection that was upgraded belongs to whoever asked for it. */
export const upgrades: Part = test => {
  test('101, the first bytes, then both ways', async (t, h) => {
    const backend = await startBackend(t, behaviours.upgrade('first'))
    const call = h.call(h.transport(), h.target(backend.url), { headers: ['Host', 'a', 'Sec-WebSocket-Key', 'x'], upgrade: 'websocket' })
    t.equal(await call.sink.ended(), 'upgraded')
    t.same(backend.last.values('upgrade'), ['websocket'])
    t.same(backend.last.values('connection').map(value => value.toLowerCase()), ['upgrade'])
    t.same(backend.last.values('sec-websocket-key'), ['x'])
    const { tunnel } = call.sink
    if (tunnel === null) throw new Error('there is a tunnel')
    t.same(tunnel.headers, ['Connection', 'Upgrade', 'Upgrade', 'websocket', 'X-Tunnel', 'yes'])
    const rest = reading(tunnel.connection)
    tunnel.connection.write('and ')
    tunnel.connection.end('more')
    t.equal(tunnel.first.toString() + await rest, 'firstand more')
    call.abort()
    call.resume()
    await backend.until(() => backend.connections.open === 0)
  })

  test('over TLS, and a megabyte back', async (t, h) => {
    const backend = await startBackend(t, behaviours.upgrade(), { tls: true })
    const { sink } = h.call(h.transport({ tls: { ca: certificates.ca } }), h.target(backend.url), { upgrade: 'any/2' })
    t.equal(await sink.ended(), 'upgraded', sink.why)
    if (sink.tunnel === null) throw new Error('there is a tunnel')
    const rest = reading(sink.tunnel.connection)
    sink.tunnel.connection.end('x'.repeat(1024 ** 2))
    t.equal((await rest).length + sink.tunnel.first.length, 1024 ** 2)
  })

  test('no deadline holds for the tunnel, and nothing of the request is left on it', async (t, h) => {
    const backend = await startBackend(t, behaviours.upgrade())
    const transport = h.transport()
    const call = h.call(transport, h.target(backend.url), { upgrade: 'websocket', responseHead: 1000, idleBody: 1000 })
    t.equal(await call.sink.ended(), 'upgraded')
    h.clock.advance(60_000)
    await turns()
    const connection = call.sink.tunnel?.connection
    if (connection === undefined) throw new Error('there is a tunnel')
    t.equal(connection.destroyed, false)
    t.equal(connection.listenerCount('data'), 0)
    t.equal(connection.listenerCount('readable'), 0)
    transport.forget(h.target(backend.url))
    const closed = once(connection, 'close')
    connection.destroy()
    await closed
    await backend.until(() => backend.connections.open === 0)
  })

  test('the target ends the tunnel', async (t, h) => {
    const backend = await startBackend(t, behaviours.upgrade())
    const { sink } = h.call(h.transport(), h.target(backend.url), { upgrade: 'websocket' })
    t.equal(await sink.ended(), 'upgraded')
    if (sink.tunnel === null) throw new Error('there is a tunnel')
    const rest = reading(sink.tunnel.connection)
    backend.endAll()
    t.equal(await rest, '')
    sink.tunnel.connection.destroy()
  })

  test('refused: the target\'s own answer', async (t, h) => {
    const backend = await startBackend(t, behaviours.refuseUpgrade({ status: 403, reason: 'Forbidden', headers: ['X-Why', 'because'], body: 'no' }))
    const transport = h.transport()
    const target = h.target(backend.url)
    const sink = await h.done(transport, target, { upgrade: 'websocket' })
    t.equal(sink.ending, 'end')
    t.equal(sink.status, 403)
    t.same(sink.values('x-why'), ['because'])
    t.equal(sink.text, 'no')
    backend.behave('ok')
    t.equal((await h.done(transport, target)).text, 'ok')
  })

  test('the connection dies before the answer', async (t, h) => {
    const backend = await startBackend(t, 'resetBeforeHead')
    const sink = await h.done(h.transport(), h.target(backend.url), { upgrade: 'websocket' })
    t.equal(sink.ending, 'failed')
    t.equal(sink.error?.code, 'connection_terminated')
  })

  test('given up before the answer', async (t, h) => {
    const backend = await startBackend(t, 'hang')
    const call = h.call(h.transport(), h.target(backend.url), { upgrade: 'websocket' })
    await backend.until(() => backend.requests.length === 1)
    call.abort()
    await backend.until(() => backend.connections.open === 0)
    t.equal(call.sink.ending, null)
  })

  test('a tunnel counts for the bound until it is closed', async (t, h) => {
    const backend = await startBackend(t, behaviours.upgrade())
    const transport = h.transport({ maxConnectionsPerTarget: 1 })
    const target = h.target(backend.url)
    const { sink } = h.call(transport, target, { upgrade: 'websocket' })
    t.equal(await sink.ended(), 'upgraded')
    backend.behave('ok')
    const waiting = h.call(transport, target)
    await turns(20)
    t.equal(backend.connections.opened, 1)
    sink.tunnel?.connection.destroy()
    t.equal(await waiting.sink.ended(), 'end')
  }, 'tunnels-unbounded')

  test('informational responses come before the 101', async (t, h) => {
    const backend = await startBackend(t, respond(reply => {
      reply.finish('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nfirst')
      reply.tunnel(() => {})
    }))
    const { sink } = h.call(h.transport(), h.target(backend.url), { upgrade: 'websocket' })
    t.equal(await sink.ended(), 'upgraded')
    t.same(sink.informationals.map(({ status }) => status), [103])
    t.equal(sink.tunnel?.first.toString(), 'first')
    sink.tunnel?.connection.destroy()
  })
}

/** All that comes until the other side ends. */
async function reading (connection: Duplex): Promise<string> {
  let text = ''
  connection.on('data', (bytes: Buffer) => { text += bytes.toString('latin1') })
  await once(connection, 'end')
  return text
}
