import { once } from 'node:events'
import net from 'node:net'
import t, { type Test } from 'tap'
import { Connector } from '../../../src/transport/http1/connector.js'
import { ResponseReader } from '../../../src/transport/http1/response-reader.js'
import { Wire, type WireUser } from '../../../src/transport/http1/wire.js'
import { parseAddress } from '../../../src/upstream/address.js'
import { RecordingSink } from '../../fixtures/recording-sink.js'
import { Waiter } from '../../fixtures/waiter.js'

/** Writes down what it hears, and reads as a connection would. */
class RecordingUser implements WireUser {
  readonly heard: string[] = []
  readonly reader: ResponseReader
  readonly sink = new RecordingSink()
  readonly waiter = new Waiter()
  wire: Wire | null = null

  constructor (buffered: boolean) {
    this.reader = new ResponseReader(buffered)
    this.reader.begin('GET', !buffered, this.sink)
  }

  securing (): void { this.#hear('securing') }
  ready (): void { this.#hear('ready') }
  drained (): void { this.#hear('drained') }
  ended (): void { this.#hear(this.wire?.reset === true ? 'reset' : 'ended') }
  failed (): void { this.#hear('failed') }

  arrived (length: number): void {
    this.reader.readBuffer(length)
    this.#hear('arrived')
  }

  readable (): void {
    for (let chunk = this.wire?.read(); chunk !== null && chunk !== undefined; chunk = this.wire?.read()) this.reader.readChunk(chunk)
    this.#hear('readable')
  }

  until (what: string): Promise<void> {
    return this.waiter.until(() => this.heard.includes(what))
  }

  #hear (what: string): void {
    this.heard.push(what)
    this.waiter.changed()
  }
}

interface Ends {
  readonly user: RecordingUser
  readonly wire: Wire
  /** The target's end. */
  readonly peer: net.Socket
}

async function connect (t: Test, buffered = true): Promise<Ends> {
  const server = net.createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const accepted = once(server, 'connection') as Promise<[net.Socket]> // What a server's event of that name carries.
  const user = new RecordingUser(buffered)
  const wire = new Wire(new Connector(parseAddress(`http://127.0.0.1:${address.port}`), {}, null), user.reader, user)
  user.wire = wire
  const [peer] = await accepted
  peer.on('error', () => {})
  t.teardown(async () => {
    wire.socket.destroy()
    peer.destroy()
    server.close()
    await once(server, 'close')
  })
  await user.until('ready')
  return { user, wire, peer }
}

t.test('what comes goes into the reader\'s buffer, or is read as a stream where that has none', async t => {
  for (const buffered of [true, false]) {
    const { user, wire, peer } = await connect(t, buffered)
    t.equal(wire.streamed, !buffered)
    peer.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    await user.waiter.until(() => user.reader.state === 'ended')
    t.equal(user.sink.text, 'ok')
    t.ok(user.heard.includes(buffered ? 'arrived' : 'readable'))
    t.notOk(user.heard.includes(buffered ? 'readable' : 'arrived'))
  }
})

t.test('a wire that is paused is not read, and hears of the end afterwards', async t => {
  const { user, wire, peer } = await connect(t)
  wire.pause()
  t.ok(wire.socket.isPaused())
  peer.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
  wire.resume()
  await user.until('ended')
  t.equal(user.reader.state, 'ended')
  t.notOk(wire.reset)
})

t.test('one that is read as a stream is not paused: whoever reads it stops reading', async t => {
  const { wire } = await connect(t, false)
  const calls: string[] = []
  wire.socket.pause = () => { calls.push('pause'); return wire.socket }
  wire.socket.resume = () => { calls.push('resume'); return wire.socket }
  wire.pause()
  wire.resume()
  t.strictSame(calls, [])
})

t.test('says what is written and has not left, and when it has', async t => {
  const { user, wire, peer } = await connect(t)
  t.ok(wire.flushed)
  while (wire.socket.write(Buffer.alloc(65_536))) { /* Until the socket holds as much as it should. */ }
  t.notOk(wire.flushed)
  peer.resume()
  await user.until('drained')
  t.ok(wire.flushed)
})

t.test('a reset is told from an end', async t => {
  const { user, peer } = await connect(t)
  peer.resetAndDestroy()
  await user.waiter.until(() => user.heard.includes('failed') || user.heard.includes('reset'))
  t.notOk(user.heard.includes('ended'))
})

t.test('one that is released bears no listener of ours, and its user hears nothing more', async t => {
  const { user, wire, peer } = await connect(t, false)
  const socket = wire.release()
  t.equal(socket, wire.socket)
  const fresh = new net.Socket()
  for (const event of ['connect', 'drain', 'end', 'error', 'close', 'readable']) t.equal(socket.listenerCount(event), fresh.listenerCount(event), event)
  const heard = [...user.heard]
  socket.resume()
  peer.end('more')
  await once(socket, 'close')
  t.strictSame(user.heard, heard)
})
