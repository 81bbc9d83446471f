import t from 'tap'
import { behaviours, startBackend, type Backend, type Reply } from '../fixtures/backend.js'
import { connect, get, type Client } from '../fixtures/client.js'
import { eventually, startTestProxy, type TestProxy } from '../fixtures/proxy.js'

/** A backend whose answers a test gives one by one, in the order in which the requests came. */
async function startPatient (t: Teardown): Promise<{ backend: Backend, answer: () => void }> {
  const replies: Reply[] = []
  const backend = await startBackend(t, { onRequest: reply => { replies.push(reply) } })
  return { backend, answer: () => { replies.shift()?.answer({ body: 'ok' }) } }
}

interface Teardown { teardown (fn: () => Promise<void> | void): void }

/** Sends requests one after the other, each when the one before waits in the queue. */
async function queue (t: Teardown, proxy: TestProxy, paths: readonly string[], ...more: readonly string[]): Promise<Client[]> {
  const clients: Client[] = []
  for (const path of paths) {
    const before = proxy.queued
    clients.push((await connect(t, proxy.port)).get(path, ...more))
    await eventually(() => proxy.queued === before + 1)
  }
  return clients
}

t.test('a target that is full: the others wait, and are served in the order in which they came', async t => {
  const { backend, answer } = await startPatient(t)
  const proxy = await startTestProxy(t, [{ url: backend.url, maxConnections: 2 }])
  const clients = [(await connect(t, proxy.port)).get('/1'), (await connect(t, proxy.port)).get('/2')]
  await backend.until(() => backend.requests.length === 2)
  clients.push(...await queue(t, proxy, ['/3', '/4', '/5']))
  t.equal(backend.requests.length, 2)
  for (let i = 0; i < 5; i++) {
    // One at a time: two that are granted in one step come over connections of which the backend may read either one first.
    await backend.until(() => backend.requests.length === Math.min(5, i + 2))
    answer()
    t.ok(proxy.inflight <= 2)
  }
  for (const client of clients) t.equal((await client.response()).status, 200)
  t.strictSame(backend.requests.map(({ url }) => url).slice(2), ['/3', '/4', '/5'])
})

t.test('who leaves while it waits is passed over', async t => {
  const { backend, answer } = await startPatient(t)
  const proxy = await startTestProxy(t, [{ url: backend.url, maxConnections: 1 }])
  const first = (await connect(t, proxy.port)).get('/1')
  await backend.until(() => backend.requests.length === 1)
  const [second, third] = await queue(t, proxy, ['/2', '/3'])
  second?.leave()
  await eventually(() => proxy.queued === 1)
  answer()
  await first.response()
  await backend.until(() => backend.requests.length === 2)
  answer()
  t.equal((await third?.response())?.status, 200)
  t.strictSame(backend.requests.map(({ url }) => url), ['/1', '/3'])
  t.match(proxy.log.named('request').find(({ path }) => path === '/2'), { outcome: 'cancelled', status: 499, attempts: 0 })
})

t.test('high priority is served first, and takes the place of who came last where the queue is full', async t => {
  const { backend, answer } = await startPatient(t)
  const proxy = await startTestProxy(t, [{ url: backend.url, maxConnections: 1 }], {
    pool: { queue: { max: 2 } },
    routes: [{ prefix: '/urgent', pool: 'main', priority: 'high' }, { prefix: '/', pool: 'main', priority: { header: 'X-Tier', high: ['gold'] } }]
  })
  const clients = [(await connect(t, proxy.port)).get('/1')]
  await backend.until(() => backend.requests.length === 1)
  const [second, third] = await queue(t, proxy, ['/2', '/3'])
  const gold = (await connect(t, proxy.port)).get('/gold', 'X-Tier: gold')
  const displaced = await third?.response()
  t.equal(displaced?.status, 503)
  t.equal(displaced?.header('retry-after'), '1')
  t.equal(JSON.parse(displaced?.body ?? '').code, 'queue_full')
  const urgent = (await connect(t, proxy.port)).get('/urgent')
  t.equal((await second?.response())?.status, 503)
  const refused = await get(t, proxy.port, '/urgent/too-many')
  t.equal(JSON.parse(refused.body).code, 'queue_full')
  clients.push(gold, urgent)
  for (let i = 0; i < 3; i++) {
    await backend.until(() => backend.requests.length > i)
    answer()
  }
  for (const client of clients) t.equal((await client.response()).status, 200)
  t.strictSame(backend.requests.map(({ url }) => url), ['/1', '/gold', '/urgent'])
})

t.test('priority goes by what the client sent, whatever the route makes of it', async t => {
  const { backend, answer } = await startPatient(t)
  const proxy = await startTestProxy(t, [{ url: backend.url, maxConnections: 1 }], {
    route: { priority: { header: 'x-tier', high: ['gold'] }, headers: { request: { remove: ['x-tier'] } } }
  })
  const clients = [(await connect(t, proxy.port)).get('/1')]
  await backend.until(() => backend.requests.length === 1)
  clients.push(...await queue(t, proxy, ['/2']))
  clients.push(...await queue(t, proxy, ['/3'], 'X-Tier: gold'))
  for (let i = 0; i < 3; i++) {
    await backend.until(() => backend.requests.length > i)
    answer()
  }
  for (const client of clients) t.equal((await client.response()).status, 200)
  t.strictSame(backend.requests.map(({ url }) => url), ['/1', '/3', '/2'])
  t.strictSame(backend.last.values('x-tier'), [])
})

t.test('a pool has a limit of its own, over all its targets', async t => {
  const backends = [await startPatient(t), await startPatient(t)]
  const proxy = await startTestProxy(t, backends.map(({ backend }) => backend.url), { pool: { strategy: 'round-robin', maxConnections: 3 } })
  const clients = await Promise.all(Array.from({ length: 3 }, async (_, i) => (await connect(t, proxy.port)).get(`/${i}`)))
  await proxy.untilInflight(3)
  const [waiting] = await queue(t, proxy, ['/waiting'])
  t.equal(proxy.inflight, 3)
  // It gets its lease when that of another has ended.
  await eventually(() => backends.reduce((sum, { backend }) => sum + backend.requests.length, 0) === 3)
  for (const { answer } of backends) for (let i = 0; i < 2; i++) answer()
  await eventually(() => backends.reduce((sum, { backend }) => sum + backend.requests.length, 0) === 4)
  for (const { answer } of backends) answer()
  t.equal((await waiting?.response())?.status, 200)
  for (const client of clients) t.equal((await client.response()).status, 200)
})

t.test('a tunnel takes up its place for as long as it stands', async t => {
  const backend = await startBackend(t, behaviours.upgrade())
  const proxy = await startTestProxy(t, [{ url: backend.url, maxConnections: 1 }])
  const tunnel = (await connect(t, proxy.port)).get('/', 'Connection: Upgrade', 'Upgrade: echo')
  t.equal((await tunnel.response()).status, 101)
  backend.behave('ok')
  const [waiting] = await queue(t, proxy, ['/'])
  tunnel.leave()
  t.equal((await waiting?.response())?.status, 200)
})
