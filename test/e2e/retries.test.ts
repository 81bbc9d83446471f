import fastifyPlugin from 'fastify-plugin'
import t, { type Test } from 'tap'
import { VirtualClock } from '../../src/base/virtual-clock.js'
import { behaviours, startBackend, type Backend, type Behaviour } from '../fixtures/backend.js'
import { startBackendProcess } from '../fixtures/backend-process.js'
import { connect, exchange, get, type ClientResponse } from '../fixtures/client.js'
import { closedPort } from '../fixtures/closed-port.js'
import { eventually, startTestProxy, type TestProxy, type TestProxyOptions } from '../fixtures/proxy.js'

const NO_WAIT = { base: '0s', max: '0s' }

/** Says no, and who it is. */
const refusing = (name: string, ...headers: readonly string[]): Behaviour => behaviours.ok({ status: 503, reason: 'Overloaded', headers: ['X-From', name, ...headers], body: `${name} says no` })

/** A proxy whose first request goes to the first of two backends. */
async function start (t: Test, behave: readonly Behaviour[], retry: object, more: TestProxyOptions = {}): Promise<{ proxy: TestProxy, backends: readonly Backend[] }> {
  const backends = await Promise.all(behave.map(behaviour => startBackend(t, behaviour)))
  const proxy = await startTestProxy(t, backends.map(({ url }) => url), {
    ...more,
    pool: { strategy: 'round-robin', passiveHealth: false, ...more.pool },
    route: { retry: { backOff: NO_WAIT, ...retry } }
  })
  return { proxy, backends }
}

async function put (t: Test, proxy: TestProxy, method: string, body: string): Promise<ClientResponse> {
  return await exchange(t, proxy.port, [`${method} / HTTP/1.1`, 'Host: a', 'Transfer-Encoding: chunked'], `${body.length.toString(16)}\r\n${body}\r\n0\r\nX-Sum: 1\r\n\r\n`)
}

t.test('a status that is retried: the client gets the better answer of another target', async t => {
  const { proxy, backends } = await start(t, [refusing('a'), behaviours.ok({ body: 'fine' })], { on: [503] })
  for (let i = 0; i < 6; i++) {
    const { status, body, header } = await get(t, proxy.port)
    t.strictSame([status, body, header('x-from')], [200, 'fine', undefined])
  }
  const lines = await proxy.log.wait('request', 6)
  t.equal(lines.filter(({ attempts }) => attempts === 2).length, backends[0]?.requests.length)
  t.ok((backends[0]?.requests.length ?? 0) > 0)
})

for (const plugins of [[], [fastifyPlugin(async () => {})], [fastifyPlugin(async app => { app.addHook('onSend', async (_request, _reply, payload) => payload) })]]) {
  t.test(`no target has a better answer: the first is passed on, ${['past Fastify', 'through an app', 'through hooks'][plugins.length === 0 ? 0 : plugins[0]?.toString().includes('onSend') === true ? 2 : 1]}`, async t => {
    const names = ['a', 'b', 'c']
    const { proxy } = await start(t, names.map(name => refusing(name)), { attempts: 3, on: [503] }, { extensions: { plugins } })
    for (let i = 0; i < 3; i++) {
      const { status, body, header } = await get(t, proxy.port)
      t.equal(status, 503)
      t.equal(body, `${header('x-from')} says no`)
      t.notOk(header('proxy-status'), 'it is the target\'s, not the proxy\'s')
      t.match(await proxy.log.request(i + 1), { status: 503, attempts: 3, outcome: 'response', bytes: body.length })
    }
    t.equal(proxy.outcomes.length, 9)
    t.match(proxy.outcomes, Array.from({ length: 9 }, () => ({ kind: 'response', status: 503 })))
  })
}

t.test('a large answer is not held; a later one is passed on', async t => {
  const big = behaviours.ok({ status: 503, headers: ['X-From', 'big'], body: 'x'.repeat(200_000) })
  const { proxy } = await start(t, [big, big], { on: [503] })
  for (let i = 0; i < 3; i++) {
    const { status, body } = await get(t, proxy.port)
    t.equal(status, 503)
    t.equal(body.length, 200_000)
  }
})

t.test('Retry-After: not waited for where the route does not look at it, passed on where it is too long', async t => {
  const later = refusing('a', 'Retry-After', '3600')
  const impatient = await start(t, [later, behaviours.ok()], { on: [503], maxRetryAfter: '0s' })
  for (let i = 0; i < 4; i++) t.equal((await get(t, impatient.proxy.port)).status, 200)
  const patient = await start(t, [later, behaviours.ok()], { on: [503] })
  const answers = [await get(t, patient.proxy.port), await get(t, patient.proxy.port)]
  t.strictSame(answers.map(({ status }) => status).sort(), [200, 503])
  t.equal(answers.find(({ status }) => status === 503)?.header('retry-after'), '3600')
})

