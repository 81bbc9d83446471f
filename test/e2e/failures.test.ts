import net from 'node:net'
import { once } from 'node:events'
import type { Test } from 'tap'
import t from 'tap'
import { behaviours, startBackend, type Behaviour } from '../fixtures/backend.js'
import { connect, exchange, get, type ClientResponse } from '../fixtures/client.js'
import { closedPort } from '../fixtures/closed-port.js'
import { eventually, startTestProxy, untilStill, type LogLine } from '../fixtures/proxy.js'
import { failures } from '../../src/proxy/failure.js'
import type { FailureCode } from '../../src/base/errors.js'
import { failureProblem } from '../../src/proxy/problem.js'
import { VirtualClock } from '../../src/base/virtual-clock.js'

/** All that a failure owes to the client, and to the log. */
function checkFailure (t: Test, response: ClientResponse, line: LogLine, code: FailureCode, address: string): void {
  const meaning = failures[code]
  t.equal(response.status, meaning.status)
  t.equal(response.header('content-type'), 'application/problem+json')
  const { headers } = failureProblem(code, '')
  t.equal(response.header('proxy-status'), headers[headers.indexOf('Proxy-Status') + 1])
  t.equal(response.header('retry-after'), meaning.status === 503 ? '1' : undefined)
  t.equal(response.header('cache-control'), 'no-store')
  t.same(JSON.parse(response.body), { type: 'about:blank', title: meaning.title, status: meaning.status, code, requestId: 'id-1' })
  t.equal(response.header('x-request-id'), 'id-1')
  t.notMatch(response.head + response.body, /127\.0\.0\.1|localhost|\.sock|ECONN/, 'no address')
  t.notMatch(response.head + response.body, new URL(address).port || 'nothing')
  t.match(line, { level: 40, requestId: 'id-1', status: meaning.status, outcome: 'failure', error: code })
  t.match(line['reason'], /./)
  t.equal(line['target'], address === 'none:' ? null : address)
}

const ask = async (t: Test, port: number): Promise<ClientResponse> => await get(t, port, '/', 'X-Request-Id: id-1')

const byBehaviour: ReadonlyArray<readonly [string, Behaviour, FailureCode, object?]> = [
  ['resets before the head', behaviours.resetBeforeHead(), 'connection_terminated'],
  ['closes before the head', behaviours.closeBeforeHead(), 'connection_terminated'],
  ['resets within the head', behaviours.resetInHead(), 'connection_terminated'],
  ['never answers', behaviours.hang(), 'http_response_timeout', { timeouts: { responseHead: '50ms' } }],
  ['speaks no HTTP', behaviours.garbage(), 'http_protocol_error'],
  ['has too many fields', behaviours.bytes(`HTTP/1.1 200 OK\r\n${'X: 1\r\n'.repeat(50_000)}\r\n`), 'http_response_header_section_size'],
  ['has an unknown transfer coding', behaviours.bytes('HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, x\r\n\r\n'), 'http_response_transfer_coding'],
  ['is too slow for one attempt', behaviours.hang(), 'try_timeout', { retry: { attempts: 1, perTryTimeout: '50ms' } }],
  ['is too slow as a whole', behaviours.hang(), 'request_timeout', { timeouts: { request: '50ms' } }]
]

for (const [what, behaviour, code, route] of byBehaviour) {
  t.test(`a target that ${what}: ${code}`, async t => {
    const backend = await startBackend(t, behaviour)
    const proxy = await startTestProxy(t, [backend.url], { route: { retry: false, ...route } })
    checkFailure(t, await ask(t, proxy.port), await proxy.log.request(), code, backend.url)
    t.match(proxy.outcomes, failures[code].fault === 'target' ? [{ kind: 'failure', error: { code } }] : [{ kind: 'cancelled' }])
  })
}

t.test('a target that refuses connections: connection_refused', async t => {
  const url = `http://127.0.0.1:${await closedPort(t)}`
  const proxy = await startTestProxy(t, [url])
  checkFailure(t, await ask(t, proxy.port), await proxy.log.request(), 'connection_refused', url)
  t.match((await proxy.log.request())['reason'], new URL(url).port)
})

t.test('a Unix socket that is not there: connection_refused, and its path stays inside', async t => {
  const proxy = await startTestProxy(t, ['unix:/nowhere/at/all.sock'])
  const response = await ask(t, proxy.port)
  checkFailure(t, response, await proxy.log.request(), 'connection_refused', 'unix:/nowhere/at/all.sock')
  t.notMatch(response.body, 'nowhere')
})

t.test('a name that nobody knows: dns_error', async t => {
  const proxy = await startTestProxy(t, ['http://no-such-name.invalid:8080'], { config: { timeouts: { connect: '1m' } } })
  const response = await ask(t, proxy.port)
  checkFailure(t, response, await proxy.log.request(), 'dns_error', 'http://no-such-name.invalid:8080')
  t.notMatch(response.body, 'no-such-name')
})

