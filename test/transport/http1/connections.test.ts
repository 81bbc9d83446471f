import { once } from 'node:events'
import net from 'node:net'
import t, { type Test } from 'tap'
import { VirtualClock } from '../../../src/base/virtual-clock.js'
import { Http1Transport } from '../../../src/transport/http1/http1-transport.js'
import type { BodySource, Sending, TransportOptions } from '../../../src/transport/transport.js'
import { Target } from '../../../src/upstream/target.js'
import { portsOf, untilDelivered } from '../../base/kernel.js'
import { ManualBody } from '../../fixtures/bodies.js'
import { RecordingSink } from '../../fixtures/recording-sink.js'
import { Waiter } from '../../fixtures/waiter.js'

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

/** A server that answers only what a test writes. */
class Server {
  readonly sockets: net.Socket[] = []
  /** Every piece that came, with the number of its connection. */
  readonly pieces: Array<{ readonly connection: number, readonly text: string }> = []
  open = 0
  readonly #waiter = new Waiter()
  readonly #server = net.createServer(socket => { this.#accept(socket) })

  constructor (t: Test) {
    t.teardown(async () => {
      for (const socket of this.sockets) socket.destroy()
      this.#server.close()
      await once(this.#server, 'close')
    })
  }

  async listen (): Promise<Target> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    return new Target('pool', { url: `http://127.0.0.1:${address.port}` }, () => {})
  }

  until (condition: () => boolean): Promise<void> {
    return this.#waiter.until(condition)
  }

  socket (connection: number): net.Socket {
    const socket = this.sockets[connection]
    if (socket === undefined) throw new Error(`no connection ${connection}`)
    return socket
  }

  /** Waits for piece number `index` and answers it. @returns the number of its connection. */
  async answer (index: number, response = OK): Promise<number> {
    await this.until(() => this.pieces.length > index)
    const { connection } = this.pieces[index] ?? { connection: -1 }
    this.socket(connection).write(response)
    return connection
  }

  #accept (socket: net.Socket): void {
    const connection = this.sockets.push(socket) - 1
    this.open++
    socket.on('data', (bytes: Buffer) => {
      this.pieces.push({ connection, text: bytes.toString('latin1') })
      this.#waiter.changed()
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      this.open--
      this.#waiter.changed()
    })
    this.#waiter.changed()
  }
}

class Bench {
  readonly clock = new VirtualClock()
  readonly server: Server
  readonly transport: Http1Transport
  readonly target: Target
  readonly sinks: RecordingSink[] = []

  constructor (server: Server, target: Target, options: Partial<TransportOptions>) {
    this.server = server
    this.target = target
    this.transport = new Http1Transport({ connectTimeout: 10_000, ...options }, this.clock)
  }

  send (path: string, body: BodySource | null = null, upgrade: string | null = null, target = this.target): { sink: RecordingSink, sending: Sending } {
    const sink = new RecordingSink()
    this.sinks.push(sink)
    sink.sending = true
    const head = { method: body === null ? 'GET' : 'POST', path, headers: ['Host', 'a'], upgrade, freshConnection: false, timeouts: { responseHead: 60_000, idleBody: 60_000 } }
    const sending = this.transport.send(target, head, body, sink)
    sink.sending = false
    return { sink, sending }
  }

  /** Sends and answers. @returns the number of the connection. */
  async done (path: string, response = OK): Promise<number> {
    const index = this.server.pieces.length
    const { sink } = this.send(path)
    const connection = await this.server.answer(index, response)
    await sink.ended()
    return connection
  }
}

/** Runs a test with a server and a transport, and looks afterwards at what was left behind. */
function test (title: string, run: (t: Test, bench: Bench) => Promise<void>, options: Partial<TransportOptions> = {}): void {
  void t.test(title, async t => {
    const server = new Server(t)
    const bench = new Bench(server, await server.listen(), options)
    t.teardown(() => { bench.transport.close(true) })
    await run(t, bench)
    bench.transport.close(true)
    await server.until(() => server.open === 0)
    // The wheel's own timer stops at its next turn.
    bench.clock.advance(100)
    t.equal(bench.clock.pending, 0, 'no timer is left')
    t.match(bench.target.counts.connections, { open: 0, idle: 0 }, 'none is counted that is gone')
    t.same(bench.sinks.flatMap(sink => sink.violations), [])
  })
}

