import t from 'tap'
import { behaviours, startBackend } from '../fixtures/backend.js'
import { startBackendProcess } from '../fixtures/backend-process.js'
import { connect, get } from '../fixtures/client.js'
import { closedPort } from '../fixtures/closed-port.js'
import { eventually, startTestProxy } from '../fixtures/proxy.js'

const CHECK = { path: '/health', interval: '20ms', timeout: '1m', jitter: 0, fall: 2, rise: 2 }

t.test('a target that fails its probes is evicted, gets nothing, and comes back; one line per change, with the reason', async t => {
  let healthy = true
  const sick = await startBackend(t, {
    onRequest: reply => { reply.answer(reply.request.url === '/health' && !healthy ? { status: 503, reason: 'Sick', body: '' } : { body: 'sick' }) }
  })
  const well = await startBackend(t, behaviours.ok({ body: 'well' }))
  const proxy = await startTestProxy(t, [sick.url, well.url], { pool: { strategy: 'round-robin', healthCheck: CHECK } })
  const bodies = async (): Promise<Set<string>> => new Set(await Promise.all(Array.from({ length: 6 }, async () => (await get(t, proxy.port)).body)))
  // Both had to pass first, so that each said "up" once.
  await proxy.log.wait('target is up', 2)
  t.same(await bodies(), new Set(['sick', 'well']))
  healthy = false
  const [down] = await proxy.log.wait('target is down')
  t.match(down, { level: 40, pool: 'main', target: sick.url, reason: /503/ })
  t.same(await bodies(), new Set(['well']))
  const probes = sick.requests.filter(({ url }) => url === '/health').length
  await sick.until(() => sick.requests.filter(({ url }) => url === '/health').length > probes + 3)
  healthy = true
  const [, , up] = await proxy.log.wait('target is up', 3)
  t.match(up, { level: 30, pool: 'main', target: sick.url })
  t.same(await bodies(), new Set(['sick', 'well']))
  t.equal(proxy.log.named('target is down').length, 1)
  t.equal(proxy.log.named('target is up').length, 3)
})

t.test('a killed process is evicted and taken back by itself', async t => {
  const backends = [await startBackendProcess(t, 'a'), await startBackendProcess(t, 'b')]
  const proxy = await startTestProxy(t, backends.map(({ url }) => url), { pool: { strategy: 'round-robin', healthCheck: { type: 'tcp', interval: '20ms', timeout: '1m', fall: 2, rise: 2 } } })
  await backends[0]?.kill()
  for (let i = 0; i < 10; i++) t.same([(await get(t, proxy.port)).body], ['b'], 'never seen by a client')
  t.match((await proxy.log.wait('target is down'))[0], { target: backends[0]?.url, reason: /ECONNREFUSED/ })
  const attempts = proxy.log.named('request').length
  t.equal((await get(t, proxy.port)).body, 'b')
  t.match(await proxy.log.request(attempts + 1), { attempts: 1 }, 'it is not even tried')
  await backends[0]?.start()
  await eventually(() => proxy.log.named('target is up').some(({ target }, i) => i > 1 && target === backends[0]?.url))
  t.same(new Set([(await get(t, proxy.port)).body, (await get(t, proxy.port)).body]), new Set(['a', 'b']))
})

t.test('probes use connections of their own and no traffic counts', async t => {
  const backend = await startBackend(t)
  const proxy = await startTestProxy(t, [{ url: backend.url, maxConnections: 1 }], { pool: { healthCheck: CHECK } })
  const holding = await startBackend(t, 'hang')
  t.ok(holding)
  backend.behave({ onRequest: reply => { if (reply.request.url === '/health') reply.answer({ body: 'ok', close: true }) } })
  const busy = (await connect(t, proxy.port)).get('/long')
  await backend.until(() => backend.requests.some(({ url }) => url === '/long'))
  const before = backend.requests.length
  await backend.until(() => backend.requests.length > before + 5)
  t.equal(proxy.log.named('target is down').length, 0)
  t.equal(proxy.inflight, 1)
  const long = backend.requests.find(({ url }) => url === '/long')
  t.equal(backend.requests.filter(({ connection }) => connection === long?.connection).length, 1)
  busy.leave()
})

t.test('a refused connection is re-picked at once, for every method and with its body', async t => {
  const dead = `http://127.0.0.1:${await closedPort(t)}`
  const backend = await startBackend(t, 'echo')
  const proxy = await startTestProxy(t, [dead, backend.url], { pool: { strategy: 'round-robin' } })
  for (const method of ['GET', 'POST', 'PATCH', 'POST', 'GET', 'PUT', 'POST', 'DELETE']) {
    const client = (await connect(t, proxy.port)).request([`${method} / HTTP/1.1`, 'Host: a', 'Content-Length: 4'], 'body')
    const { status, body } = await client.response()
    t.equal(status, 200, method)
    t.equal(body, 'body')
  }
  t.equal(backend.requests.length, 8)
})

