import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import fc from 'fast-check'
import t from 'tap'
import { TimerWheel } from '../../src/base/timer-wheel.js'
import { VirtualClock } from '../../src/base/virtual-clock.js'
import type { ProxyError } from '../../src/base/errors.js'
import { PreparedRules } from '../../src/proxy/header-rules.js'
import { IncomingBody, type BodyOptions } from '../../src/proxy/incoming-body.js'
import type { BodySink, RawHeaders } from '../../src/transport/transport.js'

const none = new PreparedRules({ set: [], remove: [] })

class Sink implements BodySink {
  text = ''
  trailers: RawHeaders | null = null
  error: ProxyError | null = null
  readonly onData: () => void
  constructor (onData: () => void = () => {}) { this.onData = onData }

  data (chunk: Buffer): void {
    if (this.trailers !== null) throw new Error('data after the end')
    this.text += chunk.toString('latin1')
    this.onData()
  }

  end (trailers: RawHeaders): void {
    if (this.trailers !== null) throw new Error('a second end')
    this.trailers = trailers
  }

  failed (error: ProxyError): void { this.error = error }
}

/** A request whose body a test feeds as the HTTP parser would. */
function message (headers: Readonly<Record<string, string>>): IncomingMessage {
  const message = new IncomingMessage(new Socket())
  message.rawHeaders = Object.entries(headers).flat()
  return message
}

const options: BodyOptions = { rules: none, keep: 0, rate: 0, wheel: new TimerWheel(new VirtualClock()) }

function bodyOf (message: IncomingMessage, more: Partial<BodyOptions> = {}): IncomingBody {
  const body = IncomingBody.of(message, { ...options, ...more })
  if (body === null) throw new Error('a body was announced')
  return body
}

function finish (message: IncomingMessage, trailers: string[] = []): void {
  message.complete = true
  message.rawTrailers = trailers
  message.push(null)
}

const settled = (): Promise<void> => new Promise(resolve => { setImmediate(resolve) })

t.test('the body that a message announces (RFC 9112, section 6.3)', async t => {
  t.equal(IncomingBody.of(message({}), options), null)
  t.equal(IncomingBody.of(message({ 'content-length': '0' }), options), null)
  t.equal(bodyOf(message({ 'content-length': '12' })).length, 12)
  t.equal(bodyOf(message({ 'transfer-encoding': 'chunked' })).length, null)
  t.equal(bodyOf(message({ 'transfer-encoding': 'gzip, chunked', 'content-length': '5' })).length, null)
})

t.test('nothing flows before it is opened; then all of it, with its trailers', async t => {
  const request = message({ 'transfer-encoding': 'chunked' })
  const body = bodyOf(request)
  request.push('ab')
  await settled()
  t.notOk(body.consumed)
  const sink = new Sink()
  body.open(sink)
  await settled()
  t.equal(sink.text, 'ab')
  t.ok(body.consumed)
  request.push('c')
  finish(request, ['X-Sum', '1', 'x-sum', '2'])
  await settled()
  t.equal(sink.text, 'abc')
  t.strictSame(sink.trailers, ['X-Sum', '1', 'x-sum', '2'])
})

t.test('trailers of the client: none that does harm, none that the proxy or the route vouches for', async t => {
  const request = message({ 'transfer-encoding': 'chunked' })
  const body = bodyOf(request, { rules: new PreparedRules({ set: [['X-User', 'nobody']], remove: ['x-secret'] }) })
  const sink = new Sink()
  body.open(sink)
  finish(request, ['X-Forwarded-For', '1.1.1.1', 'X_Real_IP', '1.1.1.1', 'Content-Length', '7', 'Host', 'evil', 'X-User', 'root', 'x_user', 'root', 'X-Secret', 'a', 'X-Sum', '1'])
  await settled()
  t.strictSame(sink.trailers, ['X-Sum', '1'])
})

t.test('pause holds the flow, resume lets it go', async t => {
  const request = message({ 'transfer-encoding': 'chunked' })
  const body = bodyOf(request)
  const sink: Sink = new Sink(() => { body.pause() })
  body.open(sink)
  request.push('a')
  request.push('b')
  finish(request)
  await settled()
  t.equal(sink.text, 'a')
  body.resume()
  await settled()
  t.equal(sink.text, 'ab')
  body.resume()
  await settled()
  t.ok(sink.trailers)
})

t.test('a body that nobody took yet stays whole from one attempt to the next, however late the next comes', async t => {
  const request = message({ 'transfer-encoding': 'chunked' })
  const body = bodyOf(request)
  const first = new Sink()
  body.open(first)
  body.close()
  // The client sends while there is no connection to a target.
  request.push('whole')
  await settled()
  t.notOk(body.consumed)
  const second = new Sink()
  body.open(second)
  await settled()
  t.equal(second.text, 'whole')
  finish(request, ['X-Sum', '1'])
  await settled()
  t.strictSame(second.trailers, ['X-Sum', '1'])
  t.equal(first.text, '')
  t.equal(first.trailers, null)
})