t.test('a target that does not speak TLS, and one whose certificate nobody signed', async t => {
  const plain = await startBackend(t, behaviours.raw(socket => { socket.write('HTTP/1.1 400 Bad Request\r\n\r\n') }))
  const first = await startTestProxy(t, [plain.url.replace('http:', 'https:')])
  checkFailure(t, await ask(t, first.port), await first.log.request(), 'tls_protocol_error', plain.url.replace('http:', 'https:'))
  const unknown = await startBackend(t, 'ok', { tls: true })
  const second = await startTestProxy(t, [unknown.url])
  checkFailure(t, await ask(t, second.port), await second.log.request(), 'tls_certificate_error', unknown.url)
})

t.test('a target whose TLS handshake does not end: tls_timeout', async t => {
  const backend = await startBackend(t, behaviours.mute(), { tls: true })
  const proxy = await startTestProxy(t, [backend.url], { config: { timeouts: { tls: '50ms' } } })
  checkFailure(t, await ask(t, proxy.port), await proxy.log.request(), 'tls_timeout', backend.url)
})

t.test('every target weighs nothing: destination_unavailable', async t => {
  const backend = await startBackend(t)
  const proxy = await startTestProxy(t, [{ url: backend.url, weight: 0 }])
  checkFailure(t, await ask(t, proxy.port), await proxy.log.request(), 'destination_unavailable', 'none:')
  t.equal(backend.connections.opened, 0)
})

for (const [what, code, config, queue] of [
  ['nobody may wait', 'connection_limit_reached', { timeouts: { queue: '0s' } }, {}],
  ['there is no queue', 'connection_limit_reached', {}, { max: 0 }],
  ['it stays so', 'queue_timeout', { timeouts: { queue: '50ms' } }, {}]
] as const) {
  t.test(`every target is at its limit, and ${what}: ${code}`, async t => {
    const backend = await startBackend(t, 'hang')
    const proxy = await startTestProxy(t, [{ url: backend.url, maxConnections: 1 }], { config, pool: { queue } })
    const busy = (await connect(t, proxy.port)).get('/')
    await backend.until(() => backend.requests.length === 1)
    checkFailure(t, await ask(t, proxy.port), await proxy.log.request(), code, 'none:')
    busy.leave()
    await proxy.untilInflight(0)
    backend.behave('ok')
    t.equal((await ask(t, proxy.port)).status, 200)
  })
}

t.test('every target is at its limit, and the queue is full: queue_full', async t => {
  const backend = await startBackend(t, 'hang')
  const proxy = await startTestProxy(t, [{ url: backend.url, maxConnections: 1 }], { pool: { queue: { max: 1 } }, config: { timeouts: { queue: '1h' } } })
  const clients = [(await connect(t, proxy.port)).get('/')]
  await backend.until(() => backend.requests.length === 1)
  clients.push((await connect(t, proxy.port)).get('/'))
  await eventually(() => proxy.queued === 1)
  checkFailure(t, await ask(t, proxy.port), await proxy.log.request(), 'queue_full', 'none:')
  for (const client of clients) client.leave()
})

t.test('a target that stops reading the request: connection_write_timeout', async t => {
  const backend = await startBackend(t, { onRequest: reply => { reply.pause() } })
  const clock = new VirtualClock()
  const proxy = await startTestProxy(t, [backend.url], { clock, route: { timeouts: { idleBody: '100ms' } } })
  const client = (await connect(t, proxy.port)).request(['POST / HTTP/1.1', 'Host: a', 'X-Request-Id: id-1', 'Content-Length: 50000000'])
  client.send(Buffer.alloc(20_000_000))
  // Until everything in between is full: before that it could as well be the client that is late.
  await untilStill(() => client.socket.bytesWritten - client.socket.writableLength)
  clock.advance(200)
  checkFailure(t, await client.response(), await proxy.log.request(), 'connection_write_timeout', backend.url)
})

t.test('a client that stops sending its body: http_request_timeout, and no word about the target', async t => {
  const backend = await startBackend(t)
  const proxy = await startTestProxy(t, [backend.url], { route: { timeouts: { idleBody: '100ms' } } })
  const client = (await connect(t, proxy.port)).request(['POST / HTTP/1.1', 'Host: a', 'X-Request-Id: id-1', 'Content-Length: 50'], 'x')
  checkFailure(t, await client.response(), await proxy.log.request(), 'http_request_timeout', backend.url)
  t.match(proxy.outcomes, [{ kind: 'cancelled' }])
})

t.test('a request head that does not come in time is answered 408', async t => {
  const backend = await startBackend(t)
  const proxy = await startTestProxy(t, [backend.url], { config: { timeouts: { clientHeaders: '100ms' } } })
  const client = await connect(t, proxy.port)
  client.send('GET / HTTP/1.1\r\nHost: a\r\n')
  const { status, body } = await client.response()
  t.equal(status, 408)
  t.equal(JSON.parse(body).code, 'http_request_timeout')
  await client.end()
  t.equal(backend.requests.length, 0)
})

