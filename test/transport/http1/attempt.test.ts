import { Socket } from 'node:net'
import t from 'tap'
import { ProxyError } from '../../../src/base/errors.js'
import { Attempt, type AttemptCarrier } from '../../../src/transport/http1/attempt.js'
import type { BodySource, RequestHead } from '../../../src/transport/transport.js'
import { TargetCounts } from '../../../src/upstream/target-counts.js'
import { ManualBody } from '../../fixtures/bodies.js'
import { RecordingSink } from '../../fixtures/recording-sink.js'

const HEAD = 'POST / HTTP/1.1\r\n\r\n'

/** Writes down each write that would reach the kernel. */
class WritingSocket extends Socket {
  readonly writes: string[] = []

  override _write (chunk: Buffer | string, _encoding: BufferEncoding, done: () => void): void {
    this.writes.push(chunk.toString('latin1'))
    done()
  }

  override _writev (pieces: Array<{ chunk: Buffer | string, encoding: BufferEncoding }>, done: () => void): void {
    this.writes.push(pieces.map(({ chunk }) => chunk.toString('latin1')).join(''))
    done()
  }
}

class RecordingCarrier implements AttemptCarrier {
  dropped = (): void => { this.calls.push('dropped') }
  resumed = (): void => { this.calls.push('resumed') }
  broken = (error: ProxyError): void => { this.calls.push(`broken: ${error.code}`) }
  progressed = (): void => {}
  expired = (): void => {}
  readonly calls: string[] = []
}

/** Until the present turn of the event loop is over, and what that set off. */
function turnOver (): Promise<void> {
  return new Promise(resolve => { setImmediate(resolve) })
}

function begin (body: BodySource | null): { attempt: Attempt, socket: WritingSocket, carrier: RecordingCarrier, sink: RecordingSink } {
  const socket = new WritingSocket()
  const carrier = new RecordingCarrier()
  const sink = new RecordingSink()
  const head: RequestHead = { method: 'POST', path: '/', headers: [], upgrade: null, freshConnection: false, timeouts: { responseHead: 0, idleBody: 0 } }
  const attempt = new Attempt(head, HEAD, body, sink, carrier, new TargetCounts())
  attempt.sending = false
  attempt.start(socket)
  return { attempt, socket, carrier, sink }
}

t.test('a head without a body is one write, at the end of the turn', async t => {
  const { socket, attempt } = begin(null)
  t.same(socket.writes, [])
  t.equal(attempt.sent, 'nothing')
  await turnOver()
  t.same(socket.writes, [HEAD])
  t.equal(attempt.sent, 'all')
})

t.test('what is over before the end of the turn is not written', async t => {
  for (const end of [
    (attempt: Attempt) => { attempt.abort() },
    (attempt: Attempt) => { attempt.fail(new ProxyError('connection_terminated', 'closed')) }
  ]) {
    const body = new ManualBody(5)
    const { socket, attempt } = begin(body)
    end(attempt)
    await turnOver()
    t.same(socket.writes, [])
    t.equal(attempt.sent, 'nothing')
    t.equal(body.opened, 0)
  }
})

t.test('head and first piece are one write, if the piece comes within the tick', async t => {
  for (const [length, framed] of [[5, 'hello'], [null, '5\r\nhello\r\n']] as const) {
    const body = new ManualBody(length, body => { process.nextTick(() => { body.data('hello') }) })
    const { socket, attempt } = begin(body)
    await turnOver()
    t.equal(attempt.sent, 'partly')
    t.same(socket.writes, [HEAD + framed])
    body.end()
    t.equal(attempt.sent, 'all')
    await turnOver()
    t.same(socket.writes, length === null ? [HEAD + framed, '0\r\n\r\n'] : [HEAD + framed])
  }
})

t.test('the head leaves alone if no piece comes', async t => {
  const { socket } = begin(new ManualBody(5))
  await turnOver()
  t.same(socket.writes, [HEAD])
})

t.test('all of a short body is one write', async t => {
  const { socket } = begin(new ManualBody(null, body => {
    body.data('hello')
    body.end(['A', 'b'])
  }))
  await turnOver()
  t.same(socket.writes, [`${HEAD}5\r\nhello\r\n0\r\nA: b\r\n\r\n`])
})

t.test('a length that does not come true, and trailers that cannot be sent, break the request', async t => {
  for (const [length, act] of [
    [3, (body: ManualBody) => { body.data('hello') }],
    [9, (body: ManualBody) => { body.data('hello'); body.end() }],
    [null, (body: ManualBody) => { body.end(['A b', 'c']) }]
  ] as const) {
    const body = new ManualBody(length)
    const { attempt, carrier } = begin(body)
    await turnOver()
    act(body)
    t.same(carrier.calls, ['broken: http_request_error'])
    t.equal(attempt.sent, 'partly')
    t.equal(body.closed, true)
  }
})

t.test('a failing source breaks the request with its own error, and is not closed', async t => {
  const body = new ManualBody(5)
  const { carrier } = begin(body)
  await turnOver()
  body.failed(new ProxyError('client_closed', 'gone'))
  body.data('hello')
  t.same(carrier.calls, ['broken: client_closed'])
  t.equal(body.closed, false)
})

t.test('abort closes the source once and tells the carrier once', async t => {
  const body = new ManualBody(5)
  const { attempt, carrier, sink } = begin(body)
  await turnOver()
  sink.aborted = true
  attempt.abort()
  attempt.abort()
  attempt.resume()
  attempt.fail(new ProxyError('connection_terminated', 'late'))
  t.same(carrier.calls, ['dropped'])
  t.equal(body.closed, true)
  t.same(sink.violations, [])
})

t.test('a failure within send reaches the sink later, and not at all after an abort', async t => {
  for (const abort of [false, true]) {
    const { attempt, sink } = begin(null)
    attempt.sending = true
    sink.sending = true
    attempt.fail(new ProxyError('draining', 'closed'))
    sink.sending = false
    if (abort) attempt.abort()
    await turnOver()
    t.equal(sink.ending, abort ? null : 'failed')
    t.same(sink.violations, [])
  }
})
