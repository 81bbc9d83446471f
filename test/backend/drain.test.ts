import { readFileSync } from 'node:fs'
import { once } from 'node:events'
import http2 from 'node:http2'
import net, { type AddressInfo } from 'node:net'
import tls from 'node:tls'
import Fastify from 'fastify'
import t from 'tap'
import { VirtualClock } from '../../src/base/virtual-clock.js'
import { backendPlugin } from '../../src/backend/plugin.js'
import { Client, connect, get } from '../fixtures/client.js'
import { FakeProcess } from './fake-process.js'
import { world } from './world.js'

const STOPPED = 'stopped accepting connections'

t.test('a signal: the health route says draining, every response has the field, and all are served', async t => {
  const { app, process, release } = await world(t)
  app.addHook('onRequest', async (request, reply) => { if (request.url === '/locked') await reply.code(401).send('no') })
  app.get('/raw', async (_request, reply) => {
    reply.hijack()
    reply.raw.writeHead(200, ['X-Own', '1']).end('raw')
  })
  const slow = app.inject('/slow')
  await app.inject('/')
  t.equal(app.headraceBackend.draining, false)
  t.ok(process.signal('SIGTERM'))
  t.equal(app.headraceBackend.draining, true)
  const health = await app.inject('/health')
  t.equal(health.statusCode, 503)
  t.match(health.json(), { status: 'draining', inflight: 1 })
  release()
  const answers = [health, await slow, ...await Promise.all(['/', '/nowhere', '/locked', '/raw'].map(url => app.inject(url)))]
  t.same(answers.map(({ statusCode }) => statusCode), [503, 200, 200, 404, 401, 200])
  for (const { headers, raw } of answers) t.equal(headers['headrace-backend'], 'draining', raw.req.url ?? '')
})

t.test('a hook that stood there before the plugin, and answers by itself, has the field too', async t => {
  const app = Fastify()
  const process = new FakeProcess()
  app.addHook('onRequest', async (_request, reply) => await reply.code(401).send('no'))
  await app.register(backendPlugin(new VirtualClock(), process))
  const port = Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port)
  t.teardown(() => app.close())
  process.signal('SIGTERM')
  const { status, header } = await get(t, port)
  t.equal(status, 401)
  t.equal(header('headrace-backend'), 'draining')
})

t.test('draining goes before failing, and asks nobody', async t => {
  let checks = 0
  const made = await world(t, { check: () => ++checks === 0 })
  t.same(await made.health(), { code: 503, status: 'failing' })
  made.process.signal('SIGTERM')
  t.same(await made.health(), { code: 503, status: 'draining' })
  t.equal(checks, 1)
})

t.test('nobody ever asked for health: it stops when no request has begun for a while', async t => {
  const made = await world(t)
  const { app, clock, process } = made
  await app.ready()
  clock.advance(5000)
  process.signal('SIGTERM')
  await clock.advanceAsync(900)
  await app.inject('/')
  await clock.advanceAsync(999)
  t.notOk(made.messages.includes(STOPPED))
  await clock.advanceAsync(1)
  t.ok(made.messages.includes(STOPPED))
})

t.test('somebody has asked for health before: it stops only after the draining answer', async t => {
  const made = await world(t)
  await made.health()
  made.process.signal('SIGTERM')
  await made.clock.advanceAsync(8000)
  t.notOk(made.messages.includes(STOPPED))
  t.match(await made.health(), { status: 'draining' })
  t.ok(made.messages.includes(STOPPED), 'and then at once, if it has been quiet')
})

t.test('questions about health are no traffic', async t => {
  const made = await world(t)
  await made.app.ready()
  t.ok(made.process.signal('SIGTERM'))
  for (let i = 0; i < 9; i++) {
    await made.health()
    await made.clock.advanceAsync(100)
  }
  t.notOk(made.messages.includes(STOPPED))
  await made.health()
  await made.clock.advanceAsync(100)
  t.ok(made.messages.includes(STOPPED))
})

