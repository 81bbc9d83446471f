import { once } from 'node:events'
import http from 'node:http'
import https from 'node:https'
import net, { type AddressInfo } from 'node:net'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { request } from 'undici'
import WebSocket, { WebSocketServer } from 'ws'
import { balancedHttpProxy, type BalancedHttpProxyOptions } from '../../src/proxy/balanced-http-proxy.js'
import { certificates, startBackend } from '../fixtures/backend.js'
import { closedPort } from '../fixtures/closed-port.js'
import { eventually } from '../fixtures/proxy.js'
import { withTransports } from '../fixtures/upstream.js'

async function proxy (t: Test, options: BalancedHttpProxyOptions, prepare: (app: FastifyInstance) => void = () => {}): Promise<number> {
  const app = Fastify()
  prepare(app)
  await app.register(balancedHttpProxy, options)
  await app.listen({ port: 0, host: '127.0.0.1' })
  t.teardown(() => app.close())
  return (app.server.address() as AddressInfo).port // it listens on TCP
}

/** A WebSocket server that answers each message with its name. */
async function wsBackend (t: Test, name: string, tls = false): Promise<{ url: string, server: WebSocketServer, hosts: unknown[] }> {
  const hosts: unknown[] = []
  const web = tls ? https.createServer(certificates.server) : http.createServer()
  const server = new WebSocketServer({ server: web })
  server.on('connection', (socket, request) => {
    hosts.push(request.headers.host)
    socket.on('message', message => { socket.send(`${name}: ${String(message)} at ${request.url}`) })
  })
  web.listen(0, '127.0.0.1')
  await once(web, 'listening')
  t.teardown(() => {
    for (const client of server.clients) client.terminate()
    server.close()
    web.close()
  })
  return { url: `${tls ? 'https' : 'http'}://127.0.0.1:${(web.address() as AddressInfo).port}`, server, hosts } // it listens on TCP
}

async function ask (client: WebSocket, question: string): Promise<string> {
  if (client.readyState === WebSocket.CONNECTING) await once(client, 'open')
  client.send(question)
  const [answer] = await once(client, 'message')
  return String(answer)
}

withTransports(t, 'requests are balanced, with the options of http-proxy', async (t, made) => {
  const backends = [await startBackend(t, 'echo'), await startBackend(t, 'echo')]
  const upstream = made.upstream(backends.map(({ url }) => url))
  const port = await proxy(t, {
    pool: upstream,
    prefix: '/api',
    rewritePrefix: '/v1',
    preHandler: (request, reply, done) => {
      if (request.headers['x-key'] === 'secret') done()
      else reply.code(401).send('who are you?')
    },
    replyOptions: { rewriteRequestHeaders: (_request, headers) => ({ ...headers, 'x-from': 'app' }) }
  })
  const send = (body: string, key = 'secret') => request(`http://127.0.0.1:${port}/api/a?b=c`, { method: 'POST', body, headers: { 'x-key': key, 'content-type': 'a/b' } })
  for (const body of ['one', 'two']) t.equal(await (await send(body)).body.text(), body)
  for (const { requests, url } of backends) {
    t.match(requests, [{ url: '/v1/a?b=c' }])
    t.strictSame(requests[0]?.values('host'), [new URL(url).host], 'a target is called by its own name')
    t.strictSame(requests[0]?.values('x-from'), ['app'])
  }
  t.equal((await send('three', 'wrong')).statusCode, 401)
  t.equal(upstream.outcomes.length, 2)
})

withTransports(t, 'a Host that the app sets is passed on', async (t, made) => {
  const backend = await startBackend(t)
  const port = await proxy(t, { pool: made.upstream([backend.url]), replyOptions: { rewriteRequestHeaders: (_request, headers) => ({ ...headers, host: 'shop.example' }) } })
  await request(`http://127.0.0.1:${port}/`)
  t.strictSame(backend.last.values('host'), ['shop.example'])
})

withTransports(t, 'failures are answered as the program answers them; reply-from retries nothing', async (t, made) => {
  const backend = await startBackend(t, { onRequest: reply => { reply.answer({ status: 503, reason: 'Busy', body: 'busy' }) } })
  const upstream = made.upstream([backend.url])
  const port = await proxy(t, { pool: upstream })
  const get = async () => {
    const { statusCode, headers, body } = await request(`http://127.0.0.1:${port}/`)
    return { status: statusCode, headers, text: await body.text() }
  }
  t.match(await get(), { status: 503, text: 'busy' })
  t.equal(backend.requests.length, 1, 'once')
  backend.behave('closeBeforeHead')
  const failed = await get()
  t.match(failed, { status: 502, headers: { 'content-type': 'application/problem+json', 'proxy-status': 'headrace; error=connection_terminated' } })
  t.match(JSON.parse(failed.text), { status: 502, code: 'connection_terminated' })
  t.notMatch(failed.text, '127.0.0.1')
  upstream.pool.reconcile([])
  t.match(await get(), { status: 503, headers: { 'retry-after': '1' } })
  upstream.pool.reconcile([{ url: `http://127.0.0.1:${await closedPort(t)}` }])
  t.match(await get(), { status: 502 })

  const own = await proxy(t, { pool: upstream, replyOptions: { onError: (reply, { error }) => { reply.code(599).send(error.name) } } })
  t.equal((await request(`http://127.0.0.1:${own}/`)).statusCode, 599)
})