t.test('perTryTimeout: a target that hangs costs its time, not the request', async t => {
  const clock = new VirtualClock()
  let hung = 0
  const hanging: Behaviour = { onRequest: () => { hung++ } }
  const { proxy } = await start(t, [hanging, behaviours.ok()], { perTryTimeout: '100ms', on: ['timeout'] }, { clock })
  for (let i = 0; i < 4; i++) {
    const before = hung
    const client = (await connect(t, proxy.port)).get('/')
    await eventually(() => hung > before || client.received !== '')
    if (hung > before) clock.advance(200)
    t.equal((await client.response()).status, 200)
  }
  const lines = await proxy.log.wait('request', 4)
  t.ok(lines.some(({ error, attempts }) => error === 'try_timeout' && attempts === 2))
})

const dropping: Behaviour = { onRequest: reply => { void reply.body().then(() => { reply.end() }) } }

t.test('bufferBody: a kept body is sent again whole, with its trailers; a longer one is not sent again', async t => {
  const { proxy, backends } = await start(t, [dropping, behaviours.echo()], { bufferBody: '1kb' })
  for (let i = 0; i < 4; i++) {
    const { status, body } = await put(t, proxy, 'PUT', `kept ${i}`)
    t.strictSame([status, body], [200, `kept ${i}`])
    t.strictSame(backends[1]?.last.trailers, ['X-Sum', '1'])
  }
  const statuses = [(await put(t, proxy, 'PUT', 'x'.repeat(2000))).status, (await put(t, proxy, 'PUT', 'x'.repeat(2000))).status]
  t.strictSame(statuses.sort(), [200, 502])
})

t.test('bufferBody does nothing for POST: what was written is not written twice', async t => {
  const { proxy, backends } = await start(t, [dropping, behaviours.echo()], { bufferBody: '1kb' })
  const statuses = [(await put(t, proxy, 'POST', 'once')).status, (await put(t, proxy, 'POST', 'once')).status]
  t.strictSame(statuses.sort(), [200, 502])
  t.strictSame(backends.map(({ requests }) => requests.length), [1, 1])
})

t.test('bufferBody: an answer that comes before the body does', async t => {
  const early: Behaviour = { onRequest: reply => { reply.answer({ status: 503, body: 'early' }) } }
  const { proxy } = await start(t, [early, behaviours.echo()], { bufferBody: '100kb', on: [503] })
  for (let i = 0; i < 4; i++) {
    const client = (await connect(t, proxy.port)).request(['PUT / HTTP/1.1', 'Host: a', 'Content-Length: 50000'])
    client.send('x'.repeat(10))
    await new Promise(resolve => { setImmediate(resolve) })
    client.send('y'.repeat(49_990))
    const { status, body } = await client.response()
    t.equal(status, 200)
    t.equal(body, 'x'.repeat(10) + 'y'.repeat(49_990))
  }
})

t.test('no budget, no retry', async t => {
  const dead = `http://127.0.0.1:${await closedPort(t)}`
  const backend = await startBackend(t)
  const proxy = await startTestProxy(t, [dead, backend.url], { pool: { strategy: 'round-robin', passiveHealth: false, retryBudget: { share: 0, minimumPerSecond: 0 } } })
  const statuses = []
  for (let i = 0; i < 4; i++) statuses.push((await get(t, proxy.port)).status)
  t.strictSame(statuses.sort(), [200, 200, 502, 502])
})

t.test('tryFor: all targets go away and come back: no request fails, of whatever method', async t => {
  const backends = [await startBackendProcess(t, 'a'), await startBackendProcess(t, 'b')]
  const proxy = await startTestProxy(t, backends.map(({ url }) => url), { route: { retry: { tryFor: '30s' } } })
  t.equal((await get(t, proxy.port)).status, 200)
  for (const backend of backends) await backend.kill()
  const clients = await Promise.all(Array.from({ length: 20 }, async (_, i) => {
    const client = await connect(t, proxy.port)
    if (i % 2 === 0) return client.get('/')
    return client.request(['POST / HTTP/1.1', 'Host: a', 'Content-Length: 4'], 'body')
  }))
  // A client that gives up meanwhile is not tried for.
  const leaving = (await connect(t, proxy.port)).get('/leaving')
  await new Promise(resolve => { setTimeout(resolve, 300) })
  leaving.leave()
  t.equal(clients.filter(({ received }) => received !== '').length, 0, 'they wait')
  for (const backend of backends) await backend.start()
  for (const client of clients) {
    const { status, body } = await client.response()
    t.equal(status, 200)
    t.match(body, /^[ab]$/)
  }
  const lines = await proxy.log.wait('request', 22)
  t.equal(lines.filter(({ outcome }) => outcome === 'response').length, 21)
  t.match(lines.find(({ path }) => path === '/leaving'), { outcome: 'cancelled', status: 499 })
})

t.test('tryFor ends: the answer says what was wrong', async t => {
  const clock = new VirtualClock()
  const proxy = await startTestProxy(t, [`http://127.0.0.1:${await closedPort(t)}`], { clock, route: { retry: { tryFor: '300ms' } } })
  const client = (await connect(t, proxy.port)).get('/')
  await eventually(() => {
    clock.advance(5)
    return client.received !== ''
  })
  const { status, body } = await client.response()
  t.equal(status, 502)
  t.equal(JSON.parse(body).code, 'connection_refused')
  const { attempts } = await proxy.log.request()
  t.ok(Number(attempts) >= 2, `${String(attempts)} attempts`)
})