t.test('traffic that does not end: it stops when the notice is over, and answers what still comes', async t => {
  const made = await world(t)
  const { app, clock, process } = made
  const client = await connect(t, await made.listen())
  process.signal('SIGTERM')
  for (let i = 0; i < 20; i++) {
    t.match(await client.get('/').response(), { status: 200 })
    t.notOk(made.messages.includes(STOPPED))
    await clock.advanceAsync(500)
  }
  t.ok(made.messages.includes(STOPPED))
  const last = await client.get('/').response()
  t.equal(last.status, 200, 'and no 503')
  t.equal(last.header('connection'), 'close')
  t.equal(last.header('headrace-backend'), 'draining')
  await client.end()
  t.equal(client.ending, 'end')
  await made.until(() => process.exits.length > 0)
  t.same(process.exits, [0])
  t.equal(app.server.listening, false)
  t.equal(clock.pending, 0)
})

t.test('what is under way is finished, then the app closes, then the process ends', async t => {
  const made = await world(t)
  const { app, clock, process } = made
  let closed = false
  app.addHook('onClose', async () => { closed = true })
  process.onExit = () => { t.ok(closed, 'hooks come before the end') }
  const client = (await connect(t, await made.listen())).get('/slow')
  await made.until(() => app.headraceBackend.inflight === 1)
  const left = app.headraceBackend.drain()
  t.equal(app.headraceBackend.drain(), left, 'once')
  await clock.advanceAsync(20_000)
  t.ok(made.messages.includes(STOPPED))
  t.notOk(closed)
  made.release()
  const response = await client.response()
  t.equal(response.body, 'late')
  t.equal(response.header('connection'), 'close')
  t.equal(response.header('headrace-backend'), 'draining')
  await left
  t.same(process.exits, [0])
  t.equal(process.signal('SIGTERM'), false, 'signals are left alone again')
})

t.test('idle connections are closed when each has rested, silent ones too', async t => {
  const made = await world(t, { quiet: '2s', notice: '1s' })
  const { clock, process } = made
  const port = await made.listen()
  const silent = await connect(t, port)
  const old = await connect(t, port)
  await old.get('/').response()
  process.signal('SIGTERM')
  await clock.advanceAsync(500)
  const young = await connect(t, port)
  await young.get('/').response()
  await clock.advanceAsync(500)
  t.ok(made.messages.includes(STOPPED))
  await clock.advanceAsync(1000)
  await Promise.all([silent.end(), old.end()])
  t.equal(young.closed, false)
  t.equal((await young.get('/').response()).status, 200, 'the younger one is still served')
  await young.end()
  for (const client of [silent, old, young]) t.equal(client.ending, 'end')
  await made.until(() => process.exits.length > 0)
})

t.test('a request that is half sent is waited for', async t => {
  const made = await world(t)
  const { app, clock, process } = made
  const accepted = once(app.server, 'connection')
  const client = await connect(t, await made.listen())
  await client.get('/').response()
  // The event's one argument.
  const [socket] = await accepted as [net.Socket]
  const before = socket.bytesRead
  client.send('GET /?half HTTP/1.1\r\n')
  while (socket.bytesRead === before) await new Promise(resolve => { setImmediate(resolve) })
  process.signal('SIGTERM')
  await clock.advanceAsync(20_000)
  t.ok(made.messages.includes(STOPPED))
  t.equal(client.closed, false)
  client.send('Host: a\r\n\r\n')
  t.equal((await client.response()).status, 200)
  await client.end()
  await made.until(() => process.exits.length > 0)
})

t.test('a response begun before is not broken off, and its connection rests before it closes', async t => {
  const made = await world(t)
  const { app, clock, process } = made
  let finish = (): void => {}
  app.get('/stream', async (_request, reply) => {
    reply.hijack()
    reply.raw.writeHead(200, { 'Content-Length': '4' })
    reply.raw.write('ab')
    finish = () => { reply.raw.end('cd') }
  })
  const client = (await connect(t, await made.listen())).get('/stream')
  await client.until(() => client.received.endsWith('ab'))
  process.signal('SIGTERM')
  await clock.advanceAsync(1000)
  t.ok(made.messages.includes(STOPPED))
  await clock.advanceAsync(10_000)
  finish()
  t.equal((await client.response()).body, 'abcd')
  await made.until(() => app.headraceBackend.inflight === 0)
  await clock.advanceAsync(999)
  t.equal(client.closed, false)
  await clock.advanceAsync(1001)
  await client.end()
  t.equal(client.ending, 'end')
})

