import { METHODS } from 'node:http'
import t from 'tap'
import { behaviours, startBackend } from '../fixtures/backend.js'
import { connect, exchange, get } from '../fixtures/client.js'
import { startTestProxy } from '../fixtures/proxy.js'

t.test('every method passes, with a body and without; TRACE and CONNECT are refused', async t => {
  const backend = await startBackend(t, 'echo')
  const proxy = await startTestProxy(t, [backend.url])
  for (const method of METHODS) {
    const before = backend.requests.length
    if (method === 'CONNECT' || method === 'TRACE') {
      const client = await connect(t, proxy.port)
      client.request([`${method} ${method === 'TRACE' ? '/' : 'a.example:443'} HTTP/1.1`, 'Host: a.example:443'])
      const { status, header } = await client.response()
      t.equal(status, 405, method)
      t.match(header('allow'), /GET/)
      t.notMatch(header('allow'), /TRACE|CONNECT/)
      t.equal(backend.requests.length, before)
      continue
    }
    const bare = await exchange(t, proxy.port, [`${method} /a HTTP/1.1`, 'Host: a'])
    t.equal(bare.status, 200, method)
    t.equal(backend.last.method, method)
    t.equal(backend.last.bodyLength, 0)
    const withBody = await exchange(t, proxy.port, [`${method} /a HTTP/1.1`, 'Host: a', 'Content-Length: 5'], 'hello')
    t.equal(withBody.status, 200, `${method} with a body`)
    t.equal(backend.last.method, method)
    t.equal(backend.last.body.toString(), 'hello')
    if (method !== 'HEAD') t.equal(withBody.body, 'hello')
  }
})

t.test('a GET with a chunked body arrives as one', async t => {
  const backend = await startBackend(t, 'echo')
  const proxy = await startTestProxy(t, [backend.url])
  const { body } = await exchange(t, proxy.port, ['GET / HTTP/1.1', 'Host: a', 'Transfer-Encoding: chunked'], '3\r\nabc\r\n0\r\n\r\n')
  t.equal(body, 'abc')
  t.same(backend.last.values('transfer-encoding'), ['chunked'])
  t.same(backend.last.values('content-length'), [])
})

t.test('the target sees the very bytes of the request target', async t => {
  const backend = await startBackend(t)
  const proxy = await startTestProxy(t, [backend.url])
  const targets = [
    '/', '/a/b?c=d&e', '/?', '/a?b?c', '/a//b///c', '//', '//evil.example/x', '/a/./b', '/a/../b', '/./', '/..foo', '/%', '/%zz', '/a%2', '/%e0%a4%a', '/a/%2e%2e/b', '/%2F%2e',
    '/a%00b', '/a;b=c', "/!$&'()*+,;=:@~_-.", '/a\\b', '/a|b', '/a"b', '/<x>', '/{a}', '/^`', '/a[b]', '/?q=%zz%', '/:id', '/*', '/a/*', '/**', '/(a)', '/?a=/../b',
    '/' + 'x'.repeat(12_000)
  ]
  for (const target of targets) {
    const { status } = await get(t, proxy.port, target)
    t.equal(status, 200, target.slice(0, 40))
    t.equal(backend.last.url, target)
  }
})

t.test('raw bytes beyond ASCII in a request target are refused: no valid request has them', async t => {
  const backend = await startBackend(t)
  const proxy = await startTestProxy(t, [backend.url])
  for (const target of ['/\xc3\xa9', '/?q=\xff', '/\x7f', '/\x01']) t.equal((await get(t, proxy.port, target)).status, 400)
  t.equal(backend.requests.length, 0)
})

t.test('a path that climbs above the root is refused, however it is written', async t => {
  const backend = await startBackend(t)
  const proxy = await startTestProxy(t, [backend.url])
  for (const target of ['/..', '/../etc', '/a/../../etc', '/%2e%2e/etc', '/.%2E/etc', '/a/..%2f..%2fetc', '/..\\etc', '/a/%2e%2e%5c%2e%2e/etc', '//..', '/./../etc', 'http://a/../etc']) {
    t.equal((await get(t, proxy.port, target)).status, 400, target)
  }
  t.equal(backend.requests.length, 0)
})

