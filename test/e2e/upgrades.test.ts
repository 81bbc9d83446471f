import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import fastifyPlugin from 'fastify-plugin'
import { WebSocket, WebSocketServer } from 'ws'
import t from 'tap'
import { behaviours, startBackend } from '../fixtures/backend.js'
import { connect, exchange } from '../fixtures/client.js'
import { closedPort } from '../fixtures/closed-port.js'
import { startTestProxy, untilStill } from '../fixtures/proxy.js'

interface Sockets {
  readonly url: string
  readonly requests: IncomingMessage[]
  readonly sockets: WebSocket[]
}

/** A WebSocket server that sends every message back, and chooses the last subprotocol offered. */
async function webSocketServer (t: Test): Promise<Sockets> {
  const http = createServer()
  const sockets: WebSocket[] = []
  const requests: IncomingMessage[] = []
  const server = new WebSocketServer({ server: http, handleProtocols: offered => [...offered].at(-1) ?? false })
  server.on('connection', (socket, request) => {
    sockets.push(socket)
    requests.push(request)
    socket.on('error', () => {})
    socket.on('message', (data, binary) => { socket.send(data, { binary }) })
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.terminate()
    http.closeAllConnections()
    http.close()
  })
  // A TCP server that listens has an AddressInfo.
  return { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`, requests, sockets }
}

async function open (t: Test, port: number, path = '/', protocols: string[] = []): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, protocols, { headers: { 'X-Extra': '1', Cookie: 'a=b' } })
  socket.on('error', () => {})
  t.teardown(() => { socket.terminate() })
  await once(socket, 'open')
  return socket
}

const UPGRADE = ['Connection: Upgrade', 'Upgrade: echo'] as const

t.test('WebSocket messages pass both ways, and everything of the handshake', async t => {
  const server = await webSocketServer(t)
  const proxy = await startTestProxy(t, [server.url])
  const socket = await open(t, proxy.port, '/chat?room=1', ['one', 'two', 'three'])
  t.equal(socket.protocol, 'three')
  t.match(server.requests[0], { url: '/chat?room=1', headers: { 'x-extra': '1', cookie: 'a=b', 'sec-websocket-protocol': 'one,two,three', 'x-forwarded-for': '127.0.0.1', via: '1.1 headrace' } })
  for (const message of ['hello', '', 'ü'.repeat(1000)]) {
    socket.send(message)
    const [data] = await once(socket, 'message')
    t.equal(String(data), message)
  }
  server.sockets[0]?.send('unasked')
  t.equal(String((await once(socket, 'message'))[0]), 'unasked')
  t.equal(proxy.inflight, 1, 'the lease lasts as long as the tunnel')
  socket.close(4001, 'bye')
  const [code, reason] = await once(socket, 'close')
  t.equal(code, 4001)
  t.equal(String(reason), 'bye')
  await proxy.untilInflight(0)
  t.match(await proxy.log.request(), { status: 101, outcome: 'tunnel', attempts: 1 })
})

t.test('a big message comes back whole', async t => {
  const server = await webSocketServer(t)
  const proxy = await startTestProxy(t, [server.url])
  const socket = await open(t, proxy.port)
  const message = Buffer.alloc(20 * 1024 ** 2, 'abcdefg')
  socket.send(message)
  const [data] = await once(socket, 'message')
  // Binary messages come as Buffers by default.
  t.ok(message.equals(data as Buffer))
  socket.close()
})

t.test('whoever does not read a tunnel holds the other side back', async t => {
  let taken = 0
  const total = 64 * 1024 ** 2
  const backend = await startBackend(t, {
    onRequest: reply => {
      reply.finish('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n')
      const piece = Buffer.alloc(64 * 1024)
      const pump = (): void => {
        while (taken < total) {
          taken += piece.length
          if (!reply.write(piece)) {
            reply.socket.once('drain', pump)
            return
          }
        }
      }
      pump()
    }
  })
  const proxy = await startTestProxy(t, [backend.url])
  const client = (await connect(t, proxy.port)).get('/', ...UPGRADE)
  await client.until(() => client.bytes > 0)
  client.countOnly().socket.pause()
  await untilStill(() => taken)
  t.ok(taken < total / 2, `${taken} bytes were taken`)
  client.socket.resume()
  await client.until(() => client.bytes > total)
  client.leave()
})

t.test('any protocol passes: bytes that come with the head on either side are not lost', async t => {
  const backend = await startBackend(t, behaviours.upgrade('first from the target'))
  const proxy = await startTestProxy(t, [backend.url])
  const client = await connect(t, proxy.port)
  client.send(`GET /x HTTP/1.1\r\nHost: a\r\n${UPGRADE.join('\r\n')}\r\n\r\nearly`)
  const { status, header } = await client.response()
  t.equal(status, 101)
  t.equal(header('upgrade'), 'echo')
  t.match(header('connection'), /upgrade/i)
  t.equal(header('x-tunnel'), 'yes')
  await client.until(() => client.received === 'first from the targetearly')
  client.send('\x00\xff')
  await client.until(() => client.received.endsWith('\x00\xff'))
  client.leave()
})

t.test('an end on one side is an end on the other, and the rest still comes', async t => {
  const backend = await startBackend(t, {
    onRequest: reply => {
      reply.finish('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n')
      reply.tunnel(bytes => { if (bytes.toString().endsWith('bye')) reply.end('and to you') })
    }
  })
  const proxy = await startTestProxy(t, [backend.url])
  const client = (await connect(t, proxy.port)).get('/', ...UPGRADE)
  await client.response()
  client.socket.end('bye')
  t.equal(await client.end(), 'and to you')
  t.equal(client.ending, 'end')
  await proxy.untilInflight(0)
})

t.test('a target that vanishes takes the client with it', async t => {
  const backend = await startBackend(t, behaviours.upgrade())
  const proxy = await startTestProxy(t, [backend.url])
  const client = (await connect(t, proxy.port)).get('/', ...UPGRADE)
  await client.response()
  backend.kill()
  await client.end()
  await proxy.untilInflight(0)
  t.match(await proxy.log.request(), { status: 101, outcome: 'tunnel' })
})

t.test('a tunnel on which nothing moves is closed', async t => {
  const backend = await startBackend(t, behaviours.upgrade())
  const proxy = await startTestProxy(t, [backend.url], { route: { timeouts: { tunnelIdle: '100ms' } } })
  const client = (await connect(t, proxy.port)).get('/', ...UPGRADE)
  await client.response()
  await client.end()
  await backend.until(() => backend.connections.open === 0)
  t.match(await proxy.log.request(), { status: 101, outcome: 'tunnel' })
})

t.test('a refusal by the target is passed on as it is, however long', async t => {
  for (const [status, reason] of [[401, 'Unauthorized'], [404, 'Not Found'], [426, 'Upgrade Required'], [200, 'OK']] as const) {
    const body = 'no'.repeat(1024 ** 2)
    const backend = await startBackend(t, behaviours.refuseUpgrade({ status, reason, body, headers: ['X-Why', 'because', ...(status === 426 ? ['Upgrade', 'echo'] : [])] }))
    const proxy = await startTestProxy(t, [backend.url])
    const response = await exchange(t, proxy.port, ['GET / HTTP/1.1', 'Host: a', ...UPGRADE])
    t.equal(response.status, status)
    t.equal(response.header('x-why'), 'because')
    t.equal(response.body, body)
    if (status === 426) t.equal(response.header('upgrade'), 'echo')
  }
})

t.test('a dead target is passed over before anything is said to the client', async t => {
  const dead = `http://127.0.0.1:${await closedPort(t)}`
  const server = await webSocketServer(t)
  const proxy = await startTestProxy(t, [dead, server.url], { pool: { strategy: 'round-robin' } })
  for (let i = 0; i < 4; i++) (await open(t, proxy.port)).close()
  t.equal(server.requests.length, 4)
})