t.test('a POST that a target took and dropped is not sent again; a GET is, once, to another', async t => {
  const bad = await startBackend(t, { onRequest: reply => { void reply.body().then(() => { reply.end() }) } })
  const good = await startBackend(t)
  const proxy = await startTestProxy(t, [bad.url, good.url], { pool: { strategy: 'round-robin' } })
  const results: number[] = []
  for (let i = 0; i < 6; i++) {
    const client = (await connect(t, proxy.port)).request(['POST / HTTP/1.1', 'Host: a', 'Content-Length: 4'], 'body')
    results.push((await client.response()).status)
  }
  t.same(results.sort(), [200, 200, 200, 502, 502, 502])
  t.equal(bad.requests.length + good.requests.length, 6)
  for (let i = 0; i < 6; i++) t.equal((await get(t, proxy.port)).status, 200)
})

t.test('a kept connection that the target has closed in the meantime costs nobody an answer', async t => {
  const backend = await startBackend(t, behaviours.closeWhenIdle())
  const proxy = await startTestProxy(t, [backend.url])
  for (let i = 0; i < 50; i++) t.equal((await get(t, proxy.port)).status, 200)
  t.equal(proxy.outcomes.filter(({ kind }) => kind === 'failure').length, 0)
})

t.test('all down: they are tried anyway, and that is said once', async t => {
  const backend = await startBackend(t, { onRequest: reply => { reply.answer(reply.request.url === '/health' ? { status: 500, body: '' } : { body: 'alive' }) } })
  const proxy = await startTestProxy(t, [backend.url], { pool: { healthCheck: CHECK } })
  for (let i = 0; i < 5; i++) t.equal((await get(t, proxy.port)).body, 'alive')
  t.match(proxy.log.named('all targets are down: trying them anyway'), [{ level: 40, pool: 'main' }])
})

t.test('all down and "fail": 503 without asking them', async t => {
  const backend = await startBackend(t, { onRequest: reply => { reply.answer(reply.request.url === '/health' ? { status: 500, body: '' } : { body: 'alive' }) } })
  const proxy = await startTestProxy(t, [backend.url], { pool: { healthCheck: CHECK, whenAllDown: 'fail' } })
  const { status, body, header } = await get(t, proxy.port)
  t.equal(status, 503)
  t.equal(header('retry-after'), '1')
  t.equal(JSON.parse(body).code, 'destination_unavailable')
  t.equal(backend.requests.filter(({ url }) => url === '/').length, 0)
})

t.test('it listens when the first verdicts are in, so that the first request meets a target that works', async t => {
  const dead = `http://127.0.0.1:${await closedPort(t)}`
  const backend = await startBackend(t)
  const proxy = await startTestProxy(t, [dead, dead.replace('127.0.0.1', 'localhost'), backend.url], { pool: { healthCheck: { interval: '1h', timeout: '1m' }, strategy: 'round-robin' } })
  for (let i = 0; i < 6; i++) {
    t.equal((await get(t, proxy.port)).status, 200)
    t.match(await proxy.log.request(i + 1), { attempts: 1 })
  }
})

t.test('weight 0 gets nothing; weights are kept to', async t => {
  const none = await startBackend(t)
  const one = await startBackend(t)
  const three = await startBackend(t)
  const proxy = await startTestProxy(t, [{ url: none.url, weight: 0 }, { url: one.url, weight: 1 }, { url: three.url, weight: 3 }], { pool: { strategy: 'round-robin' } })
  for (let i = 0; i < 40; i++) await get(t, proxy.port)
  t.same([none.requests.length, one.requests.length, three.requests.length], [0, 10, 30])
})

t.test('maxConnections sends the rest elsewhere', async t => {
  const small = await startBackend(t, 'hang')
  const big = await startBackend(t, 'hang')
  const proxy = await startTestProxy(t, [{ url: small.url, maxConnections: 2 }, big.url], { pool: { strategy: 'round-robin' } })
  const clients = await Promise.all(Array.from({ length: 10 }, async () => (await connect(t, proxy.port)).get('/')))
  await eventually(() => small.requests.length + big.requests.length === 10)
  t.equal(small.requests.length, 2)
  for (const client of clients) client.leave()
})

t.test('least-connections prefers whoever is free', async t => {
  const slow = await startBackend(t, 'hang')
  const fast = await startBackend(t)
  const proxy = await startTestProxy(t, [slow.url, fast.url], { pool: { strategy: 'least-connections' } })
  const clients = [await connect(t, proxy.port), await connect(t, proxy.port)]
  for (const client of clients) client.get('/')
  await eventually(() => slow.requests.length === 1)
  for (let i = 0; i < 10; i++) t.equal((await get(t, proxy.port)).body, 'ok')
  t.equal(slow.requests.length, 1)
  for (const client of clients) client.leave()
})
