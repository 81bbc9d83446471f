import t from 'tap'
import { startBackend } from '../fixtures/backend.js'
import { connect, get } from '../fixtures/client.js'
import { eventually, startTestProxy } from '../fixtures/proxy.js'

t.test('a target set to drain finishes what it has, gets nothing new, and is reported when it is empty', async t => {
  const leaving = await startBackend(t, 'hang')
  const staying = await startBackend(t)
  const proxy = await startTestProxy(t, [leaving.url, staying.url], { pool: { healthCheck: false } })
  const pool = proxy.running.pools.get('main')
  if (pool === undefined) throw new Error('the pool is not there')
  const open = (await connect(t, proxy.port)).get('/first')
  await leaving.until(() => leaving.requests.length === 1)
  pool.drain(leaving.url)
  for (let i = 0; i < 4; i++) t.equal((await get(t, proxy.port, '/')).status, 200)
  t.equal(leaving.requests.length, 1)
  t.same(proxy.log.named('target has drained'), [])
  open.leave()
  t.match(await proxy.log.wait('target has drained'), [{ target: leaving.url }])
  await leaving.until(() => leaving.connections.open === 0)
  pool.drain(leaving.url, false)
  leaving.behave('ok')
  for (let i = 0; i < 4; i++) t.equal((await get(t, proxy.port, '/')).status, 200)
  t.equal(leaving.requests.length, 3, 'it takes its turn again')
  t.throws(() => { pool.drain('http://127.0.0.1:1') }, RangeError)
  t.throws(() => { pool.drain('nonsense') }, TypeError)
})

t.test('a target set to drain by the config gets nothing', async t => {
  const [drained, other] = [await startBackend(t), await startBackend(t)]
  const proxy = await startTestProxy(t, [{ url: drained.url, drain: true }, other.url], { pool: { healthCheck: false } })
  for (let i = 0; i < 4; i++) t.equal((await get(t, proxy.port, '/')).status, 200)
  t.equal(drained.requests.length, 0)
})

t.test('a target that leaves by reconcile finishes what it has; a new one is probed before it serves', async t => {
  const leaving = await startBackend(t, 'hang')
  const joining = await startBackend(t)
  const proxy = await startTestProxy(t, [leaving.url], { pool: { healthCheck: { type: 'tcp', interval: '1h', timeout: '1m' } } })
  const pool = proxy.running.pools.get('main')
  if (pool === undefined) throw new Error('the pool is not there')
  const open = (await connect(t, proxy.port)).get('/first')
  await leaving.until(() => leaving.requests.length === 1)
  const { added, removed } = pool.reconcile([{ url: joining.url }])
  t.same([added, removed].map(targets => targets.map(({ url }) => url)), [[joining.url], [leaving.url]])
  await eventually(() => pool.pool.eligible.length === 1 && pool.pool.eligible[0]?.healthy === true)
  t.equal((await get(t, proxy.port, '/')).status, 200)
  t.equal(joining.requests.length, 1)
  t.same(proxy.log.named('target has drained'), [])
  open.leave()
  t.match(await proxy.log.wait('target has drained'), [{ target: leaving.url }])
})
