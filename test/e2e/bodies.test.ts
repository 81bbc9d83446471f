import { once } from 'node:events'
import { Agent, createServer, get as httpGet, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { behaviours, startBackend } from '../fixtures/backend.js'
import { connect, exchange, get } from '../fixtures/client.js'
import { startTestProxy, untilStill } from '../fixtures/proxy.js'

const MB = 1024 ** 2

for (const [name, framing, first, last] of [
  ['unknown', 'Transfer-Encoding: chunked', '5\r\nfirst\r\n', '4\r\nlast\r\n0\r\n\r\n'],
  ['known', 'Content-Length: 9', 'first', 'last']
] as const) {
  t.test(`an upload of ${name} length reaches the target as it comes`, async t => {
    const backend = await startBackend(t, 'echo')
    const proxy = await startTestProxy(t, [backend.url])
    const client = (await connect(t, proxy.port)).request(['POST / HTTP/1.1', 'Host: a', framing], first)
    await backend.until(() => backend.requests[0]?.bodyLength === 5)
    t.notOk(backend.last.complete)
    client.send(last)
    t.equal((await client.response()).body, 'firstlast')
    t.match(backend.last.head, framing)
  })
}

t.test('a download reaches the client as it comes, in whatever framing', async t => {
  for (const framing of ['Transfer-Encoding: chunked', 'Content-Length: 9', 'X-Until: close']) {
    let go = (): void => {}
    const chunked = framing.startsWith('Transfer')
    const backend = await startBackend(t, {
      onRequest: reply => {
        reply.write(`HTTP/1.1 200 OK\r\n${framing}\r\n\r\n${chunked ? '5\r\nfirst\r\n' : 'first'}`)
        go = () => { reply.end(chunked ? '4\r\nlast\r\n0\r\n\r\n' : 'last') }
      }
    })
    const proxy = await startTestProxy(t, [backend.url])
    const client = (await connect(t, proxy.port)).get('/')
    await client.until(() => client.received.includes('first'))
    t.notMatch(client.received, 'last')
    go()
    t.equal((await client.response()).body, 'firstlast', framing)
  }
})

t.test('server-sent events come one by one, and the head before the first', async t => {
  const events: Array<() => void> = []
  const backend = await startBackend(t, {
    onRequest: reply => {
      reply.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n')
      for (let i = 0; i < 3; i++) events.push(() => { reply.write(`9\r\ndata: ${i}\n\n\r\n`) })
      events.push(() => { reply.finish('0\r\n\r\n') })
    }
  })
  const proxy = await startTestProxy(t, [backend.url])
  const client = (await connect(t, proxy.port)).get('/events')
  await client.until(() => client.received.endsWith('\r\n\r\n'))
  for (let i = 0; i < 3; i++) {
    events[i]?.()
    await client.until(() => client.received.includes(`data: ${i}\n\n`))
  }
  events[3]?.()
  t.equal((await client.response()).body, 'data: 0\n\ndata: 1\n\ndata: 2\n\n')
})

t.test('a client that does not read holds the target back', async t => {
  let sent = 0
  const size = 64 * MB
  const backend = await startBackend(t, behaviours.download(size, bytes => { sent += bytes }))
  const proxy = await startTestProxy(t, [backend.url])
  const client = (await connect(t, proxy.port)).countOnly()
  client.socket.pause()
  client.get('/')
  // It stands still when nothing has moved for a while; how far it has come depends on the kernel's buffers.
  await untilStill(() => sent)
  t.ok(sent < size / 2, `${sent} bytes were sent`)
  client.socket.resume()
  await client.until(() => client.bytes >= size)
  t.equal(sent, size)
})

t.test('a target that does not read holds the client back', async t => {
  let release = (): void => {}
  const backend = await startBackend(t, behaviours.slowReader(new Promise(resolve => { release = resolve })))
  const proxy = await startTestProxy(t, [backend.url])
  const size = 64 * MB
  const client = (await connect(t, proxy.port)).request(['POST / HTTP/1.1', 'Host: a', `Content-Length: ${size}`])
  let sent = 0
  const piece = Buffer.alloc(256 * 1024)
  const pump = (): void => {
    while (sent < size) {
      sent += piece.length
      if (!client.socket.write(piece)) {
        client.socket.once('drain', pump)
        return
      }
    }
  }
  pump()
  await untilStill(() => sent)
  t.ok(sent < size / 2, `${sent} bytes were taken`)
  release()
  t.equal((await client.response('POST')).status, 200)
  t.equal(backend.last.bodyLength, size)
})

t.test('Expect: 100-continue is the target\'s to answer', async t => {
  const backend = await startBackend(t, behaviours.continue({ body: 'done' }))
  const proxy = await startTestProxy(t, [backend.url])
  const client = (await connect(t, proxy.port)).request(['POST / HTTP/1.1', 'Host: a', 'Expect: 100-continue', 'Content-Length: 5'])
  await client.until(() => client.received.includes('HTTP/1.1 100 Continue\r\n\r\n'))
  t.equal(backend.last.bodyLength, 0)
  t.same(backend.last.values('expect'), ['100-continue'])
  client.send('hello')
  const { body, header } = await client.response()
  t.equal(body, 'done')
  t.not(header('connection'), 'close')
  t.equal(backend.last.body.toString(), 'hello')
  t.equal(client.received, '')
})

t.test('a final answer instead of the 100 closes the connection: the body may or may not come', async t => {
  const backend = await startBackend(t, behaviours.early({ status: 417, reason: 'Expectation Failed', body: 'no' }))
  const proxy = await startTestProxy(t, [backend.url])
  const client = (await connect(t, proxy.port)).request(['POST / HTTP/1.1', 'Host: a', 'Expect: 100-continue', 'Content-Length: 5'])
  const { status, header, body } = await client.response()
  t.equal(status, 417)
  t.equal(header('connection'), 'close')
  t.equal(body, 'no')
  await client.end()
})

t.test('a failure instead of the 100 closes the connection too', async t => {
  const backend = await startBackend(t, 'closeBeforeHead')
  const proxy = await startTestProxy(t, [backend.url])
  const client = (await connect(t, proxy.port)).request(['POST / HTTP/1.1', 'Host: a', 'Expect: 100-continue', 'Content-Length: 5'])
  const { status, header } = await client.response()
  t.equal(status, 502)
  t.equal(header('connection'), 'close')
  await client.end()
})

t.test('a client that does not wait for the 100, and an HTTP/1.0 client that must not get one', async t => {
  const backend = await startBackend(t, behaviours.continue({ body: 'done' }))
  const proxy = await startTestProxy(t, [backend.url])
  const eager = await exchange(t, proxy.port, ['POST / HTTP/1.1', 'Host: a', 'Expect: 100-continue', 'Content-Length: 5'], 'hello')
  t.equal(eager.body, 'done')
  t.equal(backend.last.body.toString(), 'hello')
  const old = (await connect(t, proxy.port)).request(['POST / HTTP/1.0', 'Expect: 100-continue', 'Content-Length: 5'], 'hello')
  const text = await old.end()
  t.match(text, /^HTTP\/1\.1 200/)
})

t.test('an expectation nobody knows is not passed on as if we could meet it', async t => {
  const backend = await startBackend(t)
  const proxy = await startTestProxy(t, [backend.url])
  const { status } = await get(t, proxy.port, '/', 'Expect: 200-maybe')
  t.ok(status === 200 || status === 417, String(status))
  if (status === 200) t.same(backend.last.values('expect'), [])
})

t.test('103 Early Hints and other 1xx pass on before the answer; to HTTP/1.0 none does', async t => {
  const backend = await startBackend(t, behaviours.ok({ body: 'ok' }, [[103, 'Early Hints', ['Link', '</a.css>; rel=preload']], [102, 'Processing', []], [103, 'Early Hints', ['Link', '</b.js>; rel=preload', 'Connection', 'X-Hop', 'X-Hop', '1']]]))
  const proxy = await startTestProxy(t, [backend.url])
  const client = (await connect(t, proxy.port)).get('/')
  await client.until(() => client.received.endsWith('ok'))
  t.same([...client.received.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, status]) => status), ['103', '102', '103', '200'])
  t.match(client.received, 'Link: </a.css>; rel=preload')
  t.match(client.received, 'Link: </b.js>; rel=preload')
  t.notMatch(client.received, 'X-Hop')
  const old = (await connect(t, proxy.port)).request(['GET / HTTP/1.0'])
  t.match(await old.end(), /^HTTP\/1\.1 200/)
})

