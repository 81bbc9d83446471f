import type { Test } from 'tap'
import t from 'tap'
import { behaviours, startBackend, type Backend } from '../fixtures/backend.js'
import { connect, get } from '../fixtures/client.js'
import { startTestProxy, type TestProxyOptions } from '../fixtures/proxy.js'

const POST = 'POST /first HTTP/1.1\r\nHost: a\r\n'
/** What an attacker would have the target take for a request of its own. */
const HIDDEN = 'GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n'

interface Sent {
  readonly backend: Backend
  readonly statuses: number[]
}

/** Sends bytes, and waits for the server to close the connection. */
async function send (t: Test, bytes: string, options: TestProxyOptions = {}): Promise<Sent> {
  const backend = await startBackend(t)
  const proxy = await startTestProxy(t, [backend.url], options)
  const client = await connect(t, proxy.port)
  client.send(bytes)
  await client.end()
  await proxy.untilInflight(0)
  const honest = await get(t, proxy.port, '/honest')
  t.equal(honest.status, 200, 'the next client is served')
  t.equal(honest.body, 'ok')
  return { backend, statuses: [...client.received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status)) }
}

const refused: Readonly<Record<string, string>> = {
  'CL + TE': `${POST}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${HIDDEN}`,
  'TE + CL': `${POST}Transfer-Encoding: chunked\r\nContent-Length: ${HIDDEN.length + 5}\r\n\r\n0\r\n\r\n${HIDDEN}`,
  'two different lengths': `${POST}Content-Length: 0\r\nContent-Length: ${HIDDEN.length}\r\n\r\n${HIDDEN}`,
  'two equal lengths': `${POST}Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc`,
  'a list of lengths': `${POST}Content-Length: 3, 3\r\n\r\nabc`,
  'Content-Length: +5': `${POST}Content-Length: +5\r\n\r\nhello`,
  'Content-Length: -5': `${POST}Content-Length: -5\r\n\r\nhello`,
  'Content-Length: 5 5': `${POST}Content-Length: 5 5\r\n\r\nhello`,
  'Content-Length: 0x5': `${POST}Content-Length: 0x5\r\n\r\nhello`,
  'Content-Length: 5.0': `${POST}Content-Length: 5.0\r\n\r\nhello`,
  'Content-Length: 1e1': `${POST}Content-Length: 1e1\r\n\r\nhellohello`,
  'Content-Length: empty': `${POST}Content-Length:\r\n\r\n${HIDDEN}`,
  'Content-Length beyond counting': `${POST}Content-Length: 99999999999999999999\r\n\r\nhello`,
  'Content-Length with a NUL': `${POST}Content-Length: 5\0\r\n\r\nhello`,
  'obs-fold': `${POST}X: a\r\n b\r\nContent-Length: 0\r\n\r\n`,
  'obs-fold of a length': `${POST}Content-Length:\r\n 5\r\n\r\nhello`,
  'obs-fold of TE': `${POST}Transfer-Encoding:\r\n chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n`,
  'a bare LF between fields': `${POST}X: a\nContent-Length: 5\r\n\r\nhello`,
  'a bare LF at the end': `${POST}Content-Length: 5\n\nhello`,
  'a bare CR in a value': `${POST}X: a\rTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\nhello`,
  'a space before the colon': `${POST}Content-Length : 5\r\n\r\nhello`,
  'a space before the colon of TE': `${POST}Transfer-Encoding : chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n`,
  'a tab before the colon': `${POST}Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n`,
  'a NUL in a name': `${POST}Content\0-Length: 5\r\n\r\nhello`,
  'a NUL in a value': `${POST}X: a\0b\r\nContent-Length: 0\r\n\r\n`,
  'a line without a colon': `${POST}nonsense\r\nContent-Length: 0\r\n\r\n`,
  'an empty name': `${POST}: x\r\nContent-Length: 0\r\n\r\n`,
  'a first field with a space before it': 'POST /first HTTP/1.1\r\n Host: a\r\nContent-Length: 0\r\n\r\n',
  'TE: xchunked': `${POST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${HIDDEN}`,
  'TE: chunked, identity': `${POST}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`,
  'TE: identity': `${POST}Transfer-Encoding: identity\r\n\r\n${HIDDEN}`,
  'TE: chunked, chunked': `${POST}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n`,
  'TE: two lines, the last not chunked': `${POST}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n`,
  'TE: two lines, both chunked': `${POST}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  'TE: gzip, chunked': `${POST}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
  'TE: "chunked"': `${POST}Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n`,
  'TE: chunked;x': `${POST}Transfer-Encoding: chunked;x=1\r\n\r\n0\r\n\r\n`,
  'TE: \\x0bchunked': `${POST}Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n`,
  'TE: chunked\\x00': `${POST}Transfer-Encoding: chunked\0\r\n\r\n0\r\n\r\n`,
  'TE alone in HTTP/1.0': 'POST /first HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
  'TE in HTTP/1.0': 'POST /first HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n',
  'chunk size 0x5': `${POST}Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n`,
  'chunk size "5 "': `${POST}Transfer-Encoding: chunked\r\n\r\n5 \r\nhello\r\n0\r\n\r\n`,
  'chunk size " 5"': `${POST}Transfer-Encoding: chunked\r\n\r\n 5\r\nhello\r\n0\r\n\r\n`,
  'chunk size -1': `${POST}Transfer-Encoding: chunked\r\n\r\n-1\r\nhello\r\n0\r\n\r\n`,
  'chunk size empty': `${POST}Transfer-Encoding: chunked\r\n\r\n\r\nhello\r\n0\r\n\r\n`,
  'chunk size beyond counting': `${POST}Transfer-Encoding: chunked\r\n\r\n10000000000000005\r\nhello\r\n0\r\n\r\n`,
  'chunk with an LF': `${POST}Transfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n`,
  'chunk longer than it says': `${POST}Transfer-Encoding: chunked\r\n\r\n3\r\nhello\r\n0\r\n\r\n`,
  'chunk with a lone LF at its end': `${POST}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\n0\r\n\r\n`,
  'a chunk extension with a CR': `${POST}Transfer-Encoding: chunked\r\n\r\n5;a\rb\r\nhello\r\n0\r\n\r\n`,
  'an endless chunk extension': `${POST}Transfer-Encoding: chunked\r\n\r\n5;${'x'.repeat(50_000)}\r\nhello\r\n0\r\n\r\n`,
  'a tab in the request line': 'GET\t/first HTTP/1.1\r\nHost: a\r\n\r\n',
  'a space in the target': 'GET /fir st HTTP/1.1\r\nHost: a\r\n\r\n',
  'a CR in the target': 'GET /fir\rst HTTP/1.1\r\nHost: a\r\n\r\n',
  'a version of four digits': 'GET /first HTTP/1.10\r\nHost: a\r\n\r\n',
  'an unknown method': 'GETS /first HTTP/1.1\r\nHost: a\r\n\r\n',
  'a lower-case method': 'get /first HTTP/1.1\r\nHost: a\r\n\r\n'
}