test('the connection that was used last is used next', async (t, bench) => {
  const { server } = bench
  const calls = ['/a', '/b', '/c'].map(path => bench.send(path))
  await server.until(() => server.pieces.length === 3)
  const order: number[] = []
  for (const path of ['/b', '/c', '/a']) {
    const index = server.pieces.findIndex(({ text }) => text.startsWith(`GET ${path} `))
    order.push(await server.answer(index))
    await calls[['/a', '/b', '/c'].indexOf(path)]?.sink.ended()
  }
  t.equal(await bench.done('/d'), order[2])
  t.equal(await bench.done('/e'), order[2])
  t.equal(server.sockets.length, 3)
})

test('head and first piece of a body leave in one piece, if they come in one tick', async (t, bench) => {
  await bench.done('/')
  const { sink } = bench.send('/known', new ManualBody(5, body => {
    process.nextTick(() => { body.data('hello'); body.end() })
  }))
  await bench.server.answer(1)
  await sink.ended()
  t.equal(bench.server.pieces[1]?.text, 'POST /known HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello')
  const second = bench.send('/unknown', new ManualBody(null, body => {
    process.nextTick(() => { body.data('hello'); body.end(['X-A', 'b']) })
  }))
  await bench.server.answer(2)
  await second.sink.ended()
  t.equal(bench.server.pieces[2]?.text, 'POST /unknown HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-A: b\r\n\r\n')
})

test('where a target has closed a rested connection, a POST gets a new one and leaves the kept one to a GET', async (t, bench) => {
  const { server, clock } = bench
  const first = await bench.done('/a')
  clock.advance(1000)
  server.socket(first).end()
  await server.until(() => server.open === 0)
  const second = await bench.done('/b')
  clock.advance(600)
  const post = bench.send('/c', new ManualBody(0, body => { body.end() }))
  const third = await server.answer(2)
  await post.sink.ended()
  t.not(third, second)
  t.equal(await bench.done('/d'), third, 'used last')
  t.equal(server.open, 2, 'the kept one is still there')
})

test('a request takes the connection that falls idle while its own is being made', async (t, bench) => {
  const first = bench.send('/first')
  await bench.server.until(() => bench.server.pieces.length === 1)
  // The sink's end comes with the connection idle; a new connection needs another turn of the loop at least.
  const second = bench.send('/second')
  const third = bench.send('/third')
  const used = await bench.server.answer(0)
  await first.sink.ended()
  await bench.server.until(() => bench.server.pieces.length === 3)
  await Promise.all([bench.server.answer(1), bench.server.answer(2)])
  await Promise.all([second.sink.ended(), third.sink.ended()])
  t.equal(used, 0)
  t.ok(bench.server.sockets.length <= 3)
  t.equal(bench.server.pieces[1]?.text.startsWith('GET /second'), true, 'in turn')
})

test('at the bound requests wait in turn, and who gives up loses its place', async (t, bench) => {
  const { server } = bench
  const calls = ['/a', '/b', '/c', '/d'].map(path => bench.send(path))
  await server.until(() => server.pieces.length === 1)
  const given = calls[1]
  if (given !== undefined) given.sink.aborted = true
  given?.sending.abort()
  for (let i = 0; i < 3; i++) await server.answer(i)
  for (const call of calls) if (call !== given) t.equal(await call.sink.ended(), 'end')
  t.same(server.pieces.map(({ text }) => text.slice(0, 6)), ['GET /a', 'GET /c', 'GET /d'])
  t.equal(server.sockets.length, 1)
}, { maxConnectionsPerTarget: 1 })

test('an upgrade at the bound takes the place of an idle connection, and keeps it until the tunnel is closed', async (t, bench) => {
  const { server } = bench
  await bench.done('/')
  const { sink } = bench.send('/tunnel', null, 'x')
  t.equal(await server.answer(1, 'HTTP/1.1 101 Go\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nfirst'), 1)
  t.equal(await sink.ended(), 'upgraded')
  t.equal(sink.tunnel?.first.toString(), 'first')
  await server.until(() => server.open === 1)
  const next = bench.send('/next')
  const connection = sink.tunnel?.connection
  t.same(['data', 'readable', 'drain', 'end'].map(event => connection?.listeners(event).filter(listener => !listener.name.startsWith('on')).length), [0, 0, 0, 0])
  connection?.destroy()
  t.equal(await server.answer(2), 2)
  t.equal(await next.sink.ended(), 'end')
}, { maxConnectionsPerTarget: 1 })

test('an idle connection is closed before a target of Node\'s default would', async (t, bench) => {
  await bench.done('/')
  bench.clock.advance(3990)
  t.equal(await bench.done('/'), 0)
  bench.clock.advance(3990)
  t.equal(await bench.done('/'), 0)
  bench.clock.advance(4100)
  await bench.server.until(() => bench.server.open === 0)
  t.equal(await bench.done('/'), 1)
})