t.test('an empty body that has ended ends for the next attempt too', async t => {
  const request = message({ 'transfer-encoding': 'chunked' })
  const body = bodyOf(request)
  const first = new Sink()
  body.open(first)
  finish(request, ['X-Sum', '1'])
  await settled()
  t.ok(first.trailers)
  body.close()
  t.notOk(body.consumed)
  const second = new Sink()
  body.open(second)
  t.strictSame(second.trailers, ['X-Sum', '1'])
  t.equal(second.text, '')
})

t.test('an end that comes between two attempts is kept for the second', async t => {
  const request = message({ 'transfer-encoding': 'chunked' })
  const body = bodyOf(request)
  body.open(new Sink())
  body.close()
  finish(request)
  await settled()
  const second = new Sink()
  body.open(second)
  await settled()
  t.ok(second.trailers)
})

t.test('after the close nothing is delivered; after the exchange the rest is read and dropped', async t => {
  for (const taken of ['', 'a']) {
    const request = message({ 'content-length': '10' })
    const body = bodyOf(request)
    const sink = new Sink()
    body.open(sink)
    if (taken !== '') request.push(taken)
    await settled()
    body.close()
    body.close()
    body.resume()
    let ended = false
    request.on('end', () => { ended = true })
    request.push('bcd')
    finish(request)
    await settled()
    t.equal(sink.text, taken)
    t.equal(sink.trailers, null)
    t.ok(ended, 'a client that still sends gets to read its answer')
  }
})

t.test('a body that was never opened is read and dropped too', async t => {
  const request = message({ 'content-length': '3' })
  const body = bodyOf(request)
  request.push('abc')
  finish(request)
  body.close()
  body.resume()
  await settled()
  t.ok(request.readableEnded)
})

t.test('late calls are harmless', async t => {
  const request = message({ 'content-length': '3' })
  const body = bodyOf(request)
  const sink = new Sink()
  body.open(sink)
  request.push('abc')
  finish(request)
  await settled()
  body.pause()
  body.resume()
  body.close()
  body.resume()
  await settled()
  t.equal(sink.text, 'abc')
  t.ok(sink.trailers)
})

t.test('what is kept can be had again, from the beginning, with what came in between and what is still to come', async t => {
  const request = message({ 'transfer-encoding': 'chunked' })
  const body = bodyOf(request, { keep: 100 })
  const first = new Sink()
  body.open(first)
  request.push('one ')
  await settled()
  t.equal(first.text, 'one ')
  t.notOk(body.consumed)
  body.close()
  request.push('two ')
  await settled()
  t.equal(first.text, 'one ', 'nothing after the close')
  const second = new Sink()
  body.open(second)
  t.equal(second.text, 'one ', 'what is there comes at once')
  request.push('three')
  finish(request, ['X-Sum', '1'])
  await settled()
  t.equal(second.text, 'one two three')
  t.strictSame(second.trailers, ['X-Sum', '1'])
  const third = new Sink()
  body.open(third)
  t.equal(third.text, 'one two three')
  t.strictSame(third.trailers, ['X-Sum', '1'])
})

t.test('a byte more than is kept: the body is consumed', async t => {
  for (const [keep, consumed] of [[3, false], [2, true], [0, true]] as const) {
    const request = message({ 'transfer-encoding': 'chunked' })
    const body = bodyOf(request, { keep })
    body.open(new Sink())
    request.push('ab')
    request.push('c')
    await settled()
    t.equal(body.consumed, consumed, `${keep} kept`)
  }
})

t.test('a body that says it is longer than what is kept is not kept at all', async t => {
  for (const [length, consumed] of [['10', false], ['11', true]] as const) {
    const request = message({ 'content-length': length })
    const body = bodyOf(request, { keep: 10 })
    body.open(new Sink())
    request.push('a')
    await settled()
    t.equal(body.consumed, consumed, length)
  }
})

t.test('a sink that has enough while it is handed what was kept: pause holds what comes next, close ends it', async t => {
  const request = message({ 'transfer-encoding': 'chunked' })
  const body = bodyOf(request, { keep: 100 })
  body.open(new Sink())
  for (const text of ['a', 'b', 'c']) request.push(text)
  await settled()
  body.close()
  const paused: Sink = new Sink(() => { body.pause() })
  body.open(paused)
  t.equal(paused.text, 'abc', 'at most as much as is kept waits in the socket')
  request.push('d')
  await settled()
  t.equal(paused.text, 'abc', 'what is not there yet stays with the client')
  body.resume()
  await settled()
  t.equal(paused.text, 'abcd')
  body.close()
  const closing: Sink = new Sink(() => { if (closing.text.length === 2) body.close() })
  body.open(closing)
  t.equal(closing.text, 'ab')
  finish(request)
  await settled()
  t.equal(closing.trailers, null)
  const last = new Sink()
  body.open(last)
  await settled()
  t.equal(last.text, 'abcd')
  t.ok(last.trailers)
})

