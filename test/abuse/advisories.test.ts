import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import type { Test } from 'tap'
import t from 'tap'
import { VirtualClock } from '../../src/base/virtual-clock.js'
import headrace from '../../src/index.js'
import { behaviours, startBackend } from '../fixtures/backend.js'
import { connect, exchange, get } from '../fixtures/client.js'
import { startProgram } from '../fixtures/program.js'
import { startTestProxy } from '../fixtures/proxy.js'
import { withTransports } from '../fixtures/upstream.js'

/** Advisories that a proxy of this kind had to publish, or the packages that it is made of; each is a test, at the outermost door. */

const MB = 1024 ** 2

/** Makes requests take the way through the app. */
function hooks (add: (app: FastifyInstance) => void): { readonly extensions: { readonly plugins: [(app: FastifyInstance) => Promise<void>] } } {
  return { extensions: { plugins: [fastifyPlugin(async (app: FastifyInstance) => { add(app) })] } }
}

const HOOKED = hooks(app => { app.addHook('preHandler', async () => {}) })

async function listening (t: Test, app: FastifyInstance): Promise<number> {
  t.teardown(async () => {
    app.server.closeAllConnections()
    await app.close()
  })
  return Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port)
}

const post = async (t: Test, port: number, path: string, type: string, body: string): ReturnType<typeof exchange> =>
  await exchange(t, port, [`POST ${path} HTTP/1.1`, 'Host: a', `Content-Type:${type}`, `Content-Length: ${body.length}`], body)

