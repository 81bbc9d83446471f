import { behaviours, certificates, startBackend } from '../../fixtures/backend.js'
import { bigBody, PiecesBody } from '../../fixtures/bodies.js'
import { turns, type Part } from './harness.js'

const { ca, client } = certificates

/** TLS to targets is verified, unless somebody said otherwise. */
export const security: Part = test => {
  test('a certificate of an unknown authority is refused by default, before a byte is sent', async (t, h) => {
    const backend = await startBackend(t, 'ok', { tls: true })
    for (const tls of [undefined, {}, { verify: true }]) {
      const sink = await h.done(h.transport(tls === undefined ? {} : { tls }), h.target(backend.url))
      t.equal(sink.ending, 'failed')
      t.equal(sink.error?.code, 'tls_certificate_error')
      t.equal(sink.sent, 'nothing')
    }
    t.equal(backend.requests.length, 0)
  })

  test('an authority of one\'s own, by address and by name', async (t, h) => {
    const backend = await startBackend(t, 'echo', { tls: true })
    const transport = h.transport({ tls: { ca } })
    for (const host of ['127.0.0.1', 'localhost']) {
      const target = h.target(`https://${host}:${backend.port}`)
      for (let i = 0; i < 2; i++) {
        const call = h.call(transport, target, { method: 'POST', headers: ['Host', `client-${i}.example`], body: new PiecesBody(['abc'], 3) })
        t.equal(await call.sink.ended(), 'end', call.sink.why)
        t.equal(call.sink.text, 'abc')
        t.equal(call.sending.reused, i > 0)
        await turns()
      }
    }
    t.same(backend.serverNames.map(name => name || ''), ['', 'localhost'], 'the Host field is no server name')
  })

  test('the wrong name is refused', async (t, h) => {
    const backend = await startBackend(t, 'ok', { tls: true })
    const sink = await h.done(h.transport({ tls: { ca, serverName: 'other.example' } }), h.target(backend.url))
    t.equal(sink.error?.code, 'tls_certificate_error')
    t.equal(sink.sent, 'nothing')
    t.equal(backend.requests.length, 0)
  })

  test('a name of one\'s own is sent and expected', async (t, h) => {
    const backend = await startBackend(t, 'ok', { tls: true })
    const sink = await h.done(h.transport({ tls: { ca, serverName: 'localhost' } }), h.target(backend.url))
    t.equal(sink.ending, 'end')
    t.same(backend.serverNames, ['localhost'])
  })

  test('verification switched off', async (t, h) => {
    const backend = await startBackend(t, 'ok', { tls: true })
    const sink = await h.done(h.transport({ tls: { verify: false, serverName: 'other.example' } }), h.target(backend.url))
    t.equal(sink.ending, 'end')
    t.equal(sink.text, 'ok')
  })

  test('a client certificate', async (t, h) => {
    const backend = await startBackend(t, 'ok', { tls: { ca, requestCert: true, rejectUnauthorized: true } })
    const target = h.target(backend.url)
    const sink = await h.done(h.transport({ tls: { ca, certificate: client.cert, key: client.key } }), target)
    t.equal(sink.ending, 'end', sink.why)
    const without = await h.done(h.transport({ tls: { ca } }), target)
    t.equal(without.ending, 'failed')
    t.ok(without.error?.code === 'tls_protocol_error' || without.error?.code === 'connection_terminated', without.why)
    t.equal(backend.requests.length, 1)
  })

  test('a target that speaks no TLS', async (t, h) => {
    const backend = await startBackend(t, behaviours.raw(socket => { socket.write('HTTP/1.1 400 Bad Request\r\n\r\n') }))
    const sink = await h.done(h.transport(), h.target(backend.url.replace('http:', 'https:')))
    t.equal(sink.error?.code, 'tls_protocol_error')
    t.equal(sink.sent, 'nothing')
  })

  test('a certificate that is none, or that does not go with its key', async (t, h) => {
    t.throws(() => h.transport({ tls: { ca, certificate: 'no', key: 'no' } }))
    t.throws(() => h.transport({ tls: { ca, certificate: client.cert, key: certificates.server.key } }))
  })

  test('the target goes away within the handshake', async (t, h) => {
    const backend = await startBackend(t, { onSocket: socket => { socket.end(); return true } }, { tls: true })
    const sink = await h.done(h.transport(), h.target(backend.url))
    t.equal(sink.ending, 'failed')
    t.ok(sink.error?.code === 'tls_protocol_error' || sink.error?.code === 'connection_terminated', sink.why)
    t.equal(sink.sent, 'nothing')
  })

  test('big bodies both ways over TLS', async (t, h) => {
    const size = 8 * 1024 ** 2
    const backend = await startBackend(t, behaviours.download(size), { tls: true })
    const transport = h.transport({ tls: { ca } })
    const down = h.call(transport, h.target(backend.url))
    down.sink.onData = () => { setImmediate(() => { down.resume() }); return false }
    t.equal(await down.sink.ended(), 'end')
    t.equal(down.sink.length, size)
    backend.behave('ok')
    const up = await h.done(transport, h.target(backend.url), { method: 'POST', body: bigBody(size, false) })
    t.equal(up.ending, 'end')
    t.equal(backend.last.bodyLength, size)
  })

  test('a truncated body over TLS', async (t, h) => {
    const backend = await startBackend(t, 'lyingLength', { tls: true })
    const sink = await h.done(h.transport({ tls: { ca } }), h.target(backend.url))
    t.equal(sink.ending, 'failed')
    t.equal(sink.error?.code, 'http_response_incomplete')
  })
}