test('an idle connection is closed a second before the target says it would', async (t, bench) => {
  await bench.done('/', 'HTTP/1.1 200 OK\r\nKeep-Alive: timeout=30\r\nContent-Length: 2\r\n\r\nok')
  bench.clock.advance(28_900)
  t.equal(await bench.done('/', 'HTTP/1.1 200 OK\r\nKeep-Alive: timeout=30\r\nContent-Length: 2\r\n\r\nok'), 0)
  bench.clock.advance(29_100)
  await bench.server.until(() => bench.server.open === 0)
})

test('a target that closes earlier is believed', async (t, bench) => {
  await bench.done('/')
  bench.clock.advance(1000)
  bench.server.socket(0).end()
  await bench.server.until(() => bench.server.open === 0)
  t.equal(await bench.done('/'), 1)
  bench.clock.advance(700)
  t.equal(await bench.done('/'), 1)
  bench.clock.advance(900)
  await bench.server.until(() => bench.server.open === 0)
})

test('a connection that rested is looked at before it is used: closed', async (t, bench) => {
  await bench.done('/')
  bench.clock.advance(100)
  const ports = portsOf(bench.server.socket(0))
  bench.server.socket(0).destroy()
  // The end is there, but nobody has read it.
  untilDelivered(ports)
  const { sink, sending } = bench.send('/post')
  t.equal(await bench.server.answer(1), 1)
  t.equal(await sink.ended(), 'end')
  t.equal(sending.reused, false)
})

test('a kept connection that ends in the very turn in which it is used: nothing was sent, not even of a POST', async (t, bench) => {
  for (const end of ['destroy', 'resetAndDestroy'] as const) {
    const before = bench.server.pieces.length
    const connection = await bench.done('/')
    // What is sent from here on is written after the next reading of sockets.
    await new Promise(resolve => { setImmediate(resolve) })
    const ports = portsOf(bench.server.socket(connection))
    bench.server.socket(connection)[end]()
    untilDelivered(ports)
    const body = new ManualBody(5)
    const { sink, sending } = bench.send('/post', body)
    t.equal(await sink.ended(), 'failed')
    t.equal(sink.error?.code, 'connection_terminated')
    t.equal(sink.sent, 'nothing')
    t.equal(sending.reused, true)
    t.equal(body.opened, 0, 'its body is whole')
    t.equal(bench.server.pieces.length, before + 1)
  }
})

test('a connection that does not stand in time, secured or not: connection_timeout', async (t, bench) => {
  const secured = new Target('pool', { url: bench.target.url.replace('http:', 'https:') }, () => {})
  for (const target of [bench.target, secured]) {
    const { sink } = bench.send('/', null, null, target)
    // The event loop has had no chance to finish it.
    bench.clock.advance(5000)
    t.equal(await sink.ended(), 'failed')
    t.equal(sink.error?.code, 'connection_timeout')
    t.equal(sink.sent, 'nothing')
  }
}, { connectTimeout: 1000 })

test('GHSA-35p6-xmwp-9g52: a connection that rested is looked at before it is used: bytes', async (t, bench) => {
  await bench.done('/')
  bench.clock.advance(100)
  bench.server.socket(0).write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil')
  untilDelivered(portsOf(bench.server.socket(0)))
  const { sink } = bench.send('/next')
  t.equal(await bench.server.answer(1), 1)
  t.equal(await sink.ended(), 'end')
  t.equal(sink.text, 'ok')
})

test('who gives up while a connection is looked at leaves it to the next', async (t, bench) => {
  await bench.done('/')
  bench.clock.advance(100)
  const { sink, sending } = bench.send('/given-up')
  sink.aborted = true
  sending.abort()
  for (let i = 0; i < 3; i++) await new Promise(resolve => { setImmediate(resolve) })
  t.equal(await bench.done('/next'), 0)
  t.same(bench.server.pieces.map(({ text }) => text.split(' ')[1]), ['/', '/next'])
})

test('closing by force while a connection is looked at', async (t, bench) => {
  await bench.done('/')
  bench.clock.advance(100)
  const { sink } = bench.send('/late')
  bench.transport.close(true)
  t.equal(await sink.ended(), 'failed')
  t.equal(sink.error?.code, 'draining')
  t.equal(sink.sent, 'nothing')
})

test('a response that ends while its reader waits: the end waits too, and the connection is used again', async (t, bench) => {
  const { sink, sending } = bench.send('/')
  sink.onData = () => false
  await bench.server.answer(0)
  await sink.until(() => sink.paused)
  t.equal(sink.ending, null)
  sink.paused = false
  sending.resume()
  t.equal(await sink.ended(), 'end')
  t.equal(await bench.done('/next'), 0)
  bench.server.socket(0).end()
  await bench.server.until(() => bench.server.open === 0)
})

