import t from 'tap'
import { Exchange } from '../../src/proxy/exchange.js'
import type { RouteConfig } from '../../src/proxy/route-config.js'
import { exchangeHead } from './exchange-head.js'
import { failure, FullWorld } from './exchange-world.js'
import { FakeClient } from './fake-client.js'
import { createRoute, retryRules, routeConfig } from './route-world.js'

/** Another request to the pool of that world. */
function another (world: FullWorld, route: Partial<RouteConfig> = {}, headers: string[] = ['Host', 'a']): Exchange<FakeClient> {
  const its = createRoute(route, world.services, world.pool, world.transport)
  const exchange = new Exchange(its, exchangeHead({ headers, urgent: its.isUrgent(headers) }), null, new FakeClient())
  exchange.start()
  return exchange
}

t.test('a request waits while all targets are full, and is sent in its turn', async t => {
  const world = new FullWorld()
  world.start()
  t.equal(world.sent, 0)
  t.equal(world.pool.queued, 1)
  await world.release()
  t.equal(world.sent, 1)
  world.last.respond(200)
  world.last.end()
  t.match(world.exchange, { status: 200, attempts: 1, error: null })
  world.check(t)
})

t.test('who waits too long: queue_timeout', async t => {
  const world = new FullWorld()
  world.start()
  world.advance(4900)
  t.notOk(world.exchange.ended)
  world.advance(200)
  t.match(world.exchange, { status: 503, outcome: 'failure', attempts: 0, target: null, error: { code: 'queue_timeout' } })
  t.equal(world.pool.queued, 0)
  await world.releaseAll()
  world.check(t)
})

t.test('a client that leaves while it waits leaves the queue', async t => {
  const world = new FullWorld()
  world.start()
  world.exchange.clientClosed()
  t.equal(world.pool.queued, 0)
  await world.releaseAll()
  t.equal(world.sent, 0)
  world.check(t)
})

t.test('a request whose whole time is up while it waits leaves the queue', async t => {
  const world = new FullWorld({ route: { timeouts: { ...routeConfig().timeouts, request: 100 } } })
  world.start()
  world.advance(200)
  t.match(world.exchange, { status: 504, error: { code: 'request_timeout' } })
  t.equal(world.pool.queued, 0)
  await world.releaseAll()
  world.check(t)
})

t.test('where nobody may wait the answer comes at once', async t => {
  const world = new FullWorld()
  world.services.queueTimeout = 0
  world.start()
  t.equal(world.exchange.error?.code, 'connection_limit_reached')
  await world.releaseAll()
  world.check(t)
})

t.test('a queue without a place left: queue_full, at once; the others keep theirs', async t => {
  const world = new FullWorld()
  const others = Array.from({ length: 10 }, () => another(world))
  t.equal(world.pool.queued, 10)
  world.start()
  t.match(world.exchange, { status: 503, outcome: 'failure', error: { code: 'queue_full' } })
  t.equal(world.pool.queued, 10)
  t.notOk(others.some(exchange => exchange.ended))
  for (const exchange of others) exchange.clientClosed()
  t.equal(world.pool.queued, 0)
  await world.releaseAll()
  t.equal(world.sent, 0)
})

t.test('an urgent request is served before the others', async t => {
  const world = new FullWorld()
  world.start()
  const urgent = another(world, { priority: 'high' })
  await world.release()
  t.equal(urgent.attempts, 1)
  t.equal(world.exchange.attempts, 0)
  world.last.respond(200)
  world.last.end()
  await Promise.resolve()
  t.equal(world.exchange.attempts, 1)
  world.exchange.clientClosed()
})

t.test('an urgent request takes the place of the last of the others where the queue is full', async t => {
  const world = new FullWorld()
  const others = Array.from({ length: 9 }, () => another(world))
  world.start()
  const priority = { header: 'x-tier', high: ['gold', 'silver'] }
  const normal = another(world, { priority }, ['X-Tier', 'lead'])
  t.match(normal, { status: 503, error: { code: 'queue_full' } })
  const urgent = another(world, { priority }, ['Host', 'a', 'x-tier', 'silver'])
  t.notOk(urgent.ended)
  t.match(world.exchange, { status: 503, outcome: 'failure', error: { code: 'queue_full' } }, 'who came last has to go')
  t.strictSame(world.client.events, ['fail queue_full'])
  t.equal(world.pool.queued, 10)
  t.notOk(others.some(exchange => exchange.ended))
  for (const exchange of [urgent, ...others]) exchange.clientClosed()
  await world.releaseAll()
})

t.test('among none but urgent ones nobody is displaced', async t => {
  const world = new FullWorld()
  const others = Array.from({ length: 10 }, () => another(world, { priority: 'high' }))
  const urgent = another(world, { priority: 'high' })
  t.match(urgent, { status: 503, error: { code: 'queue_full' } })
  for (const exchange of others) exchange.clientClosed()
  await world.releaseAll()
})

t.test('a retry that waits in the queue in vain: the first cause is told, or the held answer', async t => {
  const world = new FullWorld({ targets: 2 })
  await world.release()
  world.start()
  world.last.fail(failure('connection_refused'), 'nothing')
  t.equal(world.pool.queued, 1, 'the other target is full')
  world.advance(6000)
  t.strictSame(world.client.events, ['fail connection_refused'])
  await world.releaseAll()
  world.check(t)

  const holding = new FullWorld({ targets: 3, retry: { on: { ...retryRules.on, statuses: [503] } } })
  await holding.release()
  await holding.release()
  holding.start()
  holding.last.respond(503, ['Retry-After', '1'])
  holding.last.end()
  // Meanwhile somebody else takes the target that was free.
  const busy = holding.pool.targets.filter(target => target.inflight === 0).map(() => another(holding))
  holding.advance(1000)
  t.equal(holding.pool.queued, 1)
  holding.advance(6000)
  t.strictSame(holding.client.events, ['head 503', 'end'])
  for (const exchange of busy) exchange.clientClosed()
  await holding.releaseAll()
})

t.test('a dead kept connection whose target has been given to another meanwhile: it waits', async t => {
  const world = new FullWorld()
  await world.release()
  world.start()
  const other = another(world)
  t.equal(world.pool.queued, 1)
  world.last.reused = true
  world.last.fail(failure('connection_terminated'), 'all')
  await Promise.resolve()
  t.equal(other.attempts, 1, 'in turn')
  t.equal(world.pool.queued, 1)
  other.clientClosed()
  await Promise.resolve()
  t.equal(world.exchange.attempts, 2)
  t.ok(world.last.freshConnection)
  world.exchange.clientClosed()
})

t.test('a request that no free target is left for does not keep those behind it from being served', async t => {
  const world = new FullWorld({ targets: 2 })
  await world.release()
  const other = another(world)
  const tried = world.last.target
  // The one that is left is full, and then down: waiting cannot help any more.
  world.start()
  t.equal(world.pool.queued, 1)
  world.exchange.clientClosed()
  other.clientClosed()
  const retrying = another(world)
  t.equal(world.last.target, tried)
  world.last.fail(failure('connection_refused'), 'nothing')
  t.equal(world.pool.queued, 1, 'it waits for the other target')
  const next = another(world)
  await Promise.resolve()
  t.equal(next.attempts, 1, 'the target that is free is given to who may use it')
  for (const exchange of [retrying, next]) exchange.clientClosed()
  await world.releaseAll()
})