t.test('upgraded connections may live until the deadline', async t => {
  const made = await world(t, { timeout: '60s' })
  const { app, clock, process } = made
  app.server.on('upgrade', (_request, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n')
    socket.on('error', () => {}).pipe(socket)
  })
  const port = await made.listen()
  const upgrade = async (): Promise<Client> => {
    const client = (await connect(t, port)).get('/', 'Connection: Upgrade', 'Upgrade: echo')
    await client.response()
    return client
  }
  const [leaving, staying] = [await upgrade(), await upgrade()]
  process.signal('SIGTERM')
  await clock.advanceAsync(1000)
  t.ok(made.messages.includes(STOPPED))
  await clock.advanceAsync(59_999)
  for (const client of [leaving, staying]) {
    client.send('still here')
    await client.until(() => client.received === 'still here')
  }
  leaving.socket.end()
  await leaving.end()
  t.same(process.exits, [])
  await clock.advanceAsync(1)
  await staying.end()
  await made.until(() => process.exits.length > 0)
  t.same(process.exits, [0])
  t.equal(made.log.find(({ cut }) => cut !== undefined)?.['cut'], 1)
})

t.test('at the deadline what hangs is cut', async t => {
  const made = await world(t, { timeout: '5s' })
  const client = (await connect(t, await made.listen())).get('/slow')
  await made.until(() => made.app.headraceBackend.inflight === 1)
  made.process.signal('SIGTERM')
  await made.clock.advanceAsync(6000)
  t.equal(await client.end(), '')
  await made.until(() => made.process.exits.length > 0)
  t.same(made.process.exits, [0])
})

t.test('an answer that came before the whole request does not keep its connection from closing', async t => {
  const made = await world(t)
  made.app.addContentTypeParser('*', (_request, _payload, done) => { done(null) })
  made.app.post('/early', async () => 'enough')
  const client = (await connect(t, await made.listen())).request(['POST /early HTTP/1.1', 'Host: a', 'Content-Type: a/b', 'Content-Length: 10'], 'first')
  t.equal((await client.response('POST')).body, 'enough')
  client.send('final')
  await client.get('/').response()
  made.process.signal('SIGTERM')
  await made.clock.advanceAsync(2000)
  await client.end()
  await made.until(() => made.process.exits.length > 0)
})

t.test('a second signal ends the process at once', async t => {
  const made = await world(t, { signals: ['SIGTERM', 'SIGINT'] })
  const client = (await connect(t, await made.listen())).get('/slow')
  await made.until(() => made.app.headraceBackend.inflight === 1)
  void made.app.headraceBackend.drain()
  made.process.signal('SIGTERM')
  t.same(made.process.exits, [], 'the first one joins a drain that has begun')
  made.process.signal('SIGINT')
  t.same(made.process.exits, [1])
  client.leave()
  await made.clock.advanceAsync(20_000)
  await made.until(() => made.process.exits.length > 1)
})

t.test('signals that are not among the options, and signals before the app is ready, are left alone', async t => {
  const { app, process } = await world(t, { signals: ['SIGINT'] })
  t.equal(process.signal('SIGINT'), false)
  await app.ready()
  t.equal(process.signal('SIGTERM'), false)
  t.equal(app.headraceBackend.draining, false)
  await app.close()
  t.equal(process.signal('SIGINT'), false)
  t.ok(process.meters.every(({ stopped }) => stopped))
})

t.test('exit: false leaves the end to others', async t => {
  const made = await world(t, { exit: false })
  await made.listen()
  const left = made.app.headraceBackend.drain()
  await made.clock.advanceAsync(1000)
  await left
  t.same(made.process.exits, [])
})

t.test('a hook that fails on closing: exit code 1', async t => {
  const app = Fastify()
  const clock = new VirtualClock()
  const process = new FakeProcess()
  await app.register(backendPlugin(clock, process))
  app.addHook('onClose', async () => { throw new Error('the pool is stuck') })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const left = app.headraceBackend.drain()
  const failed = t.rejects(left, { message: 'the pool is stuck' })
  await clock.advanceAsync(1000)
  await failed
  t.same(process.exits, [1])
})

t.test('a hook that never ends: exit code 1 when its time is over', async t => {
  const made = await world(t, { timeout: '5s' })
  let end = (): void => {}
  made.app.addHook('onClose', () => new Promise<void>(resolve => { end = resolve }))
  await made.listen()
  made.process.signal('SIGTERM')
  await made.clock.advanceAsync(1000)
  await made.logged('drained')
  await made.clock.advanceAsync(5000)
  t.same(made.process.exits, [1])
  end()
})