t.test('trailers pass both ways, but those that would change the message', async t => {
  const backend = await startBackend(t, behaviours.trailers(['one', 'two'], ['X-Sum', '6', 'X-Two', 'b', 'Set-Cookie', 'a=1', 'Location', '/x']))
  const proxy = await startTestProxy(t, [backend.url])
  const { body, trailers } = await exchange(t, proxy.port, ['POST / HTTP/1.1', 'Host: a', 'TE: trailers', 'Trailer: X-Check', 'Transfer-Encoding: chunked'],
    '3\r\nabc\r\n0\r\nX-Check: 1\r\nX-Forwarded-For: 6.6.6.6\r\nHost: evil\r\n\r\n')
  t.equal(body, 'onetwo')
  t.same(trailers, ['X-Sum', '6', 'X-Two', 'b'])
  t.same(backend.last.trailers.filter((_, i) => i % 2 === 0), ['X-Check'])
})

t.test('HEAD, 204 and 304 have no body, whatever their Content-Length says, and the connection goes on', async t => {
  const backend = await startBackend(t, behaviours.ok({ headers: ['Content-Length', '1234'], body: '' }))
  const proxy = await startTestProxy(t, [backend.url])
  const client = await connect(t, proxy.port)
  client.request(['HEAD /a HTTP/1.1', 'Host: a'])
  t.equal((await client.response('HEAD')).header('content-length'), '1234')
  backend.behave(behaviours.notModified(1234))
  client.get('/b')
  const cached = await client.response()
  t.equal(cached.status, 304)
  t.equal(cached.header('content-length'), '1234')
  t.equal(cached.header('etag'), '"a"')
  backend.behave(behaviours.ok({ status: 204, reason: 'No Content' }))
  client.get('/c')
  const empty = await client.response()
  t.equal(empty.status, 204)
  t.equal(empty.header('content-length'), undefined)
  t.equal(empty.header('transfer-encoding'), undefined)
  backend.behave(behaviours.ok({ status: 205, reason: 'Reset Content', headers: ['Content-Length', '0'] }))
  t.equal((await client.get('/d').response()).status, 205)
  backend.behave('ok')
  t.equal((await client.get('/e').response()).body, 'ok')
  t.equal(client.received, '')
})

