import { setTimeout } from 'node:timers/promises'
import fastifyPlugin from 'fastify-plugin'
import t from 'tap'
import { VirtualClock } from '../../src/base/virtual-clock.js'
import { behaviours, startBackend } from '../fixtures/backend.js'
import { connect, exchange, type Client } from '../fixtures/client.js'
import { closedPort } from '../fixtures/closed-port.js'
import { eventually, startTestProxy, untilStill } from '../fixtures/proxy.js'
import { serverSockets } from '../fixtures/server-sockets.js'

const MB = 1024 ** 2

/** Takes what has come after each pause of `pause` ms only, until it has all. */
async function readSlowly (client: Client, size: number, pause: number): Promise<void> {
  client.countOnly().socket.on('data', () => { client.socket.pause() })
  while (!client.closed && client.bytes < size) {
    await setTimeout(pause)
    client.socket.resume()
  }
}

const doors = { 'past Fastify': [], 'through hooks': [fastifyPlugin(async app => { app.addHook('onSend', async (_request, _reply, payload) => payload) })] }

for (const [door, plugins] of Object.entries(doors)) {
  t.test(`a client that stops reading is cut: client_stalled (${door})`, async t => {
    const backend = await startBackend(t, behaviours.download(64 * MB))
    // Only the limit on the client's connection is kept by the system's time: it is not the target that may be taken for late.
    const proxy = await startTestProxy(t, [backend.url], { clock: new VirtualClock(), route: { timeouts: { idleBody: '300ms' } }, extensions: { plugins } })
    const sockets = serverSockets(t, proxy.port)
    const client = (await connect(t, proxy.port)).countOnly()
    client.socket.once('data', () => { client.socket.pause() })
    client.get('/')
    t.match(await proxy.log.request(), { status: 200, outcome: 'aborted', error: 'client_stalled', reason: /300 ms/ })
    await eventually(() => sockets.length === 1 && sockets.every(({ destroyed }) => destroyed))
    await backend.until(() => backend.connections.open === 0)
    t.match(proxy.outcomes, [{ kind: 'cancelled' }], 'it says nothing about the target')
    client.socket.resume()
    await client.end()
    t.ok(client.bytes < 64 * MB, 'it cannot take what it has for the whole')
  })

  t.test(`a client that reads slowly but steadily gets all of it (${door})`, async t => {
    const size = 24 * MB
    const backend = await startBackend(t, behaviours.download(size))
    // All in all it takes longer than this.
    const proxy = await startTestProxy(t, [backend.url], { clock: new VirtualClock(), route: { timeouts: { idleBody: '3s' } }, extensions: { plugins } })
    const client = (await connect(t, proxy.port)).get('/', 'Connection: close')
    await readSlowly(client, size, 10)
    await client.end()
    t.ok(client.bytes > size)
    t.equal(client.ending, 'end')
    t.match(await proxy.log.request(), { status: 200, outcome: 'response', bytes: size })
  })
}

t.test('a client that stops reading whole answers is cut too, and no connection is left', async t => {
  const backend = await startBackend(t, behaviours.ok({ body: 'x'.repeat(8000) }))
  const proxy = await startTestProxy(t, [backend.url], { route: { timeouts: { idleBody: '300ms' } } })
  const sockets = serverSockets(t, proxy.port)
  const client = (await connect(t, proxy.port)).countOnly()
  client.socket.pause()
  // Each answer is handed over as a whole; together they are more than the systems' buffers hold.
  client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(4000))
  await eventually(() => sockets.length === 1 && sockets.every(({ closed }) => closed))
  const answered = backend.requests.length
  t.ok(answered > 0 && answered < 4000, `${answered} were answered before it was full`)
  // The proxy hears of the end a step later than the socket.
  await setTimeout(50)
  t.equal(proxy.running.cut(), 0)
  t.equal(proxy.log.named('request').filter(({ outcome }) => outcome === 'failure').length, 0)
})

t.test('the limit on a reader that stalled for a while is not one on the request behind it', async t => {
  const quick = behaviours.ok({ body: 'x'.repeat(8000) })
  const backend = await startBackend(t, { onRequest: reply => { if (reply.request.url === '/') quick.onRequest?.(reply) } })
  const proxy = await startTestProxy(t, [backend.url], { route: { timeouts: { idleBody: '3s' } } })
  const client = (await connect(t, proxy.port)).countOnly()
  client.socket.pause()
  client.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(2000) + 'GET /slow HTTP/1.1\r\nHost: a\r\n\r\n')
  // Until everything in between is full.
  await untilStill(() => backend.requests.length)
  client.socket.resume()
  await backend.until(() => backend.requests.at(-1)?.url === '/slow')
  // Longer than the limit: there is nothing that the client could read.
  await setTimeout(4000)
  t.notOk(client.closed)
  t.equal(proxy.inflight, 1)
  client.leave()
})

