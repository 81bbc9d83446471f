import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import t from 'tap'
import { PreparedRules } from '../../src/proxy/header-rules.js'
import { IncomingBody } from '../../src/proxy/incoming-body.js'
import type { BodySink, RawHeaders } from '../../src/transport/transport.js'

const none = new PreparedRules({ set: [], remove: [] })

class Sink implements BodySink {
  text = ''
  trailers: RawHeaders | null = null
  error: unknown = null
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

  failed (error: unknown): void { this.error = error }
}

/** A request whose body a test feeds as the HTTP parser would. */
function message (headers: Readonly<Record<string, string>>): IncomingMessage {
  const message = new IncomingMessage(new Socket())
  message.rawHeaders = Object.entries(headers).flat()
  return message
}

function bodyOf (message: IncomingMessage, rules = none): IncomingBody {
  const body = IncomingBody.of(message, rules)
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
  t.equal(IncomingBody.of(message({}), none), null)
  t.equal(IncomingBody.of(message({ 'content-length': '0' }), none), null)
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
  const body = bodyOf(request, new PreparedRules({ set: [['X-User', 'nobody']], remove: ['x-secret'] }))
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