for (const options of [{}, HOOKED]) {
  const lane = options === HOOKED ? 'with hooks' : 'without hooks'

  t.test(`GHSA-qmw8-3v4g-gwj4, GHSA-2q7r-29rg-6m5h, GHSA-c4qr-gmr9-v23w: no path leaves the prefix that it is put below, ${lane}`, async t => {
    const backend = await startBackend(t)
    const proxy = await startTestProxy(t, [backend.url], { ...options, routes: [{ prefix: '/pub', pool: 'main', rewritePrefix: '/hi' }] })
    for (const path of [
      '/pub/ho/%2E%2E/../%2E%2E/x', '/pub/%2E%2E/hi2', '/pub/../hi', '/pub/%2e%2e/', '/pub/.%2E/x', '/pub/%2E./x', '/pub/..%2Fx', '/pub/..%5Cx', '/pub/dir\\..\\..\\x', '/pub/%5c..%5cx', '/pub/..;/x', '/pub/..', '/pub/%2e%2e',
      '/pub//../../x', '/pub/./../x', 'http://a/pub/../x', '//pub/../x'
    ]) {
      const { status } = await get(t, proxy.port, path)
      t.ok(status === 400 || status === 404, `${path}: ${status}`)
    }
    t.equal(backend.requests.length, 0)
    await get(t, proxy.port, '/pub/ho/x')
    t.equal(backend.last.url, '/hi/ho/x')
  })

  t.test(`GHSA-v2v2-hph8-q5xp: body and Content-Type are the client's, whatever else might be read in them, ${lane}`, async t => {
    const backend = await startBackend(t)
    const proxy = await startTestProxy(t, [backend.url], options)
    const body = '"{\\"method\\":\\"invalid_method\\"}"'
    for (const type of ['application/json ; charset=utf-8', 'application/json', 'APPLICATION/JSON', 'application/json\ta', 'application/json, text/plain', 'text/plain; application/json', 'application/vnd.x+json']) {
      t.equal((await post(t, proxy.port, '/', ` ${type}`, body)).status, 200, type)
      t.same(backend.last.values('content-type'), [type])
      t.equal(backend.last.body.toString(), body)
    }
  })

  t.test(`CVE-2026-33805: Connection takes nothing away that the proxy adds, ${lane}`, async t => {
    const backend = await startBackend(t)
    const proxy = await startTestProxy(t, [backend.url], { ...options, route: { headers: { request: { set: { 'x-added': 'route' } } } } })
    await get(t, proxy.port, '/', 'Connection: x-added, X-Added, x-forwarded-for, x-forwarded-proto, x-forwarded-host, via, x-request-id, host', 'X-Added: mine')
    t.same(backend.last.values('x-added'), ['route'])
    t.same(backend.last.values('x-forwarded-for'), ['127.0.0.1'])
    for (const name of ['x-forwarded-proto', 'x-forwarded-host', 'via', 'x-request-id', 'host']) t.equal(backend.last.values(name).length, 1, name)
  })

  t.test(`GHSA-v574-6498-x57v: two routes never share an address, however their paths are put together, ${lane}`, async t => {
    const one = await startBackend(t, behaviours.ok({ body: 'one' }))
    const two = await startBackend(t, behaviours.ok({ body: 'two' }))
    const proxy = await startTestProxy(t, [], {
      ...options,
      config: { pools: { one: { targets: [one.url] }, two: { targets: [two.url] } } },
      routes: [{ host: 'one', prefix: '/', pool: 'one' }, { host: 'two', prefix: '/', pool: 'two' }]
    })
    const { port } = new URL(two.url)
    const tails = ['/private', '1/private', `/${port}/private`, `/|${two.url}/`, '/undefined', '/null', '/__proto__', '/%7C', '/private?x', '/private']
    for (const tail of tails) {
      for (const host of ['one', 'two', 'one']) {
        const path = tail.startsWith('/') ? tail : `/${tail}`
        const { status, body } = await exchange(t, proxy.port, [`GET ${path} HTTP/1.1`, `Host: ${host}`])
        t.same([status, body], [200, host], `${host} ${path}`)
      }
    }
    t.equal(one.requests.length, 2 * two.requests.length)
  })

  t.test(`CVE-2026-3635: X-Forwarded-* of a stranger is nothing, though others are trusted, ${lane}`, async t => {
    const backend = await startBackend(t)
    const proxy = await startTestProxy(t, [backend.url], { ...options, config: { trustProxy: ['10.0.0.0/8', '127.0.0.2'] } })
    await get(t, proxy.port, '/', 'X-Forwarded-For: 10.0.0.1', 'X-Forwarded-Proto: https', 'X-Forwarded-Host: evil.example', 'X-Forwarded-Port: 443', 'Forwarded: for=10.0.0.1;proto=https')
    t.same(backend.last.values('x-forwarded-for'), ['127.0.0.1'])
    t.same(backend.last.values('x-forwarded-proto'), ['http'])
    t.same(backend.last.values('x-forwarded-host'), ['test.example'])
    t.same(backend.last.values('x-forwarded-port'), [String(proxy.port)])
    t.same(backend.last.values('forwarded'), [])
  })

  t.test(`CVE-2026-22036: a tower of content codings is passed on and not climbed, ${lane}`, async t => {
    const codings = Array.from({ length: 3000 }, () => 'gzip').join(', ')
    const backend = await startBackend(t, behaviours.ok({ headers: ['Content-Encoding', codings], body: 'not gzip at all' }))
    const proxy = await startTestProxy(t, [backend.url], options)
    const { status, header, body } = await get(t, proxy.port, '/', 'Accept-Encoding: gzip')
    t.equal(status, 200)
    t.equal(header('content-encoding'), codings)
    t.equal(body, 'not gzip at all')
  })

  t.test(`CVE-2026-55602: a host that only holds another's name is not routed like it, ${lane}`, async t => {
    const inside = await startBackend(t, behaviours.ok({ body: 'inside' }))
    const outside = await startBackend(t, behaviours.ok({ body: 'outside' }))
    const proxy = await startTestProxy(t, [], {
      ...options,
      config: { pools: { inside: { targets: [inside.url] }, outside: { targets: [outside.url] } } },
      routes: [{ host: 'localhost', prefix: '/api', pool: 'inside' }, { prefix: '/', pool: 'outside' }]
    })
    for (const host of ['evillocalhost:3000', 'localhost.evil', 'localhost.evil:3000', 'xlocalhost', 'evil:80', 'localhos']) {
      t.equal((await exchange(t, proxy.port, ['GET /api HTTP/1.1', `Host: ${host}`])).body, 'outside', host)
    }
    for (const path of ['/localhost/api', '/x?localhost/api', '/apix']) t.equal((await exchange(t, proxy.port, [`GET ${path} HTTP/1.1`, 'Host: localhost'])).body, 'outside', path)
    t.equal(inside.requests.length, 0)
    t.equal((await exchange(t, proxy.port, ['GET /api HTTP/1.1', 'Host: LOCALHOST:3000'])).body, 'inside')
  })

  t.test(`CVE-2026-55603, CVE-2025-32996: a body is sent as it came, once, never put together anew, ${lane}`, async t => {
    const backend = await startBackend(t)
    const proxy = await startTestProxy(t, [backend.url], options)
    const part = 'x\r\n--b\r\nContent-Disposition: form-data; name="admin"\r\n\r\ntrue'
    const bodies = {
      'multipart/form-data; boundary=b': `--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n${part}\r\n--b--\r\n`,
      'multipart/form-data; boundary="b\\"; name=x"': '--b";x\r\n\r\nbroken',
      'application/x-www-form-urlencoded': `a=${encodeURIComponent(part)}&b=%0d%0a&a=2`,
      'application/json': '{"a":1,"a":2,\r\n"__proto__":{}}'
    }
    for (const [type, body] of Object.entries(bodies)) {
      t.equal((await post(t, proxy.port, '/', ` ${type}`, body)).status, 200)
      t.equal(backend.last.body.toString(), body, type)
      t.same(backend.last.values('content-type'), [type])
      t.same(backend.last.values('content-length'), [String(body.length)])
    }
    t.equal(backend.requests.length, Object.keys(bodies).length)
  })
}

