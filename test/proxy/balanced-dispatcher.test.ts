import { once } from 'node:events'
import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import t from 'tap'
import * as undici from 'undici'
import { BalancedDispatcher } from '../../src/proxy/balanced-dispatcher.js'
import { VirtualClock } from '../../src/base/virtual-clock.js'
import { behaviours, startBackend } from '../fixtures/backend.js'
import { closedPort } from '../fixtures/closed-port.js'
import { withTransports } from '../fixtures/upstream.js'

const ORIGIN = 'http://pool.invalid'

// Node's types know `dispatcher` only as that of the undici inside Node; it takes ours all the same.
type Fetch = (url: string, init: object) => Promise<Response>
const fetches = { 'the fetch of Node': fetch as Fetch, 'the fetch of undici': undici.fetch as unknown as Fetch }

withTransports(t, 'request spreads over the targets and takes the answer as it is', async (t, made) => {
  const answer = { status: 201, headers: ['X-A', '1', 'x-a', '2', 'Set-Cookie', 'a=1', 'Set-Cookie', 'b=2'], body: 'hello' }
  const backends = [await startBackend(t, behaviours.ok(answer)), await startBackend(t, behaviours.ok(answer))]
  const upstream = made.upstream(backends.map(backend => backend.url))
  const dispatcher = made.dispatcher(upstream)
  for (let i = 0; i < 4; i++) {
    const response = await undici.request(`${ORIGIN}/a/b?c=d%20e`, { dispatcher, headers: { 'X-Case': 'kept', 'x-none': undefined } })
    t.equal(response.statusCode, 201)
    t.match(response.headers, { 'x-a': ['1', '2'], 'set-cookie': ['a=1', 'b=2'] })
    t.equal(await response.body.text(), 'hello')
  }
  t.strictSame(backends.map(backend => backend.requests.length), [2, 2])
  for (const backend of backends) {
    t.equal(backend.last.url, '/a/b?c=d%20e')
    t.strictSame(backend.last.values('host'), [new URL(backend.url).host], 'each target is called by its own name')
    t.ok(backend.last.rawHeaders.includes('X-Case'))
    t.notMatch(backend.last.head, /^(x-forwarded|via|forwarded|x-request-id|transfer-encoding)/im, 'a client adds nothing')
    t.equal(backend.connections.opened, 1, 'connections are kept')
  }
  t.same(upstream.outcomes, Array(4).fill({ kind: 'response', status: 201 }))
})

withTransports(t, 'a Host that is given is passed on, also to the next target', async (t, made) => {
  const backend = await startBackend(t)
  const upstream = made.upstream([`http://127.0.0.1:${await closedPort(t)}`, backend.url])
  const { body } = await made.dispatcher(upstream).request({ path: '/', method: 'GET', headers: ['host', 'shop.example'] })
  t.equal(await body.text(), 'ok')
  t.strictSame(backend.last.values('host'), ['shop.example'])
})

withTransports(t, 'bodies of every kind arrive', async (t, made) => {
  const backend = await startBackend(t, 'echo')
  const dispatcher = made.dispatcher(made.upstream([backend.url]))
  async function * pieces (): AsyncGenerator<unknown> {
    yield 'grün '
    yield Buffer.from('und ')
    yield new Uint8Array([98, 108, 97, 117])
  }
  const kinds: ReadonlyArray<readonly [unknown, string, string | undefined]> = [
    ['grün', 'grün', '5'],
    [Buffer.from('bytes'), 'bytes', '5'],
    [new Uint8Array([97, 98, 99, 100]).subarray(1, 3), 'bc', '2'],
    [Readable.from(['one', 'two']), 'onetwo', undefined],
    [pieces(), 'grün und blau', undefined],
    [['a', 'b'], 'ab', undefined],
    [new Blob(['blob']), 'blob', '4'],
    [new Blob(['blob']).stream(), 'blob', undefined],
    [new undici.Response('web').body, 'web', undefined]
  ]
  for (const [body, text, length] of kinds) {
    // The declared type of `body` is narrower than what undici takes.
    const response = await dispatcher.request({ path: '/', method: 'POST', body: body as string })
    t.equal(await response.body.text(), text)
    t.equal(backend.last.values('content-length')[0], length)
    t.strictSame(backend.last.values('transfer-encoding'), length === undefined ? ['chunked'] : [])
  }
  for (const body of [new FormData(), new undici.FormData()]) {
    body.append('field', 'value')
    // Either kind of FormData will do.
    const response = await dispatcher.request({ path: '/', method: 'POST', body: body as undici.FormData })
    t.match(await response.body.text(), /name="field"\r\n\r\nvalue\r\n/)
    t.match(backend.last.values('content-type')[0], /^multipart\/form-data; boundary=/)
  }
  const empty = await dispatcher.request({ path: '/', method: 'POST', body: Readable.from([]) })
  t.equal(await empty.body.text(), '')
})