for (const [name, bytes] of Object.entries(refused)) {
  t.test(`refused: ${name}`, async t => {
    const { backend, statuses } = await send(t, bytes)
    t.equal(statuses.length, 1, 'one answer, and the connection is closed')
    for (const status of statuses) t.ok((status >= 400 && status < 500) || status === 501, String(status))
    // A head in good order with a bad body may have been passed on before the body was seen; never as a complete request.
    const seen = backend.requests.filter(({ url }) => url !== '/honest')
    t.ok(seen.length <= 1)
    for (const request of seen) t.notOk(request.complete, `${request.head}\n${request.body.toString()}`)
  })
}

/** Passed on, and the target cannot read it in another way: the head it must see, and the body. */
const passed: Readonly<Record<string, readonly [bytes: string, body: string, has: RegExp, hasNot: RegExp]>> = {
  'TE: a tab before chunked': [`${POST}Transfer-Encoding:\tchunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`, 'hello', /^Transfer-Encoding: chunked$/m, /content-length/i],
  'TE: CHUNKED': [`${POST}Transfer-Encoding: CHUNKED\r\n\r\n5\r\nhello\r\n0\r\n\r\n`, 'hello', /^Transfer-Encoding: chunked$/m, /content-length/i],
  'chunk extensions are not passed on': [`${POST}Transfer-Encoding: chunked\r\n\r\n5;a=b;c="d"\r\nhello\r\n0;e\r\n\r\n`, 'hello', /chunked/, /content-length/i],
  'chunk sizes with leading zeros': [`${POST}Transfer-Encoding: chunked\r\n\r\n0000005\r\nhello\r\n000\r\n\r\n`, 'hello', /chunked/, /content-length/i],
  'two spaces in the request line': ['POST  /first HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello', 'hello', /^POST \/first HTTP/, /transfer-encoding/i],
  'Connection: content-length': [`${POST}Connection: content-length\r\nContent-Length: 5\r\n\r\nhello`, 'hello', /^Content-Length: 5$/m, /transfer-encoding/i],
  'Connection: transfer-encoding': [`${POST}Connection: transfer-encoding\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`, 'hello', /chunked/, /content-length/i],
  'Connection: host': [`${POST}Connection: host\r\nContent-Length: 5\r\n\r\nhello`, 'hello', /^Host: a$/m, /transfer-encoding/i],
  'Upgrade with a body': [`${POST}Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 5\r\n\r\nhello`, 'hello', /Content-Length: 5/, /^upgrade/im],
  'field names that a backend may take for framing': [`${POST}Content_Length: 99\r\nTransfer_Encoding: chunked\r\nContent-Length: 5\r\n\r\nhello`, 'hello', /Content-Length: 5/, /^Transfer.Encoding: chunked/mi],
  'absolute form with another Host': ['POST http://b/first HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello', 'hello', /^POST \/first HTTP\/1\.1\r\nHost: b$/m, /^Host: a$/m],
  'empty lines before the request': [`\r\n\r\n${POST}Content-Length: 5\r\n\r\nhello`, 'hello', /^POST \/first/, /transfer-encoding/i],
  'a body that looks like a request': [`${POST}Content-Length: ${HIDDEN.length}\r\n\r\n${HIDDEN}`, HIDDEN, /^POST \/first/, /transfer-encoding/i],
  'a chunked body that looks like a request': [`${POST}Transfer-Encoding: chunked\r\n\r\n${HIDDEN.length.toString(16)}\r\n${HIDDEN}\r\n0\r\n\r\n`, HIDDEN, /^POST \/first/, /content-length/i]
}