t.test('OPTIONS * passes; * with any other method does not', async t => {
  const backend = await startBackend(t)
  const proxy = await startTestProxy(t, [backend.url])
  t.equal((await exchange(t, proxy.port, ['OPTIONS * HTTP/1.1', 'Host: a'])).status, 200)
  t.equal(backend.last.url, '*')
  t.equal((await exchange(t, proxy.port, ['OPTIONS http://a.example HTTP/1.1', 'Host: a'])).status, 200)
  t.equal(backend.last.url, '*')
  t.same(backend.last.values('host'), ['a.example'])
  t.equal((await exchange(t, proxy.port, ['GET * HTTP/1.1', 'Host: a'])).status, 400)
  t.equal((await exchange(t, proxy.port, ['POST * HTTP/1.1', 'Host: a', 'Content-Length: 0'])).status, 400)
  t.equal(backend.requests.length, 2)
})

t.test('the authority of an absolute target overrules the Host field', async t => {
  const backend = await startBackend(t)
  const proxy = await startTestProxy(t, [backend.url], { routes: [{ host: 'real.example', prefix: '/', pool: 'main' }] })
  t.equal((await exchange(t, proxy.port, ['GET http://real.example/x?y HTTP/1.1', 'Host: other.example'])).status, 200)
  t.equal(backend.last.url, '/x?y')
  t.same(backend.last.values('host'), ['real.example'])
  t.same(backend.last.values('x-forwarded-host'), ['real.example'])
  t.equal((await exchange(t, proxy.port, ['GET http://other.example/x HTTP/1.1', 'Host: real.example'])).status, 404)
  for (const target of ['http:///x', 'http://user@real.example/', 'ftp://real.example/', 'http://real.example/#x', 'x', 'real.example:80', 'http://real.example,evil/']) {
    const { status } = await exchange(t, proxy.port, [`GET ${target} HTTP/1.1`, 'Host: real.example'])
    t.equal(status, 400, target)
  }
  t.equal(backend.requests.length, 1)
})

t.test('a missing, repeated or invalid Host is refused, and the connection closed', async t => {
  const backend = await startBackend(t)
  const proxy = await startTestProxy(t, [backend.url])
  const bad = [
    [], ['Host: a', 'Host: a'], ['Host: a', 'host: b'], ['Host: a b'], ['Host: a/b'], ['Host: a, b'], ['Host: a@b'], ['Host: [::1'], ['Host: a:b'], ['Host: a:80:80'], ['Host: \xe9'], ['Host:']
  ]
  for (const hosts of bad) {
    const client = (await connect(t, proxy.port)).request(['GET / HTTP/1.1', ...hosts])
    const { status, header, body } = await client.response()
    t.equal(status, 400, hosts.join(' | '))
    t.equal(header('content-type'), 'application/problem+json')
    t.equal(JSON.parse(body).code, 'http_request_error')
    await client.end()
  }
  t.equal(backend.requests.length, 0)
  for (const host of ['a', 'a.example:8080', '[::1]:80', '127.0.0.1', 'a_b.example', 'A.']) {
    t.equal((await exchange(t, proxy.port, ['GET / HTTP/1.1', `Host: ${host}`])).status, 200, host)
    t.same(backend.last.values('host'), [host])
  }
})

t.test('fields keep their order, case, number and bytes', async t => {
  const backend = await startBackend(t)
  const proxy = await startTestProxy(t, [backend.url])
  const fields = ['X-b: 1', 'x-A: 2', 'X-B: 3', 'ACCEPT: */*', 'cookie: a=1', 'Cookie: b=2', 'X-Obs: \xe9\xff', 'X-Empty:', 'X-Tab: a\tb', 'if-None-match: "x"', 'X-Bytes: !"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~']
  await exchange(t, proxy.port, ['GET / HTTP/1.1', 'X-First: 0', 'hOST: test.example', ...fields])
  const seen = backend.last.head.split('\r\n').slice(1)
  t.same(seen.slice(0, fields.length + 2), ['X-First: 0', 'hOST: test.example', ...fields.map(field => field.replace(/:$/, ': '))])
})

t.test('a hundred fields, and a head of 15 kB', async t => {
  const backend = await startBackend(t)
  const proxy = await startTestProxy(t, [backend.url])
  const many = Array.from({ length: 100 }, (_, i) => `X-Field-${i}: ${i}`)
  t.equal((await get(t, proxy.port, '/', ...many)).status, 200)
  for (let i = 0; i < 100; i++) t.same(backend.last.values(`x-field-${i}`), [String(i)])
  const long = 'v'.repeat(15_000)
  t.equal((await get(t, proxy.port, '/', `X-Long: ${long}`)).status, 200)
  t.same(backend.last.values('x-long'), [long])
})

