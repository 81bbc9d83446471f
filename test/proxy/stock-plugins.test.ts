import { Readable } from 'node:stream'
import type { AddressInfo } from 'node:net'
import httpProxy from '@fastify/http-proxy'
import replyFrom from '@fastify/reply-from'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { request } from 'undici'
import { behaviours, startBackend } from '../fixtures/backend.js'
import { closedPort } from '../fixtures/closed-port.js'
import { withTransports } from '../fixtures/upstream.js'

async function listen (t: Test, app: FastifyInstance): Promise<string> {
  t.teardown(() => app.close())
  await app.listen({ port: 0, host: '127.0.0.1' })
  return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}` // it listens on TCP
}

async function withReplyFrom (t: Test, undici: { request: never }): Promise<string> {
  const app = Fastify()
  app.addContentTypeParser('*', (_request, payload, done) => { done(null, payload) })
  await app.register(replyFrom, { undici, base: 'http://pool.invalid', disableRequestLogging: true })
  app.all('/*', (_request, reply) => { reply.from() })
  return await listen(t, app)
}

withTransports(t, 'stock reply-from over a pool', async (t, made) => {
  const backends = [await startBackend(t, 'echo'), await startBackend(t, 'echo')]
  const dispatcher = made.dispatcher(made.upstream(backends.map(({ url }) => url)))
  // reply-from declares more overloads of `request` than it calls.
  const url = await withReplyFrom(t, dispatcher as unknown as { request: never })
  for (const body of ['one', 'two']) {
    const response = await request(`${url}/a?b=c`, { method: 'POST', body, headers: { 'content-type': 'text/x', expect: undefined } })
    t.equal(response.statusCode, 200)
    t.equal(await response.body.text(), body)
  }
  t.strictSame(backends.map(({ requests }) => requests.map(({ url }) => url)), [['/a?b=c'], ['/a?b=c']])
  t.equal(await (await request(url)).body.text(), '')
})

withTransports(t, 'stock reply-from answers failures by their codes, without an address', async (t, made) => {
  const backend = await startBackend(t, 'closeBeforeHead')
  const upstream = made.upstream([`http://127.0.0.1:${await closedPort(t)}`])
  const url = await withReplyFrom(t, made.dispatcher(upstream) as unknown as { request: never })
  const status = async (): Promise<number> => {
    const { statusCode, body } = await request(url, { method: 'POST' })
    t.notMatch(await body.text(), '127.0.0.1')
    return statusCode
  }
  t.equal(await status(), 500)
  upstream.pool.reconcile([{ url: backend.url }])
  t.equal(await status(), 500)
  upstream.pool.reconcile([])
  t.equal(await status(), 503)
})

withTransports(t, 'stock reply-from passes an early answer on while the client still sends', async (t, made) => {
  const backend = await startBackend(t, 'early')
  const url = await withReplyFrom(t, made.dispatcher(made.upstream([backend.url])) as unknown as { request: never })
  const endless = new Readable({ read () { setImmediate(() => { if (!this.destroyed) this.push('x'.repeat(1000)) }) } })
  const { statusCode, body } = await request(url, { method: 'POST', body: endless, headers: { 'content-type': 'a/b' } })
  t.equal(statusCode, 413)
  t.equal(await body.text().catch(() => 'no'), 'no')
})

withTransports(t, 'stock http-proxy over a pool', async (t, made) => {
  const backends = [await startBackend(t, 'echo'), await startBackend(t, 'echo')]
  const dispatcher = made.dispatcher(made.upstream(backends.map(({ url }) => url)))
  const app = Fastify()
  await app.register(httpProxy, { upstream: 'http://any.invalid', prefix: '/api', undici: dispatcher })
  const url = await listen(t, app)
  for (const body of ['{"a":1}', '{"b":2}']) {
    const response = await request(`${url}/api/x`, { method: 'PUT', body, headers: { 'content-type': 'application/json' } })
    t.equal(await response.body.text(), body)
  }
  t.strictSame(backends.map(({ requests }) => requests.map(({ url }) => url)), [['/x'], ['/x']])
  backends[0]?.behave(behaviours.ok({ status: 404, reason: 'Not Found', body: 'none' }))
  t.equal((await request(`${url}/api/x`)).statusCode, 404)
})