t.test('a client that sends its body too slowly: 408, and the connection is closed', async t => {
  const clock = new VirtualClock()
  const backend = await startBackend(t)
  const proxy = await startTestProxy(t, [backend.url], { clock, config: { limits: { uploadRate: '1kb' } } })
  const client = (await connect(t, proxy.port)).request(['POST / HTTP/1.1', 'Host: a', 'Content-Length: 100000'], 'x'.repeat(6000))
  await backend.until(() => backend.requests.length === 1 && backend.last.bodyLength === 6000)
  clock.advance(5050)
  client.send('x'.repeat(100))
  await backend.until(() => backend.last.bodyLength === 6100)
  t.equal(client.received, '', 'the first 5 s were fast enough')
  clock.advance(5050)
  const { status, body, header } = await client.response()
  t.equal(status, 408)
  t.equal(JSON.parse(body).code, 'upload_too_slow')
  t.equal(header('connection'), 'close')
  t.equal(header('proxy-status'), 'headrace; error=http_request_error')
  await client.end()
  await backend.until(() => backend.last.aborted)
  t.notOk(backend.last.complete, 'the target does not take it for whole')
  t.match(await proxy.log.request(), { status: 408, outcome: 'failure', error: 'upload_too_slow' })
  t.match(proxy.outcomes, [{ kind: 'cancelled' }])
})

t.test('a client that a slow target makes wait is not too slow', async t => {
  const clock = new VirtualClock()
  let go = (): void => {}
  const backend = await startBackend(t, behaviours.slowReader(new Promise(resolve => { go = resolve })))
  const proxy = await startTestProxy(t, [backend.url], { clock, config: { limits: { uploadRate: '1kb' } } })
  const client = (await connect(t, proxy.port)).request(['POST / HTTP/1.1', 'Host: a', `Content-Length: ${32 * MB}`])
  client.send(Buffer.alloc(32 * MB))
  await backend.until(() => backend.requests.length === 1)
  // Until everything in between is full.
  await untilStill(() => client.socket.bytesWritten - client.socket.writableLength)
  for (let i = 0; i < 4; i++) clock.advance(5050)
  go()
  t.equal((await client.response('POST')).status, 200)
})

t.test('a request whose whole time is up while it is tried again', async t => {
  const proxy = await startTestProxy(t, [`http://127.0.0.1:${await closedPort(t)}`], { route: { retry: { tryFor: '1h' }, timeouts: { request: '400ms' } } })
  const { status, body } = await exchange(t, proxy.port, ['GET / HTTP/1.1', 'Host: a'])
  t.equal(status, 504)
  t.equal(JSON.parse(body).code, 'request_timeout')
  t.match(await proxy.log.request(), { outcome: 'failure', error: 'request_timeout' })
})

t.test('a tunnel on which nothing moves is closed: no failure', async t => {
  const backend = await startBackend(t, behaviours.upgrade())
  const proxy = await startTestProxy(t, [backend.url], { route: { timeouts: { tunnelIdle: '100ms' } } })
  const client = (await connect(t, proxy.port)).get('/', 'Connection: Upgrade', 'Upgrade: echo')
  t.equal((await client.response()).status, 101)
  await client.end()
  const line = await proxy.log.request()
  t.match(line, { status: 101, outcome: 'tunnel' })
  t.notOk('error' in line)
  await backend.until(() => backend.connections.open === 0)
})

t.test('a target that never asks for the body of Expect: 100-continue is late, not the client: another one is tried', async t => {
  const [hung, well] = [await startBackend(t, 'hang'), await startBackend(t, 'echo')]
  const retry = { perTryTimeout: '200ms', on: ['connect', 'reset', 'timeout'] }
  const clock = new VirtualClock()
  const proxy = await startTestProxy(t, [hung.url, well.url], { clock, route: { retry, timeouts: { idleBody: '20s' } } })
  const client = (await connect(t, proxy.port)).request(['PUT / HTTP/1.1', 'Host: a', 'Expect: 100-continue', 'Content-Length: 5'])
  await hung.until(() => hung.requests.length === 1)
  clock.advance(250)
  // The back-off.
  await untilStill(() => proxy.outcomes.length, 2)
  clock.advance(50)
  await well.until(() => well.requests.length === 1)
  client.send('hello')
  await eventually(() => client.received.includes('hello'))
  t.match(client.received, ' 200 ')
  t.match(await proxy.log.request(), { status: 200, attempts: 2, error: 'try_timeout' })
  t.match(proxy.outcomes, [{ kind: 'failure' }, { kind: 'response' }], 'it says something about the target')
})

t.test('a limit for the whole request that is shorter than the one for its head holds for both', async t => {
  const backend = await startBackend(t)
  const proxy = await startTestProxy(t, [backend.url], { config: { timeouts: { clientRequest: '5s' } } })
  t.equal((await exchange(t, proxy.port, ['GET / HTTP/1.1', 'Host: a'])).status, 200)
})