t.test('CVE-2025-32442, CVE-2026-25223, CVE-2026-3419, CVE-2026-33806: no Content-Type gets a body past the validation of the app\'s own routes', async t => {
  const backend = await startBackend(t)
  const handled: unknown[] = []
  const proxy = await startTestProxy(t, [backend.url], hooks(app => {
    const schema = { type: 'object', required: ['name'], properties: { name: { type: 'string' } }, additionalProperties: false }
    app.post('/own', { schema: { body: { content: { 'application/json': { schema } } } } }, async request => {
      handled.push(request.body)
      return 'handled'
    })
  }))
  const { port } = proxy
  for (const type of [
    ' application/json', ' APPLICATION/JSON', ' Application/Json;charset=utf-8', ' application/json ;charset=utf-8', ' application/json\t;charset=utf-8', ' application/json\ta', ' application/json a', ' application/json garbage',
    ' application/json,text/plain', ' application/json;', ' application/json ; ', '  application/json', '\tapplication/json', ' ;application/json', ' application/json/x', ' application/jsonx', ' a', ''
  ]) {
    const { status } = await post(t, port, '/own', type, '{"admin":true}')
    t.ok(status === 400 || status === 415, `${JSON.stringify(type)}: ${status}`)
  }
  t.same(handled, [])
  t.equal((await post(t, port, '/own', ' application/json', '{"name":"a"}')).body, 'handled')
  t.same(handled, [{ name: 'a' }])
  t.equal(backend.requests.length, 0)
})

t.test('CVE-2026-3635: nor do the app\'s hooks believe a stranger', async t => {
  const seen: unknown[] = []
  const backend = await startBackend(t)
  const proxy = await startTestProxy(t, [backend.url], {
    ...hooks(app => { app.addHook('onRequest', async ({ protocol, host, ip }) => { seen.push([protocol, host, ip]) }) }), config: { trustProxy: ['10.0.0.0/8'] }
  })
  await get(t, proxy.port, '/', 'X-Forwarded-For: 10.0.0.1', 'X-Forwarded-Proto: https', 'X-Forwarded-Host: evil.example')
  t.same(seen, [['http', 'test.example', '127.0.0.1']])
})

t.test('GHSA-3qgw-9275-xf8w: a time limit that strikes in the middle of a response ends that response and nothing else', async t => {
  const backend = await startBackend(t, 'stall')
  for (const options of [{}, HOOKED, hooks(app => { app.addHook('onSend', async (_request, _reply, payload) => payload) })]) {
    backend.behave('stall')
    const clock = new VirtualClock()
    const proxy = await startTestProxy(t, [backend.url], { ...options, clock, route: { timeouts: { request: '200ms' } } })
    const client = (await connect(t, proxy.port)).get('/')
    await client.until(() => client.received.includes('partial'))
    clock.advance(1000)
    t.match(await client.response().then(() => 'whole', String), 'no complete response')
    backend.behave('ok')
    t.equal((await get(t, proxy.port)).status, 200)
  }
})