/** What happens to a body and to those who take it, one thing after the other. */
const acts = fc.array(fc.oneof(
  fc.record({ push: fc.string({ minLength: 1, maxLength: 4 }) }),
  fc.constantFrom('close', 'open', 'pause', 'resume', 'settle')
), { maxLength: 25 })

t.test('whatever is cut where: who takes the body last gets all of it, in order, with its trailers', async t => {
  let reopened = 0
  await fc.assert(fc.asyncProperty(acts, fc.boolean(), async (acts, endsEarly) => {
    const request = message({ 'transfer-encoding': 'chunked' })
    const body = bodyOf(request, { keep: 1000 })
    const sinks: Sink[] = []
    const open = (): void => {
      const sink = new Sink()
      sinks.push(sink)
      body.open(sink)
    }
    let sent = ''
    let isOpen = false
    for (const act of acts) {
      if (typeof act === 'object') {
        sent += act.push
        request.push(act.push, 'latin1')
      } else if (act === 'open') {
        if (!isOpen) open()
        isOpen = true
      } else if (act === 'close') {
        body.close()
        isOpen = false
      } else if (act === 'pause' || act === 'resume') {
        if (isOpen) body[act]()
      } else {
        await settled()
      }
    }
    if (endsEarly) finish(request, ['X-Sum', '1'])
    await settled()
    body.close()
    open()
    if (!endsEarly) finish(request, ['X-Sum', '1'])
    for (let i = 0; i < 3; i++) await settled()
    if (sinks.length > 1) reopened++
    const last = sinks.pop()
    if (last?.text !== sent) throw new Error(`${JSON.stringify(last?.text)} instead of ${JSON.stringify(sent)}`)
    if (last.trailers?.length !== 2) throw new Error('no end')
    if (sinks.some(({ text }) => !sent.startsWith(text))) throw new Error('another sink got something else')
    if (body.consumed) throw new Error('it was not too much to be kept')
  }), { numRuns: 500, seed: 4 })
  t.ok(reopened > 100, `${reopened} bodies that were opened more than once`)
})

/** A body whose client must send 100 bytes a second. */
function paced (more: Partial<BodyOptions> = {}): { clock: VirtualClock, wheel: TimerWheel, request: IncomingMessage, body: IncomingBody, sink: Sink } {
  const clock = new VirtualClock()
  const wheel = new TimerWheel(clock)
  const request = message({ 'transfer-encoding': 'chunked' })
  return { clock, wheel, request, body: bodyOf(request, { rate: 100, wheel, ...more }), sink: new Sink() }
}

t.test('upload rate: a client that is too slow fails the body', async t => {
  const { clock, wheel, request, body, sink } = paced()
  body.open(sink)
  request.push('x'.repeat(500))
  await settled()
  clock.advance(5025)
  t.equal(sink.error, null, 'fast enough')
  request.push('x'.repeat(499))
  await settled()
  clock.advance(5025)
  t.match(sink.error, { code: 'upload_too_slow' })
  t.equal(wheel.size, 0)
})

t.test('upload rate: who is told to wait is not to blame, for as long as that lasts', async t => {
  const { clock, body, sink } = paced()
  body.open(sink)
  body.pause()
  clock.advance(60_000)
  t.equal(sink.error, null)
  body.resume()
  clock.advance(5025)
  t.equal(sink.error, null, 'nor in the window in which the wait ended')
  clock.advance(5025)
  t.match(sink.error, { code: 'upload_too_slow' })
})

t.test('upload rate: nothing is measured before the body is taken, between two attempts and after its end', async t => {
  const { clock, wheel, request, body, sink } = paced({ keep: 1000 })
  t.equal(wheel.size, 0)
  body.open(sink)
  t.equal(wheel.size, 1)
  body.close()
  t.equal(wheel.size, 0)
  clock.advance(20_000)
  const second = new Sink()
  body.open(second)
  t.equal(wheel.size, 1)
  request.push('short')
  finish(request)
  await settled()
  t.equal(wheel.size, 0)
  clock.advance(20_000)
  t.strictSame([sink.error, second.error], [null, null])
  const third = new Sink()
  body.open(third)
  t.equal(wheel.size, 0, 'all of it is there')
  t.equal(third.text, 'short')
})

t.test('upload rate: a wait of the attempt before is not one of the next', async t => {
  const { clock, body, sink } = paced({ keep: 1000 })
  body.open(sink)
  body.pause()
  body.close()
  const second = new Sink()
  body.open(second)
  clock.advance(5025)
  t.match(second.error, { code: 'upload_too_slow' })
})