test('the connection ends while the reader waits: what had come is delivered first', async (t, bench) => {
  const { sink, sending } = bench.send('/')
  sink.onData = () => sink.length > 1
  await bench.server.answer(0, 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n2\r\nbc\r\n')
  await sink.until(() => sink.paused)
  bench.server.socket(0).end()
  t.equal(sink.text, 'a')
  sink.paused = false
  sending.resume()
  t.equal(sink.text, 'abc')
  t.equal(await sink.ended(), 'failed')
  t.equal(sink.error?.code, 'http_response_incomplete')
})

test('an old handle does not touch the request that came after it', async (t, bench) => {
  const { sink, sending } = bench.send('/')
  await bench.server.answer(0)
  await sink.ended()
  const next = bench.send('/next')
  await bench.server.until(() => bench.server.pieces.length === 2)
  sending.resume()
  sending.abort()
  await bench.server.answer(1)
  t.equal(await next.sink.ended(), 'end')
  t.equal(next.sending.reused, true)
})

test('a long body is read into buffers of its own: nothing is overwritten later', async (t, bench) => {
  const size = 3 * 1024 ** 2
  const kept: Buffer[] = []
  const { sink } = bench.send('/')
  sink.onData = chunk => { kept.push(chunk); return true }
  const body = Buffer.from(Array.from({ length: size }, (_, i) => (i * 7 + (i >> 8)) & 0xff))
  await bench.server.until(() => bench.server.pieces.length === 1)
  bench.server.socket(0).write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`)
  bench.server.socket(0).write(body)
  t.equal(await sink.ended(), 'end')
  await bench.done('/after', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nxyz')
  t.ok(Buffer.concat(kept).equals(body))
})

test('listeners are attached once per connection', async (t, bench) => {
  const warnings: Error[] = []
  const warned = (warning: Error): void => { warnings.push(warning) }
  process.on('warning', warned)
  t.teardown(() => { process.off('warning', warned) })
  for (let i = 0; i < 30; i++) t.equal(await bench.done('/'), 0)
  const body = new ManualBody(null)
  const { sink } = bench.send('/', body)
  for (let i = 0; i < 30; i++) body.data('x')
  body.end()
  await bench.server.answer(30)
  await sink.ended()
  t.same(warnings, [])
})

test('connections are counted, and the bytes of request bodies', async (t, bench) => {
  const { server, clock, target: { counts } } = bench
  const { sink } = bench.send('/', new ManualBody(5, body => { body.data('hello'); body.end() }))
  t.match(counts.connections, { open: 0, idle: 0, opened: 0, reused: 0 }, 'not before it stands')
  clock.advance(4)
  await server.until(() => server.pieces.length > 0)
  t.match(counts.connections, { open: 1, idle: 0, opened: 1, reused: 0 })
  t.match(counts.connectTimes, { count: 1, sum: 4, max: 4 })
  await server.until(() => server.pieces.map(({ text }) => text).join('').endsWith('hello'))
  server.socket(0).write(OK)
  await sink.ended()
  t.equal(counts.bytesIn, 5)
  t.match(counts.connections, { open: 1, idle: 1 })
  await bench.done('/again')
  t.match(counts.connections, { open: 1, idle: 1, opened: 1, reused: 1 })
  const before = server.pieces.length
  const calls = ['/a', '/b'].map(path => bench.send(path))
  await server.until(() => server.pieces.length === before + 2)
  t.match(counts.connections, { open: 2, idle: 0 })
  for (const [i, { sink }] of calls.entries()) {
    await server.answer(before + i)
    await sink.ended()
  }
  t.match(counts.connections, { open: 2, idle: 2, opened: 2, reused: 2 })
})

test('a tunnel is a connection that stands until it is closed; one that cannot be made is none', async (t, bench) => {
  const { server, target } = bench
  const { sink } = bench.send('/', null, 'websocket')
  await server.answer(0, 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n')
  await sink.ended()
  t.match(target.counts.connections, { open: 1, idle: 0, opened: 1 })
  sink.tunnel?.connection.destroy()
  await server.until(() => server.open === 0)
  const nobody = new Target('pool', { url: 'unix:/nowhere/at/all.sock' }, () => {})
  const failed = bench.send('/', null, null, nobody)
  t.equal(await failed.sink.ended(), 'failed')
  t.match(nobody.counts.connections, { open: 0, opened: 0 })
})