t.test('GHSA-gm8r-x7h4-fm5r: what headrace has no route for meets the hooks of the app\'s own not-found handler', async t => {
  const backend = await startBackend(t)
  const app = Fastify()
  app.register(headrace, { pools: { main: { targets: [backend.url] } }, routes: [{ prefix: '/api', host: 'a.example', pool: 'main' }] })
  let asked = 0
  app.setNotFoundHandler({
    preHandler: async (request: FastifyRequest, reply: FastifyReply) => {
      asked++
      if (request.headers.authorization !== 'yes') await reply.code(401).send('who are you?')
    }
  }, async (_request, reply) => await reply.code(404).send('nothing here'))
  const port = await listening(t, app)
  for (const path of ['/other', '/api']) {
    t.match(await get(t, port, path), { status: 401, body: 'who are you?' }, path)
    t.match(await get(t, port, path, 'Authorization: yes'), { status: 404, body: 'nothing here' }, path)
  }
  t.equal(asked, 4)
  t.equal(backend.requests.length, 0)
})

withTransports(t, 'undici, CRLF in `upgrade`: it is refused before anything is written', async (t, { upstream, dispatcher }) => {
  const backend = await startBackend(t)
  const dispatch = dispatcher(upstream([backend.url]))
  for (const protocol of ['websocket\r\nX: y', 'x\r\n\r\nGET /hidden HTTP/1.1\r\nHost: a', 'x\ny', 'x\0']) {
    await t.rejects(new Promise((resolve, reject) => {
      dispatch.dispatch({ origin: 'http://a', path: '/', method: 'GET', upgrade: protocol }, {
        onRequestStart: () => {}, onRequestUpgrade: resolve, onResponseStart: resolve, onResponseData: () => {}, onResponseEnd: resolve, onResponseError: (_controller, error) => { reject(error) }
      })
    }), JSON.stringify(protocol))
  }
  t.equal(backend.requests.length, 0)
})

t.test('CVE-2026-2581: equal requests at once are requests of their own, and nothing is gathered for them', async t => {
  const size = 8 * MB
  const backend = await startBackend(t, behaviours.download(size))
  const program = await startProgram(t, { log: { level: 'warn' }, pools: { api: { targets: [backend.url], healthCheck: false } } })
  const before = program.rss
  const clients = await Promise.all(Array.from({ length: 40 }, () => connect(t, program.port)))
  for (const client of clients) client.countOnly().get('/same')
  await backend.until(() => backend.requests.length === clients.length)
  for (const client of clients) await client.until(() => client.bytes > size)
  t.equal(backend.requests.length, clients.length)
  const grown = Math.round((program.rss - before) / MB)
  t.ok(grown < 160, `${grown} MB for ${clients.length * size / MB} MB`)
  for (const client of clients) client.leave()
})

t.test('CVE-2024-21536: no request target ends the process', async t => {
  const backend = await startBackend(t)
  const program = await startProgram(t, { log: { level: 'warn' }, pools: { api: { targets: [backend.url], healthCheck: false } }, routes: [{ prefix: '/api', pool: 'api' }, { prefix: '/', pool: 'api', stripPrefix: true }] })
  for (const target of ['//x@x', '//', '///', '//x:y@z/', '/\\', '/%', '/%E0%A4%A', '/{a,b}/**', '/[', '/(((((((((((', '/\xff', '*', 'http://x@x', 'http://[', '/?%', '//[::1', '/http://%', '/:', '/api//x@x', `/${'../'.repeat(1000)}`, `/${'%2e%2e/'.repeat(1000)}`, `/${'a*'.repeat(2000)}`]) {
    const client = await connect(t, program.port)
    client.get(target)
    const { status } = await client.response()
    t.ok([200, 400, 404].includes(status), `${target.slice(0, 40)}: ${status}`)
    client.leave()
  }
  t.equal(program.exit, null)
  t.equal((await get(t, program.port)).status, 200)
})