t.test('404, 405 and 400 name no address either', async t => {
  const backend = await startBackend(t)
  const proxy = await startTestProxy(t, [backend.url], { routes: [{ prefix: '/api', pool: 'main' }] })
  for (const [lines, status] of [
    [['GET / HTTP/1.1', 'Host: a'], 404], [['GET /apix HTTP/1.1', 'Host: a'], 404], [['TRACE /api HTTP/1.1', 'Host: a'], 405],
    [['GET /api HTTP/1.1'], 400], [['GET /api/../x HTTP/1.1', 'Host: a'], 400], [['GET / HTTP/1.1', 'Host: a', 'X\x01: 1'], 400], [['garbage'], 400]
  ] as const) {
    const response = await exchange(t, proxy.port, lines)
    t.equal(response.status, status, lines.join(' | '))
    t.equal(response.header('content-type'), 'application/problem+json')
    t.match(JSON.parse(response.body).code, /^[a-z_]+$/)
    t.notMatch(response.head + response.body, /127\.0\.0\.1|localhost|fastify/i)
  }
  t.equal(backend.requests.length, 0)
})

t.test('a response that breaks off is never taken for a whole one', async t => {
  const partial = 'x'.repeat(3000)
  const framings = {
    'Content-Length': `HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n${partial}`,
    chunked: `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${partial.length.toString(16)}\r\n${partial}\r\n`,
    'half a chunk': `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n${partial}`,
    'until close': `HTTP/1.1 200 OK\r\n\r\n${partial}`
  }
  for (const [framing, bytes] of Object.entries(framings)) {
    for (const end of ['reset', 'close'] as const) {
      // An ordinary close is the proper end of this one.
      if (framing === 'until close' && end === 'close') continue
      for (const version of ['1.1', '1.0']) {
        const backend = await startBackend(t, { onRequest: reply => { reply.write(bytes) } })
        const proxy = await startTestProxy(t, [backend.url])
        const client = (await connect(t, proxy.port)).request([`GET / HTTP/${version}`, 'Host: a'])
        await client.until(() => client.received.includes(partial))
        if (end === 'reset') backend.kill()
        else backend.endAll()
        const text = await client.end()
        const what = `${framing}, ${end}, HTTP/${version}`
        t.equal(client.ending, 'reset', what)
        t.notMatch(text, /\r\n0\r\n/, `${what}: no last chunk`)
        t.match(await proxy.log.request(), { status: 200, outcome: 'aborted', error: 'http_response_incomplete' }, what)
        t.match(proxy.outcomes, [{ kind: 'failure' }])
      }
    }
  }
})

t.test('a response body that stalls resets the client too', async t => {
  const backend = await startBackend(t, 'stall')
  const proxy = await startTestProxy(t, [backend.url], { route: { timeouts: { idleBody: '100ms' } } })
  const client = (await connect(t, proxy.port)).get('/')
  await client.end()
  t.equal(client.ending, 'reset')
  t.match(client.received, 'partial')
  t.match(await proxy.log.request(), { outcome: 'aborted', error: 'connection_read_timeout' })
})

t.test('a broken chunk in the middle of a response resets the client', async t => {
  const backend = await startBackend(t, behaviours.bytes('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n'))
  const proxy = await startTestProxy(t, [backend.url])
  const client = (await connect(t, proxy.port)).get('/')
  await client.end()
  t.equal(client.ending, 'reset')
  t.match(await proxy.log.request(), { outcome: 'aborted', error: 'http_response_transfer_coding' })
})

t.test('one line per request, with what an operator asks for', async t => {
  const backend = await startBackend(t, behaviours.ok({ body: 'hello' }))
  const dead = `http://127.0.0.1:${await closedPort(t)}`
  const proxy = await startTestProxy(t, [dead, backend.url], { pool: { strategy: 'round-robin' } })
  for (let i = 0; i < 4; i++) t.equal((await get(t, proxy.port, '/a?b')).status, 200)
  const lines = await proxy.log.wait('request', 4)
  for (const line of lines) {
    t.match(line, { method: 'GET', path: '/a?b', status: 200, bytes: 5, ms: Number, headMs: Number, pool: 'main', target: backend.url, outcome: 'response', requestId: String, client: '127.0.0.1' })
  }
  t.ok(lines.some(line => line['attempts'] === 2 && line['error'] === 'connection_refused'), 'a retry is seen')
  t.equal(proxy.log.named('request').length, 4)
})

t.test('the server answers a request after all sorts of refused ones', async t => {
  const backend = await startBackend(t)
  const proxy = await startTestProxy(t, [backend.url])
  for (const bytes of ['\0\0\0', '\x16\x03\x01\x02\x00\x01', 'GET', '\r\n\r\n\r\n', 'GET / HTTP/9.9\r\n\r\n', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'A'.repeat(100_000)]) {
    const socket = net.connect(proxy.port, '127.0.0.1')
    socket.on('error', () => {})
    socket.resume()
    socket.end(bytes)
    await once(socket, 'close')
  }
  t.equal((await get(t, proxy.port)).status, 200)
})