withTransports(t, 'a stream with a length is sent with it, and must have it', async (t, made) => {
  const backend = await startBackend(t, 'echo')
  const upstream = made.upstream([backend.url])
  const dispatcher = made.dispatcher(upstream)
  const send = (text: string, length: number) => dispatcher.request({ path: '/', method: 'PUT', body: Readable.from([text]), headers: { 'content-length': String(length) } })
  t.equal(await (await send('four', 4)).body.text(), 'four')
  t.strictSame(backend.last.values('content-length'), ['4'])
  await t.rejects(send('too much', 4), { code: 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH' })
  await t.rejects(send('few', 4), { code: 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH' })
  await t.rejects(dispatcher.request({ path: '/', method: 'PUT', body: 'few', headers: { 'content-length': '4' } }), { code: 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH' })
  t.equal(backend.requests.filter(request => request.complete).length, 1)
  t.match(upstream.outcomes, [{ kind: 'response' }, { kind: 'cancelled' }, { kind: 'cancelled' }])
})

withTransports(t, 'HEAD, and a POST without a body', async (t, made) => {
  const backend = await startBackend(t, behaviours.ok({ headers: ['Content-Length', '7'], body: 'content' }))
  const dispatcher = made.dispatcher(made.upstream([backend.url]))
  const head = await dispatcher.request({ path: '/', method: 'HEAD' })
  t.equal(head.headers['content-length'], '7')
  t.equal(await head.body.text(), '')
  t.equal(await (await dispatcher.request({ path: '/', method: 'POST' })).body.text(), 'content')
  t.strictSame(backend.last.values('content-length'), ['0'])
})

withTransports(t, 'a body that breaks ends the request', async (t, made) => {
  const backend = await startBackend(t, 'hang')
  const upstream = made.upstream([backend.url])
  const dispatcher = made.dispatcher(upstream)
  async function * broken (): AsyncGenerator<string> {
    yield 'first'
    await backend.until(() => backend.requests.length === 1)
    throw new Error('the source is broken')
  }
  await t.rejects(dispatcher.request({ path: '/', method: 'POST', body: Readable.from(broken()) }), { message: 'the source is broken' })
  await backend.until(() => backend.last.aborted)
  t.match(upstream.outcomes, [{ kind: 'cancelled' }])
  const gone = new Readable({ read () {} })
  gone.destroy()
  await t.rejects(dispatcher.request({ path: '/', method: 'POST', body: gone }))
})

withTransports(t, 'stream and pipeline', async (t, made) => {
  const backend = await startBackend(t, 'echo')
  const dispatcher = made.dispatcher(made.upstream([backend.url]))
  let text = ''
  const sink = new Writable({ highWaterMark: 1, write (chunk, _encoding, done) { text += String(chunk); setImmediate(done) } })
  await dispatcher.stream({ path: '/', method: 'POST', body: 'streamed' }, () => sink)
  t.equal(text, 'streamed')
  const received: string[] = []
  await pipeline(
    Readable.from(['through ', 'the ', 'pipe']),
    dispatcher.pipeline({ path: '/', method: 'PUT' }, ({ body }) => body),
    async function * (source: AsyncIterable<Buffer>) {
      for await (const chunk of source) {
        received.push(String(chunk))
        yield chunk
      }
    },
    new Writable({ write (_chunk, _encoding, done) { done() } })
  )
  t.equal(received.join(''), 'through the pipe')
  await t.rejects(dispatcher.stream({ path: '/', method: 'POST', body: 'x' }, () => { throw new Error('no sink') }), { message: 'no sink' })
})

withTransports(t, 'upgrade hands the connection over, and the lease lasts as long', async (t, made) => {
  const backend = await startBackend(t, behaviours.upgrade('first'))
  const upstream = made.upstream([backend.url])
  const dispatcher = made.dispatcher(upstream)
  const { socket, headers } = await dispatcher.upgrade({ path: '/chat', protocol: 'echo' })
  t.equal(headers['x-tunnel'], 'yes')
  t.match(backend.last.values('upgrade'), ['echo'])
  t.equal(upstream.pool.inflight, 1)
  await dispatcher.close()
  t.equal(upstream.pool.inflight, 1, 'closing does not wait for it, and leaves it alone')
  socket.setEncoding('utf8')
  let text = ''
  for await (const chunk of socket.on('error', () => {})) {
    text += String(chunk)
    if (text === 'first') socket.write(' echo')
    if (text === 'first echo') break
  }
  t.equal(text, 'first echo')
  await upstream.untilIdle()
  t.match(upstream.outcomes, [{ kind: 'response', status: 101 }])
})

withTransports(t, 'an upgrade that is refused is an error', async (t, made) => {
  const backend = await startBackend(t, 'refuseUpgrade')
  await t.rejects(made.dispatcher(made.upstream([backend.url])).upgrade({ path: '/' }), { message: 'bad upgrade' })
})

for (const [name, run] of Object.entries(fetches)) {
  withTransports(t, name, async (t, made) => {
    const backend = await startBackend(t, 'echo')
    const upstream = made.upstream([backend.url])
    const dispatcher = made.dispatcher(upstream)
    const got = await run(`${ORIGIN}/a?b`, { dispatcher, headers: { 'x-a': '1' } })
    t.equal(got.status, 200)
    t.equal(got.statusText, 'OK')
    t.equal(await got.text(), '')
    t.strictSame(backend.last.values('host'), [new URL(backend.url).host])
    t.strictSame(backend.last.values('x-a'), ['1'])

    const posted = await run(`${ORIGIN}/`, { dispatcher, method: 'POST', body: JSON.stringify({ a: 1 }) })
    t.strictSame(await posted.json(), { a: 1 })
    t.strictSame(backend.last.values('content-length'), ['7'])

    const streamed = await run(`${ORIGIN}/`, { dispatcher, method: 'POST', body: new Blob(['web']).stream(), duplex: 'half' })
    t.equal(await streamed.text(), 'web')

    backend.behave(behaviours.ok({ headers: ['Set-Cookie', 'a=1', 'set-cookie', 'b=2', 'Location', '/'], status: 302, reason: 'Found' }))
    const redirected = await run(`${ORIGIN}/`, { dispatcher, redirect: 'manual' })
    t.strictSame(redirected.headers.getSetCookie(), ['a=1', 'b=2'])
    await redirected.text()

    backend.behave('stall')
    const cut = await run(`${ORIGIN}/`, { dispatcher })
    await cut.body?.cancel()
    await backend.until(() => backend.last.aborted)
    await upstream.untilIdle()

    backend.behave('hang')
    const giveUp = new AbortController()
    const hung = run(`${ORIGIN}/`, { dispatcher, signal: giveUp.signal })
    const { length } = backend.requests
    await backend.until(() => backend.requests.length > length)
    giveUp.abort()
    await t.rejects(hung, { name: 'AbortError' })
    await backend.until(() => backend.last.aborted)

    backend.behave('closeBeforeHead')
    await t.rejects(run(`${ORIGIN}/`, { dispatcher, method: 'POST' }), { cause: { code: 'UND_ERR_SOCKET', cause: { code: 'connection_terminated' } } })
  })
}

withTransports(t, 'giving up ends the request of the target, at any moment', async (t, made) => {
  const backend = await startBackend(t, 'hang')
  const upstream = made.upstream([backend.url])
  const dispatcher = made.dispatcher(upstream)
  await t.rejects(dispatcher.request({ path: '/', method: 'GET', signal: AbortSignal.abort() }), { name: 'AbortError' })
  t.equal(backend.requests.length, 0)

  const early = new AbortController()
  const connecting = dispatcher.request({ path: '/', method: 'GET', signal: early.signal })
  early.abort(new Error('changed my mind'))
  await t.rejects(connecting, { message: 'changed my mind' })
  await upstream.untilIdle()
  const { length } = backend.requests

  const waiting = new AbortController()
  const hung = dispatcher.request({ path: '/', method: 'GET', signal: waiting.signal })
  await backend.until(() => backend.requests.length > length)
  waiting.abort()
  await t.rejects(hung, { name: 'AbortError' })
  await backend.until(() => backend.last.aborted)

  const sending = new AbortController()
  const endless = new Readable({ read () { this.push('x') } })
  const upload = dispatcher.request({ path: '/', method: 'POST', body: endless, signal: sending.signal })
  await backend.until(() => backend.last.bodyLength > 0)
  sending.abort()
  await t.rejects(upload, { name: 'AbortError' })
  await backend.until(() => backend.last.aborted)
  t.ok(endless.destroyed, 'the body is let go of')

  backend.behave('stall')
  const { body } = await dispatcher.request({ path: '/', method: 'GET' })
  body.on('error', () => {}).destroy()
  await backend.until(() => backend.last.aborted)
  await upstream.untilIdle()
  t.ok(upstream.outcomes.every(({ kind }) => kind === 'cancelled'))
})

withTransports(t, 'who does not read holds the target up', async (t, made) => {
  const size = 64 * 1024 ** 2
  let sent = 0
  const backend = await startBackend(t, behaviours.download(size, bytes => { sent += bytes }))
  const dispatcher = made.dispatcher(made.upstream([backend.url]))
  const { body } = await dispatcher.request({ path: '/', method: 'GET' })
  await once(body, 'readable')
  let before = 0
  // As long as the sockets between take more, the backend goes on; then it stands still.
  for (let still = 0; still < 20;) {
    await new Promise(resolve => { setImmediate(resolve) })
    still = sent === before ? still + 1 : 0
    before = sent
  }
  t.ok(sent < size, 'not all of it has been sent')
  let received = 0
  for await (const chunk of body) received += (chunk as Buffer).length // bytes, for no encoding is set
  t.equal(received, size)
})

withTransports(t, 'a target that refuses is passed over; a body that is still whole goes to the next', async (t, made) => {
  const backend = await startBackend(t, 'echo')
  const upstream = made.upstream([`http://127.0.0.1:${await closedPort(t)}`, backend.url])
  const dispatcher = made.dispatcher(upstream)
  // The first and the third request begin with the closed port.
  for (const body of ['text', 'text', Readable.from(['text']), Readable.from(['text'])]) {
    const response = await dispatcher.request({ path: '/', method: 'POST', body })
    t.equal(await response.body.text(), 'text')
  }
  t.equal(backend.requests.length, 4)
})

withTransports(t, 'bytes can be sent again where the method allows it, a stream that was read cannot', async (t, made) => {
  const dying = await startBackend(t, { onRequest: reply => { void reply.body().then(() => { reply.end() }) } })
  const backend = await startBackend(t, 'echo')
  const dispatcher = made.dispatcher(made.upstream([dying.url, backend.url]))
  const send = (method: string, body: string | Readable) => dispatcher.request({ path: '/', method, body, reset: true })
  const long = 'x'.repeat(200_000)
  t.equal((await (await send('PUT', long)).body.text()).length, long.length)
  t.equal(dying.requests.length, 1)
  await t.rejects(send('POST', 'text'), { code: 'UND_ERR_SOCKET' })
  t.equal(dying.requests.length, 2)
  await (await send('PUT', 'text')).body.dump()
  await t.rejects(send('PUT', Readable.from(['text'])), { code: 'UND_ERR_SOCKET' })
  t.equal(dying.requests.length, 3)
})

withTransports(t, 'failures have the codes of undici, and say no address', async (t, made) => {
  const clock = new VirtualClock()
  const port = await closedPort(t)
  const request = (upstream: ReturnType<typeof made.upstream>, options = {}) => made.dispatcher(upstream, clock).request({ path: '/', method: 'GET', ...options })
  const refused = await request(made.upstream([`http://127.0.0.1:${port}`])).catch((error: unknown) => error)
  t.match(refused, { code: 'ECONNREFUSED', cause: { code: 'connection_refused' } })
  t.notMatch(String(refused), '127.0.0.1')

  const empty = made.upstream([])
  await t.rejects(request(empty), { code: 'ENOTFOUND', cause: { code: 'destination_unavailable' } })

  const backend = await startBackend(t, 'hang')
  const upstream = made.upstream([backend.url], { clock })
  const hung = t.rejects(request(upstream, { headersTimeout: 500 }), { code: 'UND_ERR_HEADERS_TIMEOUT', cause: { code: 'http_response_timeout' } })
  await backend.until(() => backend.requests.length === 1)
  clock.advance(600)
  await hung

  backend.behave('stall')
  const { body } = await request(upstream, { bodyTimeout: 500 })
  const stalled = t.rejects(body.text(), { code: 'UND_ERR_BODY_TIMEOUT' })
  clock.advance(600)
  await stalled

  backend.behave('garbage')
  await t.rejects(request(upstream), { code: 'UND_ERR_SOCKET', cause: { code: 'http_protocol_error' } })
  backend.behave('lyingLength')
  await t.rejects(request(upstream).then(response => response.body.text()), { code: 'UND_ERR_SOCKET', cause: { code: 'http_response_incomplete' } })
})

withTransports(t, 'an answer that comes before the end of the upload ends both', async (t, made) => {
  const backend = await startBackend(t, 'early')
  const dispatcher = made.dispatcher(made.upstream([backend.url]))
  const endless = new Readable({ read () { setImmediate(() => { if (!this.destroyed) this.push('x') }) } })
  const { statusCode, body } = await dispatcher.request({ path: '/', method: 'POST', body: endless })
  t.equal(statusCode, 413)
  await body.text().catch(() => {})
  t.ok(endless.destroyed)
})

withTransports(t, 'close waits for what is under way', async (t, made) => {
  let answer = (): void => {}
  const backend = await startBackend(t, behaviours.slow(new Promise(resolve => { answer = resolve })))
  const upstream = made.upstream([backend.url])
  const stops: boolean[] = []
  const dispatcher = new BalancedDispatcher(upstream, { stop: async force => { stops.push(force) } })
  const last = dispatcher.request({ path: '/', method: 'GET' }).then(({ body }) => body.text())
  const events: string[] = []
  const closed = dispatcher.close().then(() => { events.push('closed') })
  dispatcher.close(() => { events.push('called back') })
  t.ok(dispatcher.closed)
  t.notOk(dispatcher.destroyed)
  await t.rejects(dispatcher.request({ path: '/', method: 'GET' }), { code: 'UND_ERR_CLOSED' })
  await backend.until(() => backend.requests.length === 1)
  t.strictSame([events, stops], [[], []])
  answer()
  t.equal(await last, 'late')
  await closed
  await new Promise(resolve => { setImmediate(resolve) })
  t.strictSame([events.sort(), stops], [['called back', 'closed'], [false]])
  t.ok(dispatcher.destroyed)
  await t.rejects(dispatcher.request({ path: '/', method: 'GET' }), { code: 'UND_ERR_DESTROYED' })
  await dispatcher.destroy()
  t.strictSame(stops, [false], 'it is stopped once')
})

withTransports(t, 'destroy gives up what is under way', async (t, made) => {
  const backend = await startBackend(t, 'hang')
  const upstream = made.upstream([backend.url])
  const stops: boolean[] = []
  const dispatcher = new BalancedDispatcher(upstream, { stop: async force => { stops.push(force) } })
  const hung = t.rejects(dispatcher.request({ path: '/', method: 'GET' }), { message: 'enough' })
  await backend.until(() => backend.requests.length === 1)
  const closing = dispatcher.close()
  await dispatcher.destroy(new Error('enough'))
  await hung
  await closing
  await new Promise<void>(resolve => { dispatcher.destroy(resolve) })
  await new Promise<void>(resolve => { dispatcher.destroy(null, resolve) })
  t.strictSame(stops, [true])
  await backend.until(() => backend.last.aborted)
  const other = new BalancedDispatcher(upstream)
  await other.destroy()
  await t.rejects(other.close(), { code: 'UND_ERR_DESTROYED' })
  await t.rejects(new Promise<void>((resolve, reject) => { other.close(((error: Error | null) => { error === null ? resolve() : reject(error) }) as () => void) }), { code: 'UND_ERR_DESTROYED' })
})

withTransports(t, 'interceptors of undici compose with it', async (t, made) => {
  const backend = await startBackend(t, behaviours.ok({ status: 302, reason: 'Found', headers: ['Location', '/there'] }))
  const dispatcher = made.dispatcher(made.upstream([backend.url])).compose(undici.interceptors.redirect({ maxRedirections: 1 }))
  const { statusCode, body } = await dispatcher.request({ origin: ORIGIN, path: '/here', method: 'GET' })
  await body.dump()
  t.equal(statusCode, 302)
  t.strictSame(backend.requests.map(({ url }) => url), ['/here', '/there'])
})