t.test('without a target that works the answer is an error, not a 101', async t => {
  const dead = `http://127.0.0.1:${await closedPort(t)}`
  const refused = await startTestProxy(t, [dead])
  const response = await exchange(t, refused.port, ['GET / HTTP/1.1', 'Host: a', ...UPGRADE])
  t.equal(response.status, 502)
  t.equal(JSON.parse(response.body).code, 'connection_refused')
  t.equal(response.header('connection'), 'close')
  const none = await startTestProxy(t, [{ url: dead, weight: 0 }])
  t.equal((await exchange(t, none.port, ['GET / HTTP/1.1', 'Host: a', ...UPGRADE])).status, 503)
})

t.test('a 101 that nobody asked for, or to another protocol, is a failure', async t => {
  const backend = await startBackend(t, behaviours.bytes('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'))
  const proxy = await startTestProxy(t, [backend.url], { route: { retry: false } })
  t.equal((await exchange(t, proxy.port, ['GET / HTTP/1.1', 'Host: a'])).status, 502)
})

t.test('an offer of h2c with a body is served as the plain request that it is', async t => {
  const backend = await startBackend(t, 'echo')
  const proxy = await startTestProxy(t, [backend.url])
  for (const lines of [
    ['POST / HTTP/1.1', 'Host: a', 'Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA', 'Content-Length: 5'],
    ['POST / HTTP/1.1', 'Host: a', 'Connection: Upgrade', 'Upgrade: websocket', 'Content-Length: 5'],
    ['GET / HTTP/1.1', 'Host: a', 'Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: x', 'Content-Length: 5']
  ]) {
    const { status, body } = await exchange(t, proxy.port, lines, 'hello')
    t.equal(status, 200)
    t.equal(body, 'hello')
    t.same(backend.last.values('upgrade'), [])
    t.same(backend.last.values('http2-settings'), [])
    t.notMatch(backend.last.values('connection').join(), /upgrade/i)
  }
})

