import t from 'tap'
import { ResponseReader } from '../../../src/transport/http1/response-reader.js'
import { RecordingSink } from '../../fixtures/recording-sink.js'
import { wire } from './corpus.js'

const HEAD = 'HTTP/1.1 200 OK\nContent-Length: 4\n\n'

function begun (sink: RecordingSink, upgrade = false): ResponseReader {
  const reader = new ResponseReader(false)
  reader.begin('GET', upgrade, sink)
  return reader
}

t.test('a response in pieces reaches the sink', async t => {
  const sink = new RecordingSink()
  const reader = begun(sink)
  t.equal(reader.readChunk(wire('HTTP/1.1 103 \n\nHTTP/1.1 ')), true)
  t.equal(reader.headSeen, false)
  t.equal(sink.informationals.length, 1)
  t.equal(reader.readChunk(wire('200 OK\nContent-Length: 4\nKeep-Alive: timeout=9\n\na')), true)
  t.equal(reader.headSeen, true)
  reader.readChunk(wire('bcd'))
  t.equal(reader.state, 'ended')
  t.equal(sink.text, 'abcd')
  t.equal(reader.persistent, true)
  t.equal(reader.keepAlive, 9000)
})

t.test('what comes while the sink wants no more is held back, in order', async t => {
  const sink = new RecordingSink()
  const reader = begun(sink)
  sink.onData = () => false
  reader.readChunk(wire(`${HEAD}a`))
  t.equal(reader.paused, true)
  t.equal(reader.readChunk(wire('b')), false, 'nothing to act on')
  t.equal(reader.readChunk(wire('c')), false)
  t.equal(sink.text, 'a')
  sink.onData = () => true
  reader.resume()
  reader.readHeld()
  t.equal(sink.text, 'abc')
  t.equal(reader.state, 'body')
  reader.readChunk(wire('d'))
  t.equal(reader.state, 'ended')
})

t.test('bytes behind the end are kept apart, and spoil the connection', async t => {
  const sink = new RecordingSink()
  const reader = begun(sink)
  reader.readChunk(wire(`${HEAD}abcdHTTP`))
  t.equal(reader.state, 'ended')
  t.equal(reader.surplus.toString(), 'HTTP')
  t.equal(reader.persistent, false)
  reader.begin('GET', false, sink)
  t.equal(reader.surplus.length, 0)
  t.equal(reader.headSeen, false)
})

t.test('bytes behind a 101 are the first of the other protocol', async t => {
  const reader = begun(new RecordingSink(), true)
  reader.readChunk(wire('HTTP/1.1 101 \nConnection: upgrade\nUpgrade: x\n\nframes'))
  t.equal(reader.state, 'upgraded')
  t.equal(reader.surplus.toString(), 'frames')
  t.same(reader.trailers, ['Connection', 'upgrade', 'Upgrade', 'x'])
})

t.test('after stop, from within an event too, the sink hears nothing more', async t => {
  const sink = new RecordingSink()
  const reader = begun(sink)
  sink.onHead = () => { reader.stop() }
  reader.readChunk(wire(`${HEAD}abcdHTTP`))
  t.equal(reader.state, 'stopped')
  t.equal(sink.length, 0)
  t.equal(reader.surplus.length, 0)
})

t.test('what is read into the buffer that all share is copied out', async t => {
  const sink = new RecordingSink()
  const seen: Buffer[] = []
  sink.onData = chunk => { seen.push(chunk); return true }
  const reader = new ResponseReader(true)
  reader.begin('GET', false, sink)
  const lengths: number[] = []
  const options = reader.onread(length => { lengths.push(length) })
  if (options === null || typeof options.buffer !== 'function') throw new Error('a buffered reader offers a buffer')
  const bytes = wire(`${HEAD}abcd`)
  const buffer = options.buffer()
  buffer.set(bytes)
  t.equal(options.callback(bytes.length, buffer), true)
  t.same(lengths, [bytes.length])
  reader.readBuffer(bytes.length)
  buffer.fill(0)
  t.equal(seen[0]?.toString(), 'abcd')
  t.equal(new ResponseReader(false).onread(() => {}), null)
})
