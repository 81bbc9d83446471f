import t from 'tap'
import { startBackend, type Backend, type Behaviour } from '../fixtures/backend.js'
import { get } from '../fixtures/client.js'
import { closedPort } from '../fixtures/closed-port.js'
import { eventually, startTestProxy } from '../fixtures/proxy.js'

const CHECK = { path: '/health', interval: '20ms', timeout: '1m', jitter: 0, fall: 2, rise: 2 }

/** Serves, whatever its health check says. */
function checked (healthy: () => boolean): Behaviour {
  return { onRequest: reply => { reply.answer(reply.request.url === '/health' && !healthy() ? { status: 500, body: '' } : { body: 'alive' }) } }
}

const ordinary = ({ requests }: Backend): number => requests.filter(({ url }) => url !== '/health').length

t.test('try-anyway: when the last target goes down all are tried, which is said once, and so is the end of it', async t => {
  let healthy = true
  const backends = [await startBackend(t, checked(() => healthy)), await startBackend(t, checked(() => healthy))]
  const proxy = await startTestProxy(t, backends.map(({ url }) => url), { pool: { strategy: 'round-robin', healthCheck: CHECK } })
  await proxy.log.wait('target is up', 2)
  t.equal((await get(t, proxy.port)).status, 200)
  healthy = false
  await proxy.log.wait('target is down', 2)
  const before = backends.map(ordinary)
  for (let i = 0; i < 6; i++) t.equal((await get(t, proxy.port)).body, 'alive')
  t.ok(backends.every((backend, i) => ordinary(backend) > (before[i] ?? 0)), 'all of them are tried')
  t.match(proxy.log.named('all targets are down: trying them anyway'), [{ level: 40, pool: 'main' }])
  healthy = true
  await proxy.log.wait('target is up', 4)
  t.equal((await get(t, proxy.port)).status, 200)
  t.match(proxy.log.named('a target may serve again: panic is over'), [{ level: 30, pool: 'main' }])
})

t.test('fail: 503 at once, nobody is asked; when one is back it serves', async t => {
  let healthy = true
  const backend = await startBackend(t, checked(() => healthy))
  const dead = `http://127.0.0.1:${await closedPort(t)}`
  const proxy = await startTestProxy(t, [backend.url, dead], { pool: { healthCheck: CHECK, whenAllDown: 'fail' } })
  t.equal((await get(t, proxy.port)).status, 200)
  healthy = false
  await eventually(() => proxy.log.named('target is down').some(({ target }) => target === backend.url))
  const before = ordinary(backend)
  for (let i = 0; i < 3; i++) {
    const { status, body, header } = await get(t, proxy.port)
    t.equal(status, 503)
    t.equal(JSON.parse(body).code, 'destination_unavailable')
    t.equal(header('retry-after'), '1')
  }
  t.equal(ordinary(backend), before)
  t.match(proxy.log.named('request').at(-1), { status: 503, attempts: 0, target: null, outcome: 'failure', error: 'destination_unavailable' })
  t.equal(proxy.log.named('all targets are down: trying them anyway').length, 0)
  healthy = true
  await proxy.log.wait('target is up', 2)
  t.equal((await get(t, proxy.port)).status, 200)
})

t.test('fail: with tryFor a request outlasts it', async t => {
  let healthy = false
  const backend = await startBackend(t, checked(() => healthy))
  const proxy = await startTestProxy(t, [backend.url], { pool: { healthCheck: CHECK, whenAllDown: 'fail' }, route: { retry: { tryFor: '30s' } } })
  await backend.until(() => backend.requests.length > 2)
  const waiting = get(t, proxy.port)
  await backend.until(() => backend.requests.length > 8)
  healthy = true
  t.equal((await waiting).status, 200)
})