t.test('an Upgrade field that Connection does not list, or of HTTP/1.0, is no upgrade', async t => {
  const backend = await startBackend(t)
  const proxy = await startTestProxy(t, [backend.url])
  t.equal((await exchange(t, proxy.port, ['GET / HTTP/1.1', 'Host: a', 'Upgrade: echo'])).status, 200)
  t.same(backend.last.values('upgrade'), [])
  await exchange(t, proxy.port, ['GET / HTTP/1.0', 'Host: a', ...UPGRADE])
  t.same(backend.last.values('upgrade'), [], 'HTTP/1.0 knows no upgrade (RFC 9110, section 7.8)')
})

t.test('GHSA-7hrw-592w-9wh2: an upgrade cannot climb out of its prefix', async t => {
  const backend = await startBackend(t, behaviours.upgrade())
  const proxy = await startTestProxy(t, [backend.url], { routes: [{ prefix: '/public', pool: 'main', rewritePrefix: '/inner/public' }] })
  for (const path of ['/public/../admin', '/public/%2e%2e/admin', '/public/..%2fadmin', '/public/.%2e/.%2e/admin', '/public/..\\admin', '//public/../admin', 'http://a/public/../admin', '/public/x/../../admin']) {
    const { status } = await exchange(t, proxy.port, [`GET ${path} HTTP/1.1`, 'Host: a', ...UPGRADE])
    t.ok(status === 400 || status === 404, `${path}: ${status}`)
  }
  t.equal(backend.requests.length, 0)
  t.equal((await exchange(t, proxy.port, ['GET /public/x HTTP/1.1', 'Host: a', ...UPGRADE])).status, 101)
  t.equal(backend.last.url, '/inner/public/x')
})

t.test('a hook of the user can refuse an upgrade', async t => {
  const server = await webSocketServer(t)
  const auth = fastifyPlugin(async app => {
    app.addHook('onRequest', async (request, reply) => {
      if (request.headers['authorization'] !== 'let me in') await reply.code(401).send({ error: 'who are you?' })
    })
  })
  const proxy = await startTestProxy(t, [server.url], { extensions: { plugins: [auth] } })
  const refused = await exchange(t, proxy.port, ['GET / HTTP/1.1', 'Host: a', 'Connection: Upgrade', 'Upgrade: websocket'])
  t.equal(refused.status, 401)
  t.same(JSON.parse(refused.body), { error: 'who are you?' })
  t.equal(server.requests.length, 0)
  const socket = new WebSocket(`ws://127.0.0.1:${proxy.port}`, { headers: { authorization: 'let me in' } })
  await once(socket, 'open')
  socket.terminate()
})