for (const [name, [bytes, body, has, hasNot]] of Object.entries(passed)) {
  t.test(`passed on as one thing: ${name}`, async t => {
    const backend = await startBackend(t, 'echo')
    const proxy = await startTestProxy(t, [backend.url])
    const client = await connect(t, proxy.port)
    client.send(bytes)
    t.match(await client.response(), { status: 200, body })
    client.leave()
    t.equal(backend.requests.length, 1)
    t.equal(backend.last.body.toString('latin1'), body)
    t.match(backend.last.head, has)
    t.notMatch(backend.last.head, hasNot)
    t.ok(backend.last.complete)
  })
}

t.test('a length with leading zeros is passed on as the number that it is, or not at all', async t => {
  const backend = await startBackend(t, 'echo')
  const proxy = await startTestProxy(t, [backend.url])
  const client = await connect(t, proxy.port)
  client.send(`${POST}Content-Length: 0005\r\n\r\nhello${HIDDEN}`)
  const { status } = await client.response()
  t.ok(status === 200 || status === 400)
  for (const request of backend.requests) t.notMatch(request.head, '0005')
  client.leave()
})

t.test('what follows a request is the client\'s next request and nobody else\'s', async t => {
  const backend = await startBackend(t, 'echo')
  const proxy = await startTestProxy(t, [backend.url])
  const client = await connect(t, proxy.port)
  client.send(`${POST}Content-Length: 5\r\n\r\nhello${HIDDEN}`)
  t.equal((await client.response()).body, 'hello')
  t.equal((await client.response()).body, '')
  t.same(backend.requests.map(({ url }) => url), ['/first', '/hidden'])
  t.same(backend.last.values('x-forwarded-for'), ['127.0.0.1'], 'it went through the proxy, not past it')
})

t.test('garbage behind a request is not answered in its place', async t => {
  const backend = await startBackend(t, 'hang')
  const proxy = await startTestProxy(t, [backend.url])
  const client = await connect(t, proxy.port)
  client.send('GET /slow HTTP/1.1\r\nHost: a\r\n\r\n\0garbage\r\n\r\n')
  await client.end()
  t.equal(client.received, '')
})