t.test('a head too long for anybody is refused with 431, and a target with it', async t => {
  const backend = await startBackend(t)
  const proxy = await startTestProxy(t, [backend.url])
  for (const lines of [['GET / HTTP/1.1', 'Host: a', `X: ${'v'.repeat(20_000)}`], [`GET /${'v'.repeat(20_000)} HTTP/1.1`, 'Host: a']]) {
    const client = (await connect(t, proxy.port)).request(lines)
    const { status, body } = await client.response()
    t.equal(status, 431)
    t.equal(JSON.parse(body).code, 'http_request_error')
    await client.end()
  }
  t.equal(backend.requests.length, 0)
})

t.test('fields of the connection and the forwarding fields of whoever is not trusted stay behind', async t => {
  const backend = await startBackend(t)
  const proxy = await startTestProxy(t, [backend.url])
  await get(t, proxy.port, '/', 'Connection: keep-alive, X-Mine', 'X-Mine: 1', 'Keep-Alive: timeout=5', 'Proxy-Connection: keep-alive', 'TE: trailers, deflate', 'Trailer: X-Sum',
    'Proxy-Authorization: Basic x', 'X-Forwarded-For: 6.6.6.6', 'X-Forwarded-Proto: https', 'X-Forwarded-Anything: 1', 'Forwarded: for=6.6.6.6', 'X-Real-IP: 6.6.6.6', 'X_Forwarded_For: 6.6.6.6',
    'X-Forwarded_For: 6.6.6.6', 'x.real.ip: 6.6.6.6', 'X-Kept: yes')
  t.notMatch(backend.last.head, /6\.6\.6\.6|X-Mine|Proxy-|Keep-Alive|deflate|Anything/i)
  t.same(backend.last.values('x-forwarded-for'), ['127.0.0.1'])
  t.same(backend.last.values('x-forwarded-proto'), ['http'])
  t.same(backend.last.values('x-forwarded-host'), ['test.example'])
  t.same(backend.last.values('x-forwarded-port'), [String(proxy.port)])
  t.same(backend.last.values('x-kept'), ['yes'])
  t.same(backend.last.values('via'), ['1.1 headrace'])
  t.same(backend.last.values('te'), ['trailers'])
})

t.test('a trusted proxy is believed and its chain goes on', async t => {
  const backend = await startBackend(t)
  const proxy = await startTestProxy(t, [backend.url], { config: { trustProxy: ['loopback'] } })
  await get(t, proxy.port, '/', 'X-Forwarded-For: 1.2.3.4', 'X-Forwarded-For: 10.0.0.1', 'X-Forwarded-Proto: https', 'X-Forwarded-Host: outer.example', 'X_Forwarded_For: 6.6.6.6', 'Via: 1.0 outer')
  t.same(backend.last.values('x-forwarded-for'), ['1.2.3.4, 10.0.0.1, 127.0.0.1'])
  t.same(backend.last.values('x-forwarded-proto'), ['https'])
  t.same(backend.last.values('x-forwarded-host'), ['outer.example'])
  t.notMatch(backend.last.head, '6.6.6.6')
  t.same(backend.last.values('via'), ['1.0 outer', '1.1 headrace'])
})

t.test('Connection cannot strip what frames, addresses or is added by the proxy', async t => {
  const backend = await startBackend(t, 'echo')
  const proxy = await startTestProxy(t, [backend.url])
  const { body } = await exchange(t, proxy.port, ['POST / HTTP/1.1', 'Host: a', 'Connection: host, content-length, content-type, x-forwarded-for, x-request-id, via, x-forwarded-host', 'Content-Type: text/plain', 'Content-Length: 5'], 'hello')
  t.equal(body, 'hello')
  t.same(backend.last.values('host'), ['a'])
  t.same(backend.last.values('content-length'), ['5'])
  t.same(backend.last.values('content-type'), ['text/plain'])
  t.same(backend.last.values('x-forwarded-for'), ['127.0.0.1'])
  t.same(backend.last.values('x-forwarded-host'), ['a'])
  t.equal(backend.last.values('x-request-id').length, 1)
  t.same(backend.last.values('via'), ['1.1 headrace'])
})

t.test('a request id is kept if it is fit, else made', async t => {
  const backend = await startBackend(t)
  const proxy = await startTestProxy(t, [backend.url])
  await get(t, proxy.port, '/', 'X-Request-Id: abc-123')
  t.same(backend.last.values('x-request-id'), ['abc-123'])
  t.equal((await proxy.log.request(1))['requestId'], 'abc-123')
  for (const bad of ['', 'a b', '\xe9', 'x'.repeat(201)]) {
    await get(t, proxy.port, '/', `X-Request-Id: ${bad}`)
    t.match(backend.last.values('x-request-id').join(), /^[0-9a-f-]{36}$/)
  }
})

