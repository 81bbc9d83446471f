import t from 'tap'
import { VirtualClock } from '../../src/base/virtual-clock.js'
import { backendPlugin } from '../../src/backend/plugin.js'
import { FakeProcess } from './fake-process.js'
import { world } from './world.js'

t.test('the health route tells how the backend is', async t => {
  const { app, process } = await world(t)
  process.ran(42, 58)
  process.late(1.23)
  const response = await app.inject('/health')
  t.equal(response.statusCode, 200)
  t.match(response.headers['content-type'], /^application\/json/)
  t.equal(response.headers['cache-control'], 'no-store')
  t.notOk('headrace-backend' in response.headers)
  t.same(response.json(), {
    status: 'ok', inflight: 0, requests: 0, eventLoop: { utilization: 0.42, delayMs: 1.2 }, heap: { usedBytes: 1000, limitBytes: 5000 }, uptimeSeconds: 12.3
  })
})

t.test('HEAD, even where the app makes no HEAD routes by itself', async t => {
  const { app } = await world(t, { path: '/up' }, { exposeHeadRoutes: false })
  const response = await app.inject({ method: 'HEAD', url: '/up' })
  t.equal(response.statusCode, 200)
  t.equal(response.body, '')
  t.equal((await app.inject('/health')).statusCode, 404)
})

t.test('inflight and requests count requests, and no questions about health', async t => {
  let answer = (_ready: boolean): void => {}
  const asked = new Promise<boolean>(resolve => { answer = resolve })
  const { app, release } = await world(t, { check: () => asked })
  const slow = app.inject('/slow')
  const health = [app.inject('/health'), app.inject('/health')]
  await app.inject('/')
  t.equal(app.headraceBackend.inflight, 1)
  answer(true)
  for (const response of await Promise.all(health)) t.match(response.json(), { inflight: 1, requests: 2 })
  release()
  await slow
  t.equal(app.headraceBackend.inflight, 0)
  t.match((await app.inject('/health')).json(), { inflight: 0, requests: 2 })
})

const notReady: Readonly<Record<string, () => boolean | string | Promise<boolean>>> = {
  false: () => false,
  'a reason': () => 'secret reason',
  'an error': () => { throw new Error('secret reason') },
  'a rejection': async () => { throw new Error('secret reason') },
  // What a program without types may do.
  'no word at all': () => undefined as unknown as boolean
}

for (const [name, check] of Object.entries(notReady)) {
  t.test(`a check that says ${name} is 503, and the client is not told why`, async t => {
    const { app, log } = await world(t, { check })
    const response = await app.inject('/health')
    t.equal(response.statusCode, 503)
    t.match(response.json(), { status: 'failing', inflight: 0 })
    t.notMatch(response.body, 'secret')
    t.equal(log.filter(({ msg }) => msg === 'not ready').length, 1)
    if (name.startsWith('a')) t.equal(log.at(-1)?.['reason'], 'secret reason')
  })
}

t.test('only changes are logged', async t => {
  let result: boolean | string = true
  const made = await world(t, { check: async () => result })
  const answers: number[] = []
  for (result of [true, 'no database', 'no database', 'no disk', true, true]) answers.push((await made.health()).code)
  t.same(answers, [200, 503, 503, 503, 200, 200])
  t.same(made.log.filter(({ msg }) => msg !== undefined && /ready/.test(String(msg))).map(({ msg, reason }) => reason ?? msg), ['no database', 'no disk', 'ready again'])
})

t.test('several who ask at once share one check; one that hangs is over after its time, and the next is made anew', async t => {
  let checks = 0
  const made = await world(t, { checkTimeout: '3s', check: () => checks++ === 0 ? new Promise<boolean>(() => {}) : true })
  const asked = [made.health(), made.health()]
  await made.clock.advanceAsync(2999)
  t.equal(checks, 1)
  await made.clock.advanceAsync(1)
  t.same(await Promise.all(asked), [{ code: 503, status: 'failing' }, { code: 503, status: 'failing' }])
  t.same(await made.health(), { code: 200, status: 'ok' })
  t.equal(made.clock.pending, 0)
})

t.test('two registrations in one app are refused', async t => {
  const { app } = await world(t)
  await t.rejects(async () => await app.register(backendPlugin(new VirtualClock(), new FakeProcess()), { path: '/other' }), { code: 'FST_ERR_DEC_ALREADY_PRESENT' })
})
