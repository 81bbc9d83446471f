import t, { type Test } from 'tap'
import { seededRandom } from '../../src/base/random.js'
import { VirtualClock } from '../../src/base/virtual-clock.js'
import { strategyKinds } from '../../src/balancing/strategies.js'
import { loadConfig } from '../../src/config/load.js'
import { Upstreams } from '../../src/server/upstreams.js'
import { startBackend } from '../fixtures/backend.js'
import { CapturedLog, eventually } from '../fixtures/proxy.js'

/** Two pools of a target each, and what to make of them: one more target for each, and a third pool. The new targets never answer. */
async function create (t: Test) {
  const [old, silent] = [await startBackend(t), await startBackend(t, 'hang')]
  const healthCheck = { timeout: '1h', interval: '1h' }
  const pool = { targets: [old.url], healthCheck }
  const grown = { targets: [old.url, silent.url], healthCheck }
  const routes = [{ prefix: '/', pool: 'a' }]
  const [before, after] = [loadConfig({ pools: { a: pool, b: pool }, routes }), loadConfig({ pools: { a: grown, b: grown, c: { targets: [silent.url], healthCheck } }, routes })]
  const clock = new VirtualClock()
  const { logger: log } = new CapturedLog()
  const upstreams = new Upstreams(before.pools, { clock, random: seededRandom(1), log, strategies: strategyKinds, zone: null, timeouts: before.timeouts })
  t.teardown(() => upstreams.stop(true))
  await upstreams.start()
  return { upstreams, clock, after, silent, timers: clock.pending }
}

t.test('first verdicts of all pools are taken side by side', async t => {
  const { upstreams, clock, after, silent } = await create(t)
  const prepared = upstreams.prepare(after.pools, after)
  await silent.until(() => silent.requests.length === 3)
  await clock.advanceAsync(5000)
  const next = await prepared
  t.strictSame([...upstreams.pools.keys()], ['a', 'b'])
  next.commit()
  t.strictSame([...upstreams.pools.values()].map(({ pool }) => pool.targets.map(({ healthy }) => healthy)), [[true, false], [true, false], [false]])
})

t.test('when one pool can not be made, nobody waits for the first verdicts of the others', async t => {
  const { upstreams, after, silent, clock, timers } = await create(t)
  const { a, b, c } = after.pools
  if (a === undefined || b === undefined || c === undefined) throw new Error('there are three')
  const bad = { ...b, tls: { key: 'nonsense' } }
  await t.rejects(upstreams.prepare({ a, b: bad, c }, after))
  await eventually(() => silent.connections.open === 0 && clock.pending === timers)
  t.strictSame([...upstreams.pools.keys()], ['a', 'b'])
})

t.test('what is given up waits for nothing and leaves nothing behind', async t => {
  const { upstreams, after, silent, clock, timers } = await create(t)
  const controller = new AbortController()
  const given = upstreams.prepare(after.pools, after, controller.signal)
  await silent.until(() => silent.requests.length === 3)
  controller.abort(new Error('enough'))
  await t.rejects(given, { message: 'enough' })
  await eventually(() => silent.connections.open === 0 && clock.pending === timers)
  t.strictSame([...upstreams.pools.values()].map(({ pool }) => pool.targets.length), [1, 1])
  await t.rejects(upstreams.prepare(after.pools, after, controller.signal), { message: 'enough' })
  t.equal(silent.requests.length, 3, 'it does not even begin')
})