t.test('fields that spoof others by underscores and dots', async t => {
  const backend = await startBackend(t)
  const proxy = await startTestProxy(t, [backend.url], { route: { headers: { request: { remove: ['x-user'], set: { 'x-edge': 'headrace' } } } } })
  await get(t, proxy.port, '/', 'X_User: root', 'X.User: root', 'X-User: root', 'X_Edge: spoof', 'X_Forwarded_Proto: https', 'X.Forwarded.Host: evil', 'Proxy_Authorization: x', 'X_Request_Id: evil', 'X_Real_IP: 6.6.6.6', 'X_Harmless: 1')
  t.notMatch(backend.last.head, /root|spoof|https|evil|6\.6\.6\.6|Proxy_/)
  t.match(backend.last.head, 'X_Harmless: 1')
  t.same(backend.last.values('x-edge'), ['headrace'])
})

const hostile: Readonly<Record<string, string>> = {
  'two status lines': 'HTTP/1.1 200 OK\r\nHTTP/1.1 200 OK\r\n\r\n',
  'no version': '200 OK\r\n\r\n',
  'a version to come': 'HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n',
  'a status of two digits': 'HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n',
  'a status of four digits': 'HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n',
  'a bare CR in a value': 'HTTP/1.1 200 OK\r\nX: a\rSet-Cookie: evil=1\r\nContent-Length: 0\r\n\r\n',
  'a bare LF between fields': 'HTTP/1.1 200 OK\r\nX: a\nSet-Cookie: evil=1\r\nContent-Length: 0\r\n\r\n',
  'a NUL in a value': 'HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n',
  'a NUL in the reason': 'HTTP/1.1 200 O\0K\r\nContent-Length: 0\r\n\r\n',
  'obs-fold': 'HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n',
  'a space before the colon': 'HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\nhello',
  'two different lengths': 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello',
  'a length that is none': 'HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello',
  'CL + TE': 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'TE: xchunked': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n',
  'endless fields': `HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(100_000)}`,
  'an endless field': `HTTP/1.1 200 OK\r\nX: ${'y'.repeat(1_000_000)}`,
  'an endless status line': `HTTP/1.1 200 ${'y'.repeat(1_000_000)}`,
  'endless 1xx': 'HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n'.repeat(10_000),
  'an unasked 101': 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'
}

for (const [name, bytes] of Object.entries(hostile)) {
  t.test(`a hostile response: ${name}`, async t => {
    const backend = await startBackend(t, behaviours.bytes(bytes))
    const proxy = await startTestProxy(t, [backend.url], { route: { retry: false, timeouts: { responseHead: '2s' } } })
    const response = await get(t, proxy.port)
    t.equal(response.status, 502)
    t.notMatch(response.head, 'evil')
    t.equal(response.header('content-type'), 'application/problem+json')
    backend.behave('ok')
    t.match(await get(t, proxy.port), { status: 200, body: 'ok' })
  })
}

t.test('CVE-2026-1525, GHSA-35p6-xmwp-9g52: bytes that answer nobody reach nobody', async t => {
  const evil = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil'
  const backend = await startBackend(t, behaviours.bytes(`HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok${evil}`))
  const proxy = await startTestProxy(t, [backend.url])
  for (let i = 0; i < 3; i++) t.match(await get(t, proxy.port), { status: 200, body: 'ok' })
  backend.behave('ok')
  t.equal((await get(t, proxy.port)).body, 'ok')
  backend.writeToAll(evil)
  await backend.until(() => backend.connections.open === 0)
  t.equal((await get(t, proxy.port)).body, 'ok')
})

t.test('an answer to HEAD with a body, and a 304 with one, do not reach the next client', async t => {
  const backend = await startBackend(t, behaviours.bytes('HTTP/1.1 200 OK\r\nContent-Length: 42\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil'))
  const proxy = await startTestProxy(t, [backend.url])
  const client = (await connect(t, proxy.port)).request(['HEAD / HTTP/1.1', 'Host: a'])
  t.equal((await client.response('HEAD')).status, 200)
  backend.behave(behaviours.bytes('HTTP/1.1 304 Not Modified\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil'))
  t.equal((await client.get('/').response()).status, 304)
  backend.behave('ok')
  t.equal((await client.get('/').response()).body, 'ok')
})
