import { ProxyError } from '../../../src/base/errors.js'
import { behaviours, startBackend } from '../../fixtures/backend.js'
import { bigBody, ManualBody, PiecesBody } from '../../fixtures/bodies.js'
import { turns, type Part } from './harness.js'

const BIG = 64 * 1024 ** 2
/** More than the socket buffers of both ends and a few pieces on the way can hold, far less than the body. */
const BOUND = 24 * 1024 ** 2

/** Bodies flow both ways at the speed of whoever is slower, and are whole or known not to be. */
export const bodies: Part = test => {
  test('a body of known length', async (t, h) => {
    const backend = await startBackend(t, 'echo')
    const transport = h.transport()
    const target = h.target(backend.url)
    for (let i = 0; i < 2; i++) {
      const body = new PiecesBody(['ab', 'c', 'def'], 6)
      const sink = await h.done(transport, target, { method: 'POST', body })
      t.equal(sink.text, 'abcdef')
      t.same(backend.last.values('content-length'), ['6'])
      t.same(backend.last.values('transfer-encoding'), [])
      t.equal(body.opened, 1)
    }
    t.equal(backend.connections.opened, 1)
  })

  test('a body of unknown length', async (t, h) => {
    const backend = await startBackend(t, 'echo')
    const transport = h.transport()
    const target = h.target(backend.url)
    for (let i = 0; i < 2; i++) {
      const body = new ManualBody()
      const { sink } = h.call(transport, target, { method: 'POST', body })
      await body.untilOpen()
      body.data('abc')
      await turns()
      body.data('def')
      body.end()
      t.equal(await sink.ended(), 'end')
      await turns()
      t.equal(sink.text, 'abcdef')
      t.same(backend.last.values('content-length'), [])
      t.same(backend.last.values('transfer-encoding').map(value => value.toLowerCase()), ['chunked'])
    }
    t.equal(backend.connections.opened, 1)
  })

  test('an empty body', async (t, h) => {
    const backend = await startBackend(t, 'echo')
    const transport = h.transport()
    const target = h.target(backend.url)
    for (const length of [0, null]) {
      const sink = await h.done(transport, target, { method: 'POST', body: new PiecesBody([], length) })
      t.equal(sink.ending, 'end')
      t.equal(backend.last.complete, true)
      t.equal(backend.last.bodyLength, 0)
    }
  })

  test('Content-Length: 0 without a body', async (t, h) => {
    const backend = await startBackend(t)
    const transport = h.transport()
    for (const method of h.limited('empty-body-length') ? ['POST'] : ['POST', 'DELETE', 'GET']) {
      const sink = await h.done(transport, h.target(backend.url), { method, headers: ['Host', 'a', 'Content-Length', '0'] })
      t.equal(sink.ending, 'end')
      t.same(backend.last.values('content-length'), ['0'], method)
    }
  })

  test('a GET and a DELETE with a body', async (t, h) => {
    const backend = await startBackend(t, 'echo')
    const transport = h.transport()
    for (const method of ['GET', 'DELETE']) {
      for (const length of [3, null]) {
        const sink = await h.done(transport, h.target(backend.url), { method, body: new PiecesBody(['abc'], length) })
        t.equal(sink.text, 'abc', `${method}, length ${length}`)
      }
    }
  })

  test('the head goes out before the body comes', async (t, h) => {
    const backend = await startBackend(t, 'echo')
    const body = new ManualBody()
    const call = h.call(h.transport(), h.target(backend.url), { method: 'POST', body })
    await backend.until(() => backend.requests.length === 1)
    t.equal(backend.last.bodyLength, 0)
    await body.untilOpen()
    body.data('late')
    await backend.until(() => backend.last.bodyLength === 4)
    body.end()
    t.equal(await call.sink.ended(), 'end')
    t.equal(call.sink.text, 'late')
  }, 'head-before-body')

  test('each piece of a body goes out at once', async (t, h) => {
    const backend = await startBackend(t, 'echo')
    const body = new ManualBody(3)
    const call = h.call(h.transport(), h.target(backend.url), { method: 'POST', body })
    await body.untilOpen()
    for (const [i, letter] of ['a', 'b', 'c'].entries()) {
      body.data(letter)
      await backend.until(() => backend.requests[0]?.bodyLength === i + 1)
    }
    body.end()
    t.equal(await call.sink.ended(), 'end')
    t.equal(call.sink.text, 'abc')
  })

  for (const known of [true, false]) {
    test(`64 MB up to a target that is slow to read, length ${known ? 'known' : 'unknown'}`, async (t, h) => {
      let read = (): void => {}
      const backend = await startBackend(t, behaviours.slowReader(new Promise(resolve => { read = resolve })))
      const body = bigBody(BIG, known)
      const call = h.call(h.transport(), h.target(backend.url), { method: 'POST', body })
      await backend.until(() => backend.requests.length === 1)
      await stalled(() => body.produced)
      t.ok(body.paused, 'the source was told to wait')
      t.ok(body.produced < BOUND, `${body.produced} bytes were taken from it`)
      read()
      t.equal(await call.sink.ended(), 'end')
      t.equal(backend.last.bodyLength, BIG)
    })
  }

  test('64 MB down to a sink that is slow to read', async (t, h) => {
    let sent = 0
    const backend = await startBackend(t, behaviours.download(BIG, bytes => { sent += bytes }))
    const call = h.call(h.transport(), h.target(backend.url), { onData: () => false })
    await call.sink.until(() => call.sink.paused)
    await stalled(() => sent)
    t.ok(sent < BOUND, `the target got rid of ${sent} bytes`)
    call.sink.onData = () => {
      // Every piece is answered by a pause, and the pause by a resume in the next turn.
      setImmediate(() => { call.resume() })
      return false
    }
    call.resume()
    t.equal(await call.sink.ended(), 'end')
    t.equal(call.sink.length, BIG)
  })

  test('64 MB of chunks down, and up at the same time', async (t, h) => {
    const pieces = Array.from({ length: 1024 }, () => 'z'.repeat(64 * 1024))
    const backend = await startBackend(t, behaviours.ok({ body: pieces, chunked: true }))
    const sink = await h.done(h.transport(), h.target(backend.url), { method: 'POST', body: bigBody(BIG, false) })
    t.equal(sink.ending, 'end')
    t.equal(sink.length, BIG)
    t.equal(backend.last.bodyLength, BIG)
  })

  test('resume without a pause, before, within and after the body, is harmless', async (t, h) => {
    const backend = await startBackend(t, behaviours.download(1024 ** 2))
    const call = h.call(h.transport(), h.target(backend.url))
    call.resume()
    call.sink.onData = () => { call.resume(); return true }
    t.equal(await call.sink.ended(), 'end')
    call.resume()
    t.equal(call.sink.length, 1024 ** 2)
  })

  test('the source fails: the target never sees a whole request', async (t, h) => {
    const backend = await startBackend(t, 'echo')
    const transport = h.transport()
    for (const length of [6, null]) {
      const body = new ManualBody(length)
      const call = h.call(transport, h.target(backend.url), { method: 'POST', body })
      await body.untilOpen()
      body.data('abc')
      await backend.until(() => backend.requests.some(request => request.bodyLength === 3 && !request.aborted))
      body.failed(new ProxyError('client_closed', 'gone'))
      t.equal(await call.sink.ended(), 'failed')
      t.equal(call.sink.error?.code, 'client_closed')
      t.equal(call.sink.sent, 'partly')
      await backend.until(() => backend.last.aborted)
      t.equal(backend.last.complete, false)
    }
  })

  test('the source ends before its length: the target never sees a whole request', async (t, h) => {
    const backend = await startBackend(t, 'echo')
    const sink = await h.done(h.transport(), h.target(backend.url), { method: 'POST', body: new PiecesBody(['abc'], 6) })
    t.equal(sink.ending, 'failed')
    t.equal(sink.error?.code, 'http_request_error')
    await backend.until(() => backend.requests.every(request => request.aborted))
    t.ok(backend.requests.every(request => !request.complete))
  })

  test('the source gives more than its length: nothing of it reaches the target as a second request', async (t, h) => {
    const backend = await startBackend(t, 'echo')
    const sink = await h.done(h.transport(), h.target(backend.url), { method: 'POST', body: new PiecesBody(['abc', 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n'], 6) })
    t.equal(sink.ending, 'failed')
    t.equal(sink.error?.code, 'http_request_error')
    await backend.until(() => backend.connections.open === 0)
    t.ok(backend.requests.every(request => request.url === '/' && !request.complete))
  })

  test('an answer before the body was read: the source is closed, the connection not used again', async (t, h) => {
    const backend = await startBackend(t, behaviours.early({ status: 413, body: 'no' }))
    const transport = h.transport()
    const target = h.target(backend.url)
    const body = new ManualBody()
    const call = h.call(transport, target, { method: 'POST', body })
    await body.untilOpen()
    body.data('a first piece')
    t.equal(await call.sink.ended(), 'end')
    t.equal(call.sink.status, 413)
    t.equal(call.sink.text, 'no')
    await backend.until(() => backend.connections.open === 0)
    t.equal(body.closed, true)
    body.data('a late piece')
    backend.behave('ok')
    t.equal((await h.done(transport, target)).text, 'ok')
    t.equal(backend.connections.opened, 2)
  })

  test('an early head, and then the body goes on both ways', async (t, h) => {
    const backend = await startBackend(t, {
      onRequest: reply => {
        reply.write('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n')
        void reply.body().then(() => { reply.finish(reply.request.body) })
      }
    })
    const body = new ManualBody()
    const call = h.call(h.transport(), h.target(backend.url), { method: 'POST', body })
    await body.untilOpen()
    body.data('abc')
    await call.sink.until(() => call.sink.status === 200)
    body.data('def')
    body.end()
    t.equal(await call.sink.ended(), 'end')
    t.equal(call.sink.text, 'abcdef')
  })
}

/** Resolves when a number has not moved for a while. A wrong guess can only make the test that asks too lenient. */
async function stalled (value: () => number): Promise<void> {
  for (let before = -1; before !== value();) {
    before = value()
    await new Promise(resolve => { setTimeout(resolve, 100) })
  }
}