t.test('an app that is closed by others, in the middle of a drain, is closed as ever', async t => {
  const made = await world(t)
  const client = (await connect(t, await made.listen())).get('/slow')
  await made.until(() => made.app.headraceBackend.inflight === 1)
  made.process.signal('SIGTERM')
  const closed = made.app.close()
  await made.clock.advanceAsync(500)
  t.equal(client.closed, false)
  made.release()
  const response = await client.response()
  t.equal(response.body, 'late')
  t.equal(response.header('connection'), 'close', 'with a connection that does not stay')
  await closed
  await made.until(() => made.process.exits.length > 0)
  t.same(made.process.exits, [0])
})

t.test('an app on "localhost", which may have two servers, drains both', async t => {
  const made = await world(t)
  const { app, clock, process } = made
  await app.listen({ port: 0 })
  const clients = await Promise.all(app.addresses().map(async bound => {
    // An app that listens on ports has such addresses.
    const { address, port } = bound as AddressInfo
    const socket = net.connect({ host: address, port, allowHalfOpen: true })
    await once(socket, 'connect')
    t.teardown(() => { socket.destroy() })
    return new Client(socket).get('/slow')
  }))
  await made.until(() => app.headraceBackend.inflight === clients.length)
  process.signal('SIGTERM')
  await clock.advanceAsync(1000)
  t.ok(made.messages.includes(STOPPED))
  t.same(process.exits, [])
  made.release()
  for (const client of clients) {
    const response = await client.response()
    t.equal(response.body, 'late')
    t.equal(response.header('connection'), 'close')
    client.socket.end()
  }
  await made.until(() => process.exits.length > 0)
  t.same(process.exits, [0])
})

const CERTIFICATE = {
  key: readFileSync(new URL('../fixtures/tls/server-key.pem', import.meta.url)),
  cert: readFileSync(new URL('../fixtures/tls/server.pem', import.meta.url))
}
const CA = readFileSync(new URL('../fixtures/tls/ca.pem', import.meta.url))

t.test('https: idle connections end in order, handshakes that never end do not hold it up', async t => {
  const made = await world(t, {}, { https: CERTIFICATE })
  const { clock, process } = made
  const port = await made.listen()
  const stuck = await connect(t, port)
  const socket = tls.connect({ port, host: '127.0.0.1', servername: 'localhost', ca: CA, checkServerIdentity: () => undefined })
  await once(socket, 'secureConnect')
  const client = new Client(socket)
  t.teardown(() => { socket.destroy() })
  t.equal((await client.get('/').response()).status, 200)
  process.signal('SIGTERM')
  await clock.advanceAsync(1000)
  t.ok(made.messages.includes(STOPPED))
  await clock.advanceAsync(1000)
  await client.end()
  t.equal(client.ending, 'end')
  await stuck.end()
  await made.until(() => process.exits.length > 0)
  t.same(process.exits, [0])
})

t.test('HTTP/2: sessions end when their streams have', async t => {
  const app = Fastify({ http2: true })
  const clock = new VirtualClock()
  const process = new FakeProcess()
  let release = (): void => {}
  app.get('/slow', async () => {
    await new Promise<void>(resolve => { release = resolve })
    return 'late'
  })
  await app.register(backendPlugin(clock, process))
  const session = http2.connect(await app.listen({ host: '127.0.0.1', port: 0 }))
  t.teardown(() => { session.destroy() })
  const stream = session.request({ ':path': '/slow' })
  let text = ''
  stream.setEncoding('utf8').on('data', (piece: string) => { text += piece })
  const goingAway = once(session, 'goaway')
  const head = once(stream, 'response')
  while (app.headraceBackend.inflight === 0) await new Promise(resolve => { setImmediate(resolve) })
  const left = app.headraceBackend.drain()
  await clock.advanceAsync(1000)
  await goingAway
  t.same(process.exits, [])
  release()
  const [headers] = await head as [Record<string, string>]
  t.equal(headers['headrace-backend'], 'draining')
  await once(stream, 'close')
  t.equal(text, 'late')
  await left
  t.same(process.exits, [0])
})