withTransports(t, 'each WebSocket has a lease of its own, as long as it is open', async (t, made) => {
  const backends = [await wsBackend(t, 'a'), await wsBackend(t, 'b')]
  const upstream = made.upstream(backends.map(({ url }) => url))
  const events: string[] = []
  const port = await proxy(t, {
    pool: upstream,
    prefix: '/ws',
    websocket: true,
    wsHooks: { onConnect: () => { events.push('connect') }, onDisconnect: () => { events.push('disconnect') } }
  })
  const clients = [0, 1, 2].map(() => new WebSocket(`ws://127.0.0.1:${port}/ws/room?x=1`))
  const answers = await Promise.all(clients.map(client => ask(client, 'hi')))
  t.strictSame(answers.sort(), ['a: hi at /room?x=1', 'a: hi at /room?x=1', 'b: hi at /room?x=1'])
  t.equal(upstream.pool.inflight, 3)
  t.strictSame(backends[1]?.hosts, [new URL(backends[1]?.url ?? '').host])
  clients[0]?.close()
  clients[1]?.terminate()
  for (const { server } of backends) for (const socket of server.clients) socket.close()
  await Promise.all(clients.slice(2).map(client => once(client, 'close')))
  await upstream.untilIdle()
  t.strictSame(upstream.outcomes, Array(3).fill({ kind: 'cancelled' }))
  await eventually(() => events.length >= 6)
  t.strictSame(events.sort(), [...Array(3).fill('connect'), ...Array(3).fill('disconnect')])
})

withTransports(t, 'an upgrade that comes to nothing gives its lease back', async (t, made) => {
  const port = await closedPort(t)
  const upstream = made.upstream([`http://127.0.0.1:${port}`])
  const front = await proxy(t, {
    pool: upstream,
    websocket: true,
    preHandler: (request, reply, done) => {
      if (request.headers['x-key'] === 'secret') done()
      else reply.code(401).send('who are you?')
    }
  })
  const open = (headers: Record<string, string>, path = '/') => new WebSocket(`ws://127.0.0.1:${front}${path}`, { headers })
  const refused = open({}).on('error', () => {})
  const [, response] = await once(refused, 'unexpected-response')
  t.equal(response.statusCode, 401)
  response.destroy()
  t.equal(upstream.outcomes.length, 0, 'nothing was leased for a client that may not pass')

  // http-proxy says 101 before it dials.
  const [code] = await once(open({ 'x-key': 'secret' }), 'close')
  t.equal(code, 1011)
  await upstream.untilIdle()
  t.equal(upstream.outcomes.length, 1)

  const [, bad] = await once(open({ 'x-key': 'secret' }, '/a%2f..%2fb').on('error', () => {}), 'unexpected-response')
  t.equal(bad.statusCode, 400)
  bad.destroy()
  await upstream.untilIdle()

  upstream.pool.reconcile([])
  const [, none] = await once(open({ 'x-key': 'secret' }).on('error', () => {}), 'unexpected-response')
  t.equal(none.statusCode, 503)
  none.destroy()
})

withTransports(t, 'a client that leaves while a hook is at work leaves nothing behind', async (t, made) => {
  const backend = await wsBackend(t, 'a')
  const upstream = made.upstream([backend.url])
  let asked = (): void => {}
  const hookReached = new Promise<void>(resolve => { asked = resolve })
  let letPass = (): void => {}
  const port = await proxy(t, {
    pool: upstream,
    websocket: true,
    preHandler: (request, _reply, done) => {
      letPass = done
      request.raw.socket.once('close', () => { letPass() })
      asked()
    }
  })
  const client = net.connect(port, '127.0.0.1')
  client.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n')
  await hookReached
  client.resetAndDestroy()
  await once(client, 'close')
  for (let i = 0; i < 10; i++) await new Promise(resolve => { setImmediate(resolve) })
  t.equal(upstream.pool.inflight, 0)
  t.equal(backend.server.clients.size, 0)
})

withTransports(t, 'WebSockets to https targets are verified by the TLS options of the pool', async (t, made) => {
  const backend = await wsBackend(t, 'tls', true)
  const upstream = made.upstream([backend.url])
  const strict = await proxy(t, { pool: upstream, websocket: true })
  const [code] = await once(new WebSocket(`ws://127.0.0.1:${strict}/`), 'close')
  t.equal(code, 1011)
  const { pool, transport, retryBudget } = upstream
  const trusting = await proxy(t, { pool: { pool, transport, retryBudget, withdraw () {}, tls: { ca: certificates.ca } }, websocket: true })
  const client = new WebSocket(`ws://127.0.0.1:${trusting}/`)
  t.equal(await ask(client, 'hi'), 'tls: hi at /')
  client.close()
})

withTransports(t, 'Unix sockets are passed over by WebSockets', async (t, made) => {
  const backend = await wsBackend(t, 'tcp')
  const unix = await startBackend(t, 'ok', { unix: true })
  const upstream = made.upstream([unix.url, backend.url])
  const port = await proxy(t, { pool: upstream, websocket: true })
  for (let i = 0; i < 2; i++) {
    const client = new WebSocket(`ws://127.0.0.1:${port}/`)
    t.equal(await ask(client, 'hi'), 'tcp: hi at /')
    client.close()
  }
  t.equal(await (await request(`http://127.0.0.1:${port}/`)).body.text(), 'ok', 'HTTP goes there')
  await t.rejects(proxy(t, { pool: made.upstream([unix.url]), websocket: true }), TypeError)
})

withTransports(t, 'closing the app closes its WebSockets', async (t, made) => {
  const backend = await wsBackend(t, 'a')
  const upstream = made.upstream([backend.url])
  const app = Fastify()
  await app.register(balancedHttpProxy, { pool: upstream, websocket: true })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const client = new WebSocket(`ws://127.0.0.1:${(app.server.address() as AddressInfo).port}/`) // it listens on TCP
  await ask(client, 'hi')
  await Promise.all([app.close(), once(client, 'close')])
  await upstream.untilIdle()
})
