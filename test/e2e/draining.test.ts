import t, { type Test } from 'tap'
import { behaviours, startBackend, type Backend, type Behaviour } from '../fixtures/backend.js'
import { connect, get } from '../fixtures/client.js'
import { eventually, startTestProxy } from '../fixtures/proxy.js'

/** Never again within a test. */
const HEALTH = { path: '/health', interval: '1h', timeout: '1h' }
const FIELD = ['Headrace-Backend', 'draining']

/** Answers with its name; says that it drains where `draining` says so. */
const named = (name: string, draining: () => boolean = () => false): Behaviour => ({
  onRequest: reply => {
    void reply.body().then(() => { reply.answer({ headers: ['X-From', name, ...draining() && reply.request.url !== '/health' ? FIELD : []], body: name }) })
  }
})

async function bodies (t: Test, port: number, count = 6): Promise<Set<string>> {
  const seen = new Set<string>()
  for (let i = 0; i < count; i++) seen.add((await get(t, port)).body)
  return seen
}

const ordinary = ({ requests }: Backend): number => requests.filter(({ url }) => url !== '/health').length

for (const [how, healthCheck] of [['with health checks', HEALTH], ['by its traffic alone', false]] as const) {
  t.test(`a backend that says it is draining gets no new requests, at once, ${how}`, async t => {
    let draining = false
    const leaving = await startBackend(t, named('leaving', () => draining))
    const staying = await startBackend(t, named('staying'))
    const proxy = await startTestProxy(t, [leaving.url, staying.url], { pool: { strategy: 'round-robin', healthCheck } })
    t.strictSame(await bodies(t, proxy.port), new Set(['leaving', 'staying']))
    draining = true
    let last = 0
    for (let i = 0; i < 10; i++) {
      const { status, body, header, head } = await get(t, proxy.port)
      t.equal(status, 200)
      t.equal(header('x-from'), body)
      t.notMatch(head, /headrace-backend/i, 'that is between the two of us')
      if (body === 'leaving') last = i + 1
    }
    t.ok(last <= 2, 'the response that says so is its last')
    t.match(proxy.log.lines.filter(({ msg }) => msg === (healthCheck === false ? 'target is ejected' : 'target is down')), [{ target: leaving.url, reason: 'the target is draining' }])
    t.equal(proxy.outcomes.filter(({ kind }) => kind !== 'response').length, 0)
  })
}

t.test('what is under way on a draining backend is finished', async t => {
  let release = (): void => {}
  const slow = behaviours.slow(new Promise(resolve => { release = resolve }), { body: 'slow' })
  const quick = named('leaving', () => true)
  const leaving = await startBackend(t, { onRequest: reply => { (reply.request.url === '/slow' ? slow : quick).onRequest?.(reply) } })
  const staying = await startBackend(t, named('staying'))
  const proxy = await startTestProxy(t, [leaving.url, staying.url], { pool: { strategy: 'round-robin' } })
  const clients = [(await connect(t, proxy.port)).get('/slow'), (await connect(t, proxy.port)).get('/slow')]
  await eventually(() => ordinary(leaving) + ordinary(staying) === 2)
  await bodies(t, proxy.port)
  t.strictSame(await bodies(t, proxy.port), new Set(['staying']))
  release()
  t.strictSame(new Set([(await clients[0]?.response())?.body, (await clients[1]?.response())?.body]), new Set(['slow', 'staying']))
})

t.test('the last one that is left is asked all the same', async t => {
  const backend = await startBackend(t, named('last', () => true))
  for (const healthCheck of [HEALTH, false]) {
    const proxy = await startTestProxy(t, [backend.url], { pool: { healthCheck } })
    for (let i = 0; i < 3; i++) t.equal((await get(t, proxy.port)).status, 200)
  }
})

t.test('a 503 that says so is tried again elsewhere, and asked no more', async t => {
  const leaving = await startBackend(t, behaviours.ok({ status: 503, headers: FIELD, body: 'going' }))
  const staying = await startBackend(t, named('staying'))
  const proxy = await startTestProxy(t, [leaving.url, staying.url], { pool: { strategy: 'round-robin' }, route: { retry: { on: ['connect', 'reset', 503] } } })
  t.strictSame(await bodies(t, proxy.port, 10), new Set(['staying']))
  t.equal(ordinary(leaving), 1)
})

t.test('a target that the config drains finishes nothing new', async t => {
  const drained = await startBackend(t, named('drained'))
  const staying = await startBackend(t, named('staying'))
  const proxy = await startTestProxy(t, [{ url: drained.url, drain: true }, staying.url])
  t.strictSame(await bodies(t, proxy.port), new Set(['staying']))
  t.equal(drained.connections.opened, 0)
})