t.test('any Content-Type is passed on as it is; no body is parsed, none refused', async t => {
  const backend = await startBackend(t, 'echo')
  const proxy = await startTestProxy(t, [backend.url])
  const types = ['application/json', 'application/json; charset=utf-16', 'text/plain', 'multipart/form-data', 'multipart/form-data; boundary="a\\"b"', 'application/x-www-form-urlencoded', 'nonsense', ';', '/', 'a/b/c',
    'application/json\t; x', 'text/html;charset="', '\xe9', 'application/json, text/plain', ' ', 'application/grpc', 'x'.repeat(5000), 'application/json;__proto__=1', '*/*', 'message/http']
  const body = '{"not": json'
  for (const method of ['POST', 'GET', 'DELETE', 'QUERY', 'PROPFIND']) {
    if (!METHODS.includes(method)) continue
    for (const type of types) {
      const response = await exchange(t, proxy.port, [`${method} / HTTP/1.1`, 'Host: a', `Content-Type: ${type}`, `Content-Length: ${body.length}`], body)
      t.equal(response.status, 200, `${method} ${type.slice(0, 40)}`)
      t.equal(response.body, body)
      t.same(backend.last.values('content-type'), [type.trim()])
    }
    const response = await exchange(t, proxy.port, [`${method} / HTTP/1.1`, 'Host: a', `Content-Length: ${body.length}`], body)
    t.equal(response.status, 200, `${method} without a type`)
    t.same(backend.last.values('content-type'), [])
  }
})

t.test('repeated fields that Fastify or Node would drop or join stay as they are', async t => {
  const backend = await startBackend(t)
  const proxy = await startTestProxy(t, [backend.url])
  await get(t, proxy.port, '/', 'Content-Type: a/b', 'Content-Type: c/d', 'Authorization: one', 'Authorization: two', 'User-Agent: x', 'User-Agent: y', 'Referer: 1', 'Referer: 2')
  t.same(backend.last.values('content-type'), ['a/b', 'c/d'])
  t.same(backend.last.values('authorization'), ['one', 'two'])
  t.same(backend.last.values('user-agent'), ['x', 'y'])
  t.same(backend.last.values('referer'), ['1', '2'])
})

t.test('HTTP/1.0: without Host, with and without keep-alive', async t => {
  const backend = await startBackend(t, behaviours.ok({ body: ['a', 'b'], chunked: true }))
  const proxy = await startTestProxy(t, [backend.url])
  const plain = (await connect(t, proxy.port)).request(['GET / HTTP/1.0'])
  const text = await plain.end()
  t.match(text, /^HTTP\/1\.1 200 OK\r\n/)
  t.match(text, /\r\n\r\nab$/, 'no chunks for a client that knows none')
  t.notMatch(text, /transfer-encoding/i)
  t.equal(plain.ending, 'end')
  t.same(backend.last.values('host'), [new URL(backend.url).host])
  t.same(backend.last.values('via'), ['1.0 headrace'])
  backend.behave(behaviours.ok({ body: 'sized' }))
  const kept = await connect(t, proxy.port)
  for (let i = 0; i < 2; i++) {
    kept.request(['GET / HTTP/1.0', 'Host: a', 'Connection: keep-alive'])
    const { header, body } = await kept.response()
    t.equal(body, 'sized')
    t.match(header('connection'), /keep-alive/i)
  }
  t.same(backend.last.values('host'), ['a'])
})

t.test('another major version of HTTP is refused', async t => {
  const backend = await startBackend(t)
  const proxy = await startTestProxy(t, [backend.url])
  const { status } = await exchange(t, proxy.port, ['GET /x HTTP/2.0', 'Host: a'])
  t.equal(status, 505)
  t.equal(backend.requests.length, 0)
})

t.test('a refused request has its id in the answer and in the log', async t => {
  const backend = await startBackend(t)
  const proxy = await startTestProxy(t, [backend.url])
  const { status, body } = await get(t, proxy.port, '/../x', 'X-Request-Id: mine')
  t.equal(status, 400)
  t.match(JSON.parse(body), { requestId: 'mine', code: 'http_request_error' })
  t.match((await proxy.log.wait('request'))[0], { requestId: 'mine', status: 400 })
})
