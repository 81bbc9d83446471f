import { behaviours, certificates, startBackend } from '../../fixtures/backend.js'
import { respond } from '../../fixtures/behaviours.js'
import { ManualBody } from '../../fixtures/bodies.js'
import { turns, type Part } from './harness.js'

/** Well past any deadline of these tests, the tick of a timer wheel included. */
const LONG = 10_000

/** Every wait has a deadline, on a clock that the test moves. */
export const timeouts: Part = test => {
  test('the target hangs: no response head', async (t, h) => {
    const backend = await startBackend(t, 'hang')
    const call = h.call(h.transport(), h.target(backend.url), { responseHead: 1000, idleBody: 1000 })
    await backend.until(() => backend.requests.length === 1)
    await turns()
    t.equal(call.sink.ending, null)
    h.clock.advance(LONG)
    t.equal(await call.sink.ended(), 'failed')
    t.equal(call.sink.error?.code, 'http_response_timeout')
    t.equal(call.sink.sent, 'all')
    await backend.until(() => backend.connections.open === 0)
  })

  test('half a head is no head', async (t, h) => {
    const backend = await startBackend(t, respond(reply => { reply.write('HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nX-') }))
    const call = h.call(h.transport(), h.target(backend.url), { responseHead: 1000 })
    await call.sink.until(() => call.sink.informationals.length === 1)
    h.clock.advance(LONG)
    t.equal(await call.sink.ended(), 'failed')
    t.equal(call.sink.error?.code, 'http_response_timeout')
  })

  test('the head\'s time begins when the request body is sent', async (t, h) => {
    const backend = await startBackend(t, 'hang')
    const body = new ManualBody()
    const call = h.call(h.transport(), h.target(backend.url), { method: 'POST', body, responseHead: 1000, idleBody: 0 })
    await body.untilOpen()
    body.data('abc')
    await backend.until(() => backend.requests.length === 1 && backend.last.bodyLength === 3)
    h.clock.advance(LONG)
    await turns()
    t.equal(call.sink.ending, null, 'not while the body is sent')
    body.end()
    await backend.until(() => backend.last.complete)
    await turns()
    h.clock.advance(LONG)
    t.equal(await call.sink.ended(), 'failed')
    t.equal(call.sink.error?.code, 'http_response_timeout')
    t.equal(call.sink.sent, 'all')
  })

  test('the target stalls within the body', async (t, h) => {
    const backend = await startBackend(t, 'stall')
    const call = h.call(h.transport(), h.target(backend.url), { responseHead: 1000, idleBody: 1000 })
    await call.sink.until(() => call.sink.text === 'partial')
    await turns()
    h.clock.advance(LONG)
    t.equal(await call.sink.ended(), 'failed')
    t.equal(call.sink.error?.code, 'connection_read_timeout')
    await backend.until(() => backend.connections.open === 0)
  })

  test('the target stalls right after the head', async (t, h) => {
    const backend = await startBackend(t, behaviours.stall(''))
    const call = h.call(h.transport(), h.target(backend.url), { idleBody: 1000 })
    await call.sink.until(() => call.sink.status === 200)
    await turns()
    h.clock.advance(LONG)
    t.equal(await call.sink.ended(), 'failed')
    t.equal(call.sink.error?.code, 'connection_read_timeout')
  })

  test('each piece of the body gives it new time', async (t, h) => {
    let next = (): void => {}
    const backend = await startBackend(t, respond(reply => {
      reply.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n')
      next = () => { reply.write('x') }
    }))
    const call = h.call(h.transport(), h.target(backend.url), { responseHead: 1000, idleBody: 1000 })
    await call.sink.until(() => call.sink.status === 200)
    for (let i = 1; i <= 10; i++) {
      h.clock.advance(600)
      t.equal(call.sink.ending, null)
      next()
      await call.sink.until(() => call.sink.length === i)
    }
    t.equal(await call.sink.ended(), 'end')
  })

  test('no time runs while the sink is paused; it runs anew after resume', async (t, h) => {
    const backend = await startBackend(t, 'stall')
    const call = h.call(h.transport(), h.target(backend.url), { responseHead: 1000, idleBody: 1000, onData: () => false })
    await call.sink.until(() => call.sink.paused)
    h.clock.advance(LONG)
    await turns()
    t.equal(call.sink.ending, null)
    call.resume()
    await turns()
    h.clock.advance(500)
    await turns()
    t.equal(call.sink.ending, null)
    h.clock.advance(LONG)
    t.equal(await call.sink.ended(), 'failed')
    t.equal(call.sink.error?.code, 'connection_read_timeout')
  })

  test('the source stalls within the request body', async (t, h) => {
    const backend = await startBackend(t, 'hang')
    const body = new ManualBody()
    const call = h.call(h.transport(), h.target(backend.url), { method: 'POST', body, responseHead: 1000, idleBody: 1000 })
    await body.untilOpen()
    body.data('abc')
    await backend.until(() => backend.requests.length === 1 && backend.last.bodyLength === 3)
    await turns()
    h.clock.advance(LONG)
    t.equal(await call.sink.ended(), 'failed')
    t.equal(call.sink.error?.code, 'http_request_timeout')
    t.equal(call.sink.sent, 'partly')
    t.equal(body.closed, true)
    await backend.until(() => backend.last.aborted)
  })

  test('0 is no limit', async (t, h) => {
    let go = (): void => {}
    const backend = await startBackend(t, behaviours.slow(new Promise(resolve => { go = resolve })))
    const call = h.call(h.transport(), h.target(backend.url), { responseHead: 0, idleBody: 0 })
    await backend.until(() => backend.requests.length === 1)
    h.clock.advance(24 * 3600 * 1000)
    await turns()
    go()
    t.equal(await call.sink.ended(), 'end')
  })

  test('no deadline outlives its request', async (t, h) => {
    const backend = await startBackend(t)
    const transport = h.transport()
    const target = h.target(backend.url)
    await h.done(transport, target, { responseHead: 1000, idleBody: 1000 })
    const { sink } = h.call(transport, target, { responseHead: 1000, idleBody: 1000 })
    h.clock.advance(500)
    t.equal(await sink.ended(), 'end')
    h.clock.advance(LONG)
    await turns()
    transport.close(true)
    h.clock.advance(LONG)
    t.equal(h.clock.pending, 0, 'no timer is left')
  })

  test('no connection comes free in time', async (t, h) => {
    const backend = await startBackend(t, 'hang')
    const transport = h.transport({ maxConnectionsPerTarget: 1, connectTimeout: 1000 })
    const target = h.target(backend.url)
    const busy = h.call(transport, target)
    await backend.until(() => backend.requests.length === 1)
    const waiting = h.call(transport, target)
    await turns()
    h.clock.advance(LONG)
    t.equal(await waiting.sink.ended(), 'failed')
    t.equal(waiting.sink.error?.code, 'connection_limit_reached')
    t.equal(waiting.sink.sent, 'nothing')
    await turns()
    t.equal(busy.sink.ending, null)
  })

  test('TLS does not come about in time', async (t, h) => {
    const backend = await startBackend(t, 'mute', { tls: true })
    const call = h.call(h.transport({ connectTimeout: 200, tlsTimeout: 200 }), h.target(backend.url))
    await backend.until(() => backend.connections.open === 1)
    await turns()
    h.clock.advance(LONG)
    t.equal(await call.sink.ended(), 'failed')
    t.equal(call.sink.error?.code, h.limited('tls-timeout') ? 'connection_timeout' : 'tls_timeout')
    t.equal(call.sink.sent, 'nothing')
    await backend.until(() => backend.connections.open === 0)
  })

  test('TLS has a time of its own, which begins when the connection stands', async (t, h) => {
    const backend = await startBackend(t, 'mute', { tls: true })
    const call = h.call(h.transport({ connectTimeout: 200, tlsTimeout: 5000 }), h.target(backend.url))
    await backend.until(() => backend.connections.open === 1)
    await turns()
    h.clock.advance(4900)
    await turns()
    t.equal(call.sink.ending, null)
    h.clock.advance(200)
    t.equal(await call.sink.ended(), 'failed')
    t.equal(call.sink.error?.code, 'tls_timeout')
    await backend.until(() => backend.connections.open === 0)
  }, 'tls-timeout')

  test('a TLS time that has been kept cuts nothing', async (t, h) => {
    const backend = await startBackend(t, 'hang', { tls: true })
    const transport = h.transport({ connectTimeout: 200, tlsTimeout: 200, tls: { ca: certificates.ca } })
    const call = h.call(transport, h.target(backend.url))
    await backend.until(() => backend.requests.length === 1)
    await turns()
    h.clock.advance(LONG)
    await turns()
    t.equal(call.sink.ending, null)
    call.abort()
  })
}
