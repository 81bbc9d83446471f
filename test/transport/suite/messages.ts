import { behaviours, startBackend } from '../../fixtures/backend.js'
import { respond } from '../../fixtures/behaviours.js'
import { PiecesBody } from '../../fixtures/bodies.js'
import type { Part } from './harness.js'

const FRAMING = new Set(['host', 'connection', 'content-length', 'transfer-encoding'])

/** Requests and responses come through as they were. */
export const messages: Part = test => {
  test('a GET and its answer', async (t, h) => {
    const backend = await startBackend(t, behaviours.ok({ status: 201, headers: ['X-A', '1'], body: 'hello' }))
    const call = h.call(h.transport(), h.target(backend.url), { path: '/a/../b?c=%zz&d=[]', headers: ['Host', 'shop.example'] })
    t.equal(await call.sink.ended(), 'end')
    t.equal(call.sink.status, 201)
    t.equal(call.sink.text, 'hello')
    t.same(call.sink.trailers, [])
    t.equal(call.sending.reused, false)
    t.equal(backend.last.method, 'GET')
    t.equal(backend.last.url, '/a/../b?c=%zz&d=[]', 'not a byte of the request target is changed')
    t.same(backend.last.values('host'), ['shop.example'])
    t.same(backend.last.values('content-length'), [], 'no body, no framing')
    t.same(backend.last.values('transfer-encoding'), [])
  })

  test('order, case, duplicates and bytes of request headers are kept', async (t, h) => {
    const backend = await startBackend(t)
    const headers = ['Host', 'a.example', 'X-B', '2', 'x-a', '1', 'X-b', '3', 'Cookie', 'a=1', 'cookie', 'b=2', 'X-Latin', 'caf\xe9', 'X-Empty', '']
    const sink = await h.done(h.transport(), h.target(backend.url), { headers })
    t.equal(sink.ending, 'end')
    const seen = backend.last.rawHeaders
    if (h.limited('request-framing-fields')) t.same(withoutFraming(seen), withoutFraming(headers))
    else t.same(seen, headers, 'and nothing is added')
  })

  test('order, case, duplicates and bytes of response headers are kept', async (t, h) => {
    const headers = ['X-B', '2', 'x-a', '1', 'Set-Cookie', 'a=1', 'set-cookie', 'b=2', 'X-Latin', 'caf\xe9', 'X-Empty', '', 'Content-Length', '2', 'Keep-Alive', 'timeout=5']
    const backend = await startBackend(t, behaviours.ok({ headers, body: 'ok' }))
    const sink = await h.done(h.transport(), h.target(backend.url))
    t.same(sink.headers, headers)
  })

  test('unusual methods pass', async (t, h) => {
    const backend = await startBackend(t)
    const transport = h.transport()
    for (const method of ['PROPFIND', 'OPTIONS', 'DELETE', 'X-CUSTOM']) {
      const sink = await h.done(transport, h.target(backend.url), { method })
      t.equal(sink.ending, 'end')
      t.equal(backend.last.method, method)
    }
  })

  test('OPTIONS *', async (t, h) => {
    const backend = await startBackend(t)
    const sink = await h.done(h.transport(), h.target(backend.url), { method: 'OPTIONS', path: '*' })
    t.equal(sink.ending, 'end')
    t.equal(backend.last.url, '*')
  }, 'asterisk-target')

  test('what would smuggle a second request never leaves', async (t, h) => {
    const backend = await startBackend(t)
    const transport = h.transport()
    const target = h.target(backend.url)
    const bad = [
      { path: '/a b' }, { path: '/a\r\nX: y' }, { path: '/a\n' }, { method: 'GE T' }, { method: 'GET\r\n' },
      { headers: ['Host', 'a', 'X-A', 'b\r\nX: y'] }, { headers: ['Host', 'a', 'X-A', 'b\nc'] }, { headers: ['Host', 'a', 'X-A', 'b\0'] },
      { headers: ['Host', 'a', 'X A', 'b'] }, { headers: ['Host', 'a', 'X-A:', 'b'] }, { headers: ['Host', 'a', '', 'b'] }, { upgrade: 'a\r\nX: y' }
    ]
    for (const options of bad) {
      const sink = await h.done(transport, target, options)
      t.equal(sink.ending, 'failed', JSON.stringify(options))
      t.equal(sink.error?.code, 'http_request_error')
      t.equal(sink.sent, 'nothing')
    }
    t.equal((await h.done(transport, target)).ending, 'end', 'the transport goes on')
    t.equal(backend.requests.length, 1)
  })

  test('HEAD: Content-Length and no body', async (t, h) => {
    const backend = await startBackend(t, behaviours.ok({ headers: ['Content-Length', '1000'] }))
    const transport = h.transport()
    const sink = await h.done(transport, h.target(backend.url), { method: 'HEAD' })
    t.equal(sink.ending, 'end')
    t.same(sink.values('content-length'), ['1000'])
    t.equal(sink.length, 0)
    backend.behave('ok')
    t.equal((await h.done(transport, h.target(backend.url))).text, 'ok')
  })

  test('HEAD: chunked and no body', async (t, h) => {
    const backend = await startBackend(t, behaviours.bytes('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'))
    const sink = await h.done(h.transport(), h.target(backend.url), { method: 'HEAD' })
    t.equal(sink.ending, 'end')
    t.equal(sink.length, 0)
  })

  test('204 has no body', async (t, h) => {
    const backend = await startBackend(t, behaviours.ok({ status: 204, reason: 'No Content' }))
    const transport = h.transport()
    const target = h.target(backend.url)
    for (let i = 0; i < 2; i++) {
      const sink = await h.done(transport, target)
      t.equal(sink.ending, 'end')
      t.equal(sink.status, 204)
    }
    t.equal(backend.connections.opened, 1)
  })

  test('304 has no body', async (t, h) => {
    const backend = await startBackend(t, behaviours.ok({ status: 304, reason: 'Not Modified', headers: ['ETag', '"a"'] }))
    const transport = h.transport()
    const target = h.target(backend.url)
    for (let i = 0; i < 2; i++) t.equal((await h.done(transport, target)).status, 304)
    t.equal(backend.connections.opened, 1)
  })

  test('304 may have a Content-Length all the same', async (t, h) => {
    const backend = await startBackend(t, 'notModified')
    const transport = h.transport()
    const target = h.target(backend.url)
    for (let i = 0; i < 2; i++) {
      const sink = await h.done(transport, target)
      t.equal(sink.ending, 'end')
      t.same(sink.values('content-length'), ['1234'])
    }
    t.equal(backend.connections.opened, 1)
  }, 'not-modified-length')

  test('informational responses come first', async (t, h) => {
    const early = [[103, 'Early Hints', ['Link', '</a.css>', 'link', '</b.css>']], [102, 'Processing', []], [103, 'Early Hints', []]] as const
    const backend = await startBackend(t, behaviours.ok({ body: 'ok' }, early))
    const sink = await h.done(h.transport(), h.target(backend.url))
    t.equal(sink.text, 'ok')
    t.same(sink.informationals, early.map(([status,, headers]) => ({ status, headers })))
  })

  test('an informational response is passed on before the rest comes', async (t, h) => {
    let go = (): void => {}
    const backend = await startBackend(t, respond(reply => {
      reply.write('HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n')
      go = () => { reply.answer({ body: 'ok' }) }
    }))
    const call = h.call(h.transport(), h.target(backend.url))
    await call.sink.until(() => call.sink.informationals.length === 1 && call.sink.flushes > 0)
    go()
    t.equal(await call.sink.ended(), 'end')
  })

  test('100 that nobody asked for', async (t, h) => {
    const backend = await startBackend(t, 'continue')
    const sink = await h.done(h.transport(), h.target(backend.url))
    t.equal(sink.text, 'ok')
    t.same(sink.informationals.map(({ status }) => status), [100])
  }, 'unsolicited-continue')

  test('Expect: 100-continue: one 100, then the body flows', async (t, h) => {
    const backend = await startBackend(t, respond(reply => {
      if (reply.request.values('expect').length > 0) reply.write('HTTP/1.1 100 Continue\r\n\r\n')
      void reply.body().then(() => { reply.answer({ body: reply.request.body }) })
    }))
    const body = new PiecesBody(['abc', 'def'], 6)
    const sink = await h.done(h.transport(), h.target(backend.url), { method: 'POST', headers: ['Host', 'a', 'Expect', '100-continue'], body })
    t.equal(sink.text, 'abcdef')
    t.same(sink.informationals.map(({ status }) => status), [100])
  })

  test('chunks, extensions and trailers, one byte at a time', async (t, h) => {
    const bytes = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n' +
      '5;name=value\r\nhello\r\n1;flag\r\n \r\nA\r\n0123456789\r\n0\r\nX-Sum: 16\r\nX-sum: 17\r\n\r\n'
    const backend = await startBackend(t, respond(reply => {
      let i = 0
      const next = (): void => {
        if (i >= bytes.length) return reply.finish()
        reply.write(bytes.charAt(i++))
        setImmediate(next)
      }
      next()
    }))
    const transport = h.transport()
    const sink = await h.done(transport, h.target(backend.url))
    t.equal(sink.ending, 'end')
    t.equal(sink.text, 'hello 0123456789')
    t.same(sink.trailers, ['X-Sum', '16', 'X-sum', '17'])
  })

  test('trailers of a response', async (t, h) => {
    const backend = await startBackend(t, 'trailers')
    const transport = h.transport()
    const target = h.target(backend.url)
    for (let i = 0; i < 2; i++) {
      const sink = await h.done(transport, target)
      t.equal(sink.text, 'onetwo')
      t.same(sink.trailers, ['X-Sum', '6'])
    }
    t.equal(backend.connections.opened, 1)
  })

  test('trailers of a request', async (t, h) => {
    const backend = await startBackend(t)
    const body = new PiecesBody(['abc'], null, ['X-Sum', '3', 'x-Sum', '4'])
    const sink = await h.done(h.transport(), h.target(backend.url), { method: 'POST', body })
    t.equal(sink.ending, 'end')
    t.same(backend.last.trailers, ['X-Sum', '3', 'x-Sum', '4'])
  }, 'request-trailers')

  test('a body that lasts until the connection closes', async (t, h) => {
    const backend = await startBackend(t, 'untilClose')
    const transport = h.transport()
    const target = h.target(backend.url)
    for (let i = 0; i < 2; i++) {
      const sink = await h.done(transport, target)
      t.equal(sink.ending, 'end')
      t.equal(sink.text, 'until the end')
    }
    t.equal(backend.connections.opened, 2)
  })

  test('an HTTP/1.0 answer', async (t, h) => {
    const backend = await startBackend(t, 'http10')
    const transport = h.transport()
    const target = h.target(backend.url)
    for (let i = 0; i < 2; i++) t.equal((await h.done(transport, target)).text, 'old')
    t.equal(backend.connections.opened, 2)
  })

  test('Connection: close is heeded', async (t, h) => {
    const backend = await startBackend(t, behaviours.ok({ headers: ['Connection', 'close'], body: 'bye' }))
    const transport = h.transport()
    const target = h.target(backend.url)
    for (let i = 0; i < 2; i++) t.equal((await h.done(transport, target)).text, 'bye')
    t.equal(backend.connections.opened, 2)
  })

  test('no reason phrase, and an unusual status', async (t, h) => {
    const backend = await startBackend(t, behaviours.bytes('HTTP/1.1 599 \r\nContent-Length: 2\r\n\r\nok'))
    const sink = await h.done(h.transport(), h.target(backend.url))
    t.equal(sink.status, 599)
    t.equal(sink.text, 'ok')
  })

  test('flush comes after a batch that does not end the response', async (t, h) => {
    let more = (): void => {}
    const backend = await startBackend(t, respond(reply => {
      reply.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab')
      more = () => { reply.finish('cd') }
    }))
    const call = h.call(h.transport(), h.target(backend.url))
    await call.sink.until(() => call.sink.text === 'ab' && call.sink.flushes > 0)
    more()
    t.equal(await call.sink.ended(), 'end')
    t.equal(call.sink.text, 'abcd')
  })
}

function withoutFraming (headers: readonly string[]): string[] {
  return headers.filter((_, i) => !FRAMING.has((i % 2 === 0 ? headers[i] : headers[i - 1])?.toLowerCase() ?? ''))
}