t.test('a chunked answer to HEAD', async t => {
  const backend = await startBackend(t, behaviours.ok({ headers: ['Transfer-Encoding', 'chunked'] }))
  const proxy = await startTestProxy(t, [backend.url])
  const client = (await connect(t, proxy.port)).request(['HEAD / HTTP/1.1', 'Host: a'])
  t.equal((await client.response('HEAD')).status, 200)
  backend.behave('ok')
  t.equal((await client.get('/').response()).body, 'ok')
})

t.test('response fields keep order, case, number and bytes; those of the hop stay behind', async t => {
  const backend = await startBackend(t, behaviours.ok({
    status: 299,
    reason: 'Odd',
    headers: ['X-B', '1', 'x-a', '2', 'Set-Cookie', 'a=1', 'X-b', '3', 'set-cookie', 'b=2', 'X-Obs', '\xe9', 'Connection', 'keep-alive, X-Hop', 'X-Hop', '1', 'Keep-Alive', 'timeout=5', 'Proxy-Authenticate', 'Basic', 'Upgrade', 'h2', 'Via', '1.1 inner'],
    body: 'ok'
  }))
  const proxy = await startTestProxy(t, [backend.url])
  const { status, head } = await get(t, proxy.port)
  t.equal(status, 299)
  const lines = head.split('\r\n').slice(1).filter(line => !/^(date|connection|keep-alive|content-length): /i.test(line))
  t.same(lines, ['X-B: 1', 'x-a: 2', 'Set-Cookie: a=1', 'X-b: 3', 'set-cookie: b=2', 'X-Obs: \xe9', 'Via: 1.1 inner', 'Via: 1.1 headrace'])
})

