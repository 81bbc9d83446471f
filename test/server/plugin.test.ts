import { once } from 'node:events'
import { ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import Fastify, { type FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import t from 'tap'
import headrace, { ConfigError, type HeadraceOptions } from '../../src/index.js'
import { behaviours, startBackend } from '../fixtures/backend.js'
import { connect, exchange, get } from '../fixtures/client.js'
import { closedPort } from '../fixtures/closed-port.js'
import { eventually } from '../fixtures/proxy.js'

const UPGRADE = ['Connection: Upgrade', 'Upgrade: echo'] as const

/** Lets the app listen, and closes it when the test ends; then nothing may be under way. */
async function listen (t: Test, app: FastifyInstance): Promise<number> {
  t.teardown(async () => {
    const pools = app.hasDecorator('headrace') ? [...app.headrace.pools.values()] : []
    try {
      await eventually(() => pools.every(({ pool }) => pool.inflight === 0))
    } finally {
      app.server.closeAllConnections()
      await app.close()
    }
  })
  return Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port)
}

const one = (url: string, routes: readonly object[] = [{ prefix: '/api', pool: 'main' }]): HeadraceOptions => ({ pools: { main: { targets: [url] } }, routes })

t.test('its routes are proxied, the app\'s own stay, and so does its 404', async t => {
  const backend = await startBackend(t, 'echo')
  const app = Fastify()
  app.get('/own', async () => ({ own: true }))
  app.post('/api/own', async request => ({ parsed: request.body }))
  app.setNotFoundHandler(async (_request, reply) => await reply.code(404).send('nothing here'))
  app.register(headrace, one(backend.url))
  const port = await listen(t, app)
  t.same(JSON.parse((await get(t, port, '/own')).body), { own: true })
  const own = await exchange(t, port, ['POST /api/own HTTP/1.1', 'Host: a', 'Content-Type: application/json', 'Content-Length: 7'], '{"a":1}')
  t.same(JSON.parse(own.body), { parsed: { a: 1 } }, 'the app parses bodies as before')
  t.equal(backend.requests.length, 0)
  const proxied = await exchange(t, port, ['POST /api/x?y HTTP/1.1', 'Host: a', 'Content-Type: application/json', 'Content-Length: 6'], '{"a":1')
  t.equal(proxied.body, '{"a":1', 'and the proxied routes do not')
  t.equal(backend.last.url, '/api/x?y')
  t.equal((await get(t, port, '/api')).status, 200)
  for (const path of ['/apix', '/', '/other']) t.match(await get(t, port, path), { status: 404, body: 'nothing here' })
})

t.test('a route that the methods or the host rule out goes to the app\'s 404', async t => {
  const backend = await startBackend(t)
  const app = Fastify()
  app.setNotFoundHandler(async (_request, reply) => await reply.code(404).send('nothing here'))
  app.register(headrace, one(backend.url, [{ prefix: '/api', host: 'a.example', methods: ['GET'], pool: 'main' }]))
  const port = await listen(t, app)
  t.match(await get(t, port, '/api'), { status: 404, body: 'nothing here' })
  t.match(await exchange(t, port, ['POST /api HTTP/1.1', 'Host: a.example', 'Content-Length: 2'], 'ab'), { status: 404 })
  t.match(await exchange(t, port, ['GET /api HTTP/1.1', 'Host: a.example']), { status: 200 })
})

t.test('hooks of the app apply to proxied requests, upgrades too', async t => {
  const backend = await startBackend(t, 'echo')
  const app = Fastify()
  app.addHook('preHandler', async (request, reply) => {
    if (request.headers.authorization !== 'yes') await reply.code(401).send({ error: 'no' })
    else reply.header('x-hook', 'ran')
  })
  app.register(headrace, one(backend.url))
  const port = await listen(t, app)
  t.match(await get(t, port, '/api'), { status: 401, body: '{"error":"no"}' })
  t.equal((await exchange(t, port, ['POST /api HTTP/1.1', 'Host: a', 'Content-Length: 2'], 'ab')).status, 401)
  t.equal((await get(t, port, '/api', ...UPGRADE)).status, 401)
  t.equal(backend.requests.length, 0)
  const { status, header } = await get(t, port, '/api', 'Authorization: yes')
  t.equal(status, 200)
  t.equal(header('x-hook'), 'ran')
  backend.behave(behaviours.upgrade())
  t.equal((await get(t, port, '/api', 'Authorization: yes', ...UPGRADE)).status, 101)
})

t.test('an onSend hook sees and changes the response', async t => {
  const backend = await startBackend(t, behaviours.ok({ body: 'from the target', headers: ['X-Target', '1'] }))
  const app = Fastify()
  app.addHook('onSend', async (_request, reply, payload) => {
    reply.header('x-sent', 'yes')
    return payload
  })
  app.register(headrace, one(backend.url))
  const port = await listen(t, app)
  const { header, body } = await get(t, port, '/api')
  t.equal(body, 'from the target')
  t.equal(header('x-sent'), 'yes')
  t.equal(header('x-target'), '1')
})

t.test('in a scope with a prefix, hooks of other scopes do not apply', async t => {
  const backend = await startBackend(t)
  const app = Fastify()
  app.register(async scope => {
    scope.addHook('onRequest', async (_request, reply) => await reply.code(403).send('no'))
    scope.get('/guarded', async () => 'x')
  })
  app.register(headrace, one(backend.url))
  const port = await listen(t, app)
  t.equal((await get(t, port, '/guarded')).status, 403)
  t.equal((await get(t, port, '/api')).status, 200)
})

t.test('the app\'s own Content-Type parsers, error handler and decorators stay as they are', async t => {
  const backend = await startBackend(t)
  const app = Fastify()
  app.addContentTypeParser('application/x-own', { parseAs: 'string' }, (_request, body, done) => { done(null, `own ${String(body)}`) })
  app.setErrorHandler(async (error: Error, _request, reply) => await reply.code(418).send(error.message))
  app.register(headrace, one(backend.url))
  app.post('/own', async request => request.body)
  app.get('/throws', async () => { throw new Error('mine') })
  const port = await listen(t, app)
  t.equal((await exchange(t, port, ['POST /own HTTP/1.1', 'Host: a', 'Content-Type: application/x-own', 'Content-Length: 1'], 'z')).body, 'own z')
  t.equal((await exchange(t, port, ['POST /own HTTP/1.1', 'Host: a', 'Content-Type: nonsense/x', 'Content-Length: 1'], 'z')).status, 418)
  t.match(await get(t, port, '/throws'), { status: 418, body: 'mine' })
})

t.test('a failure is the same problem document as in the program', async t => {
  const app = Fastify()
  const dead = `http://127.0.0.1:${await closedPort(t)}`
  app.register(headrace, one(dead))
  const port = await listen(t, app)
  const { status, body, head } = await get(t, port, '/api')
  t.equal(status, 502)
  t.equal(JSON.parse(body).code, 'connection_refused')
  t.notMatch(head + body, new URL(dead).port)
})

t.test('the app\'s own WebSocket endpoint keeps its upgrades', async t => {
  const backend = await startBackend(t, behaviours.upgrade())
  const app = Fastify()
  app.server.on('upgrade', (request, socket) => {
    if (request.url === '/own-ws') socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: own\r\n\r\n')
  })
  app.register(headrace, one(backend.url))
  const port = await listen(t, app)
  t.equal((await get(t, port, '/own-ws', ...UPGRADE)).header('upgrade'), 'own')
  t.equal((await get(t, port, '/api/ws', ...UPGRADE)).header('upgrade'), 'echo')
})

t.test('an upgrade pipelined behind a request harms no app', async t => {
  let release = (): void => {}
  const backend = await startBackend(t, {
    onRequest: reply => {
      if (reply.request.values('upgrade').length > 0) behaviours.upgrade().onRequest?.(reply)
      else release = () => { reply.answer({ body: 'first' }) }
    }
  })
  const app = Fastify()
  app.register(headrace, one(backend.url))
  const port = await listen(t, app)
  const client = await connect(t, port)
  client.send(`GET /api/slow HTTP/1.1\r\nHost: a\r\n\r\nGET /api/up HTTP/1.1\r\nHost: a\r\n${UPGRADE.join('\r\n')}\r\n\r\n`)
  await backend.until(() => backend.requests.length > 0)
  release()
  t.equal((await client.response()).body, 'first')
  t.equal((await client.response()).status, 101)
  client.leave()
})

t.test('closing the app ends quickly with a tunnel open, and after a large upload whose target has gone', async t => {
  const backend = await startBackend(t, behaviours.upgrade())
  const resetting = await startBackend(t, { onRequest: reply => { reply.reset() } })
  const app = Fastify()
  app.register(headrace, { pools: { main: { targets: [backend.url] }, bad: { targets: [resetting.url] } }, routes: [{ prefix: '/api', pool: 'main' }, { prefix: '/bad', pool: 'bad' }] })
  const port = await listen(t, app)
  const tunnel = (await connect(t, port)).get('/api', ...UPGRADE)
  await tunnel.response()
  const upload = (await connect(t, port)).request(['POST /bad HTTP/1.1', 'Host: a', 'Content-Length: 50000000'])
  upload.send(Buffer.alloc(5_000_000))
  t.equal((await upload.response()).status, 502)
  const { pools } = app.headrace
  await Promise.race([
    app.close(),
    new Promise((_resolve, reject) => { setTimeout(() => { reject(new Error('app.close() hangs')) }, 20_000).unref() })
  ])
  await tunnel.end()
  await eventually(() => [...pools.values()].every(({ pool }) => pool.inflight === 0))
})

t.test('a bad config is refused when the app gets ready, with every fault', async t => {
  const app = Fastify()
  app.register(headrace, { pools: { main: { targets: ['foo'] } }, routes: [{ prefix: 'x', pool: 'other' }] })
  await t.rejects(async () => { await app.ready() }, { name: 'ConfigError', faults: [{ path: 'pools.main.targets[0]' }, {}, {}] })
  t.ok(ConfigError)
})

t.test('twice in one app, each with its own pools', async t => {
  const first = await startBackend(t, behaviours.ok({ body: 'first' }))
  const second = await startBackend(t, behaviours.ok({ body: 'second' }))
  const app = Fastify()
  app.register(async scope => { await scope.register(headrace, one(first.url, [{ prefix: '/one', pool: 'main' }])) })
  app.register(async scope => { await scope.register(headrace, one(second.url, [{ prefix: '/two', pool: 'main' }])) })
  const port = await listen(t, app)
  t.equal((await get(t, port, '/one')).body, 'first')
  t.equal((await get(t, port, '/two')).body, 'second')
  backendUpgrades()
  t.equal((await get(t, port, '/one', ...UPGRADE)).status, 101)
  t.equal((await get(t, port, '/two', ...UPGRADE)).status, 101)

  function backendUpgrades (): void {
    first.behave(behaviours.upgrade())
    second.behave(behaviours.upgrade())
  }
})

t.test('a client that disconnects is noticed here too', async t => {
  const backend = await startBackend(t, 'hang')
  const app = Fastify()
  app.register(headrace, one(backend.url))
  const port = await listen(t, app)
  const client = (await connect(t, port)).get('/api')
  await backend.until(() => backend.requests.length === 1)
  client.leave()
  await t.resolves(backend.until(() => backend.connections.open === 0), 'its request at the target ends')
})

t.test('with inject, which has no sockets, the proxied route answers', async t => {
  const backend = await startBackend(t)
  const app = Fastify()
  app.register(headrace, one(backend.url))
  t.teardown(() => app.close())
  const { statusCode, body } = await app.inject({ method: 'GET', url: '/api' })
  t.equal(statusCode, 200)
  t.equal(body, 'ok')
})

t.test('it closes when it never listened', async t => {
  const backend = await startBackend(t)
  const app = Fastify()
  app.register(headrace, one(backend.url))
  await app.ready()
  await app.close()
  t.ok(once)
})

t.test('the prefix of a scope, and one of its own, come before those of the routes', async t => {
  const backend = await startBackend(t)
  const app = Fastify()
  app.register(async scope => { await scope.register(headrace, one(backend.url, [{ prefix: '/api', pool: 'main', stripPrefix: true }])) }, { prefix: '/v1' })
  app.register(async scope => { await scope.register(headrace, { ...one(backend.url, [{ prefix: '/', pool: 'main' }]), prefix: '/v2' }) })
  const port = await listen(t, app)
  t.equal((await get(t, port, '/v1/api/x')).status, 200)
  t.equal(backend.last.url, '/x')
  t.equal((await get(t, port, '/v2')).status, 200)
  t.equal((await get(t, port, '/v2/x')).status, 200)
  t.equal(backend.last.url, '/v2/x')
  for (const path of ['/api/x', '/v1/x', '/x']) t.equal((await get(t, port, path)).status, 404, path)
})

t.test('an upgrade listener that was there before keeps its own, and leaves ours alone', async t => {
  const backend = await startBackend(t, behaviours.upgrade())
  const app = Fastify()
  // As plugins for WebSockets do it: every upgrade is routed, unless somebody has taken the socket.
  app.server.on('upgrade', (request, socket) => {
    const taken = '_httpMessage' in socket && socket._httpMessage !== null
    if (!(socket instanceof Socket) || taken) return
    const response = new ServerResponse(request)
    response.assignSocket(socket)
    app.routing(request, response)
  })
  app.register(headrace, one(backend.url))
  const port = await listen(t, app)
  t.equal((await get(t, port, '/api/ws', ...UPGRADE)).status, 101)
  t.equal(backend.requests.length, 1)
})