t.test('an upgrade where no route is, and a method that does not upgrade', async t => {
  const backend = await startBackend(t)
  const proxy = await startTestProxy(t, [backend.url], { routes: [{ prefix: '/ws', pool: 'main' }] })
  t.equal((await exchange(t, proxy.port, ['GET /other HTTP/1.1', 'Host: a', ...UPGRADE])).status, 404)
  t.equal((await exchange(t, proxy.port, ['TRACE /ws HTTP/1.1', 'Host: a', ...UPGRADE])).status, 405)
  t.equal((await exchange(t, proxy.port, ['GET /ws HTTP/1.1', 'Host: a', 'Host: b', ...UPGRADE])).status, 400)
  t.equal(backend.requests.length, 0)
})

t.test('fifty tunnels at once, and none is counted afterwards', async t => {
  const server = await webSocketServer(t)
  const proxy = await startTestProxy(t, [server.url])
  const sockets = await Promise.all(Array.from({ length: 50 }, () => open(t, proxy.port)))
  t.equal(proxy.inflight, 50)
  for (const [i, socket] of sockets.entries()) {
    if (i % 3 === 0) socket.close()
    else if (i % 3 === 1) socket.terminate()
    else server.sockets[i]?.terminate()
  }
  for (const socket of server.sockets) socket.terminate()
  await proxy.untilInflight(0)
})

t.test('an upgrade that is pipelined behind a request harms nobody', async t => {
  let release = (): void => {}
  const backend = await startBackend(t, {
    onRequest: reply => {
      if (reply.request.values('upgrade').length > 0) behaviours.upgrade().onRequest?.(reply)
      else release = () => { reply.answer({ body: 'first' }) }
    }
  })
  const proxy = await startTestProxy(t, [backend.url])
  const client = await connect(t, proxy.port)
  client.send(`GET /slow HTTP/1.1\r\nHost: a\r\n\r\nGET /up HTTP/1.1\r\nHost: a\r\n${UPGRADE.join('\r\n')}\r\n\r\nearly`)
  await backend.until(() => backend.requests.some(({ url }) => url === '/slow'))
  release()
  t.match(await client.response(), { status: 200, body: 'first' })
  t.equal((await client.response()).status, 101)
  await client.until(() => client.received === 'early')
  client.leave()
})

t.test('a CONNECT that is pipelined behind a request does not get in before its answer', async t => {
  let release = (): void => {}
  const backend = await startBackend(t, { onRequest: reply => { release = () => { reply.answer({ body: 'first' }) } } })
  const proxy = await startTestProxy(t, [backend.url])
  const client = await connect(t, proxy.port)
  client.send('GET /slow HTTP/1.1\r\nHost: a\r\n\r\nCONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n')
  await backend.until(() => backend.requests.length === 1)
  release()
  t.match(await client.response(), { status: 200, body: 'first' })
  t.equal((await client.response()).status, 405)
  await client.end()
})

t.test('after a long answer to a request an upgrade behind it still gets its turn', async t => {
  const long = await startBackend(t, behaviours.ok({ body: 'x'.repeat(8 * 1024 ** 2) }))
  const other = await startBackend(t, behaviours.upgrade())
  const proxy = await startTestProxy(t, [], {
    config: { pools: { long: { targets: [long.url] }, other: { targets: [other.url] } } },
    routes: [{ prefix: '/long', pool: 'long' }, { prefix: '/other', pool: 'other' }]
  })
  const client = await connect(t, proxy.port)
  client.send(`GET /long HTTP/1.1\r\nHost: a\r\n\r\nGET /other HTTP/1.1\r\nHost: a\r\n${UPGRADE.join('\r\n')}\r\n\r\n`)
  t.equal((await client.response()).body.length, 8 * 1024 ** 2)
  t.equal((await client.response()).status, 101)
  client.leave()
})

t.test('behind an offer that is not taken no request is lost unnoticed: the connection closes', async t => {
  const backend = await startBackend(t)
  const proxy = await startTestProxy(t, [backend.url])
  const client = await connect(t, proxy.port)
  client.send('GET /a HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n')
  t.equal((await client.response()).header('connection'), 'close')
  await client.end()
  t.same(backend.requests.map(({ url }) => url), ['/a'])
})