t.test('a Date of the target is not doubled, and one is there if it gave none', async t => {
  const backend = await startBackend(t, behaviours.ok({ headers: ['Date', 'Thu, 01 Jan 1970 00:00:00 GMT'], body: 'ok' }))
  const proxy = await startTestProxy(t, [backend.url])
  t.equal((await get(t, proxy.port)).header('date'), 'Thu, 01 Jan 1970 00:00:00 GMT')
})

t.test('an early answer to an upload under way: it arrives, and the connection is not taken for what it is not', async t => {
  const backend = await startBackend(t, behaviours.early({ status: 413, reason: 'Too Large', body: 'no', close: true }))
  const proxy = await startTestProxy(t, [backend.url])
  const client = (await connect(t, proxy.port)).request(['POST / HTTP/1.1', 'Host: a', 'Content-Length: 100000'], 'x'.repeat(1000))
  const { status, body } = await client.response('POST')
  t.equal(status, 413)
  t.equal(body, 'no')
  await proxy.untilInflight(0)
  backend.behave('ok')
  client.send('x'.repeat(99_000))
  if (!client.closed && client.ending === 'open') {
    client.get('/next')
    await client.until(() => client.closed || client.received.includes('\r\n\r\nok'))
  }
  t.equal(backend.requests.filter(({ url }) => url !== '/' && url !== '/next').length, 0)
})

t.test('pipelined requests are answered in order, each by its own answer', async t => {
  const backend = await startBackend(t, {
    onRequest: reply => {
      const [, number = ''] = /^\/(\d+)/.exec(reply.request.url) ?? []
      void reply.body().then(() => { setTimeout(() => { reply.answer({ body: `answer ${number}` }) }, 10 - Number(number)) })
    }
  })
  const proxy = await startTestProxy(t, [backend.url])
  const client = await connect(t, proxy.port)
  client.send(Array.from({ length: 8 }, (_, i) => i % 2 === 0
    ? `GET /${i} HTTP/1.1\r\nHost: a\r\n\r\n`
    : `POST /${i} HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc`).join(''))
  for (let i = 0; i < 8; i++) t.equal((await client.response()).body, `answer ${i}`)
})

t.test('after a request that is refused nothing of what was pipelined behind it is heard', async t => {
  const backend = await startBackend(t)
  const proxy = await startTestProxy(t, [backend.url])
  const client = await connect(t, proxy.port)
  client.send('GET /a HTTP/1.1\r\nHost: a\r\n\r\nGET /bad HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\nGET /c HTTP/1.1\r\nHost: a\r\n\r\n')
  const text = await client.end()
  t.same([...text.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => status), ['200', '400'])
  await proxy.untilInflight(0)
  t.same(backend.requests.map(({ url }) => url), ['/a'])
})

t.test('many downloads at once, some read slowly and some broken off: each client gets its own bytes', async t => {
  const size = 4 * MB
  const server = createServer((request, response) => {
    response.setHeader('content-length', size)
    response.end(Buffer.alloc(size, Number(request.url?.slice(1))))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.closeAllConnections(); server.close() })
  const { port } = server.address() as AddressInfo // It listens on TCP.
  const proxy = await startTestProxy(t, [`http://127.0.0.1:${port}`])
  const agent = new Agent({ keepAlive: true, maxSockets: 24 })
  t.teardown(() => { agent.destroy() })
  const wrong: string[] = []
  let whole = 0
  await Promise.all(Array.from({ length: 48 }, async (_, index) => {
    const request = httpGet({ port: proxy.port, path: `/${index}`, agent })
    const [response] = await once(request, 'response') as [IncomingMessage] // The event's one argument.
    let length = 0
    for await (const chunk of response as AsyncIterable<Buffer>) { // A response without an encoding gives Buffers.
      length += chunk.length
      if (!chunk.equals(Buffer.alloc(chunk.length, index))) wrong.push(`response ${index}`)
      // So slow that much of it has to wait in the proxy.
      if (index % 3 === 1 && length % 16 === 0) await delay(1)
      if (index % 5 === 2 && length > size / 2) break
    }
    if (length === size) whole++
    response.destroy()
  }))
  t.same(wrong, [])
  t.ok(whole >= 38, 'those that were not broken off are whole')
})
