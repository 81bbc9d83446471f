import { PassThrough } from 'node:stream'
import t, { type Test } from 'tap'
import { failureCodes, ProxyError, type FailureCode } from '../../src/base/errors.js'
import type { ExchangeHead } from '../../src/proxy/exchange-head.js'
import { Exchange } from '../../src/proxy/exchange.js'
import { failures } from '../../src/proxy/failure.js'
import type { RouteConfig } from '../../src/proxy/route-config.js'
import type { Outcome } from '../../src/upstream/outcome.js'
import type { Pool } from '../../src/upstream/pool.js'
import { ManualBody } from '../fixtures/bodies.js'
import { exchangeHead } from './exchange-head.js'
import { FakeClient } from './fake-client.js'
import { FakeTransport, type FakeSending } from './fake-transport.js'
import { createPool, createRoute, FakeServices, retryRules, routeConfig } from './route-world.js'

interface Setup {
  readonly route?: Partial<RouteConfig>
  readonly head?: Partial<ExchangeHead>
  readonly body?: ManualBody
  readonly targets?: number
}

/** One exchange between a client and targets that a test plays. */
class World {
  readonly services = new FakeServices()
  readonly transport = new FakeTransport()
  readonly client = new FakeClient()
  readonly outcomes: Outcome[] = []
  readonly pool: Pool
  readonly exchange: Exchange<FakeClient>

  constructor (setup: Setup = {}) {
    this.pool = createPool(setup.targets ?? 3)
    this.pool.observe((_target, outcome) => { this.outcomes.push(outcome) })
    const route = createRoute(setup.route, this.services, this.pool, this.transport)
    this.exchange = new Exchange(route, exchangeHead(setup.head), setup.body ?? null, this.client)
  }

  start (): this {
    this.exchange.start()
    return this
  }

  get last (): FakeSending { return this.transport.last }
  /** Targets asked, by index, in order. */
  get asked (): number[] { return this.transport.sendings.map(sending => this.pool.targets.indexOf(sending.target)) }
  get kinds (): string[] { return this.outcomes.map(outcome => outcome.kind) }

  /** What is true of every exchange that has ended. */
  check (t: Test): void {
    t.equal(this.pool.inflight, 0, 'no request is under way')
    t.equal(this.outcomes.length, this.transport.sendings.length, 'each lease was settled once')
    t.strictSame(this.services.ended, [this.exchange], 'its end was told once')
    t.ok(this.exchange.ended)
    t.equal(this.services.wheel.size, 0)
    t.strictSame(this.client.violations, [])
    t.ok(this.exchange.endedAt >= this.exchange.startedAt)
  }
}

const failure = (code: FailureCode): ProxyError => new ProxyError(code, 'connect 10.0.0.1:3000')

t.test('a response goes through', async t => {
  const world = new World().start()
  t.equal(world.pool.inflight, 1)
  world.services.clock.advance(10)
  world.last.sink.informational(103, [])
  world.last.respond(200, ['X-A', '1'])
  world.services.clock.advance(5)
  t.equal(world.last.data('abc'), true)
  world.last.sink.flush()
  world.last.data('de')
  t.equal(world.pool.inflight, 1, 'until the last byte')
  world.last.end(['X-Sum', '1'])
  t.strictSame(world.client.events, ['informational 103', 'head 200', 'data', 'flush', 'data', 'end X-Sum 1'])
  t.match(world.exchange, { status: 200, bytes: 5, attempts: 1, outcome: 'response', error: null, startedAt: 0, headAt: 10, endedAt: 15 })
  t.strictSame(world.outcomes, [{ kind: 'response', status: 200 }])
  world.check(t)
})

t.test('a client that is slow makes the target wait, and go on', async t => {
  const world = new World().start()
  world.last.respond(200)
  world.client.ready = false
  t.equal(world.last.data('a'), false)
  world.exchange.resume()
  t.equal(world.last.resumed, 1)
  world.last.end()
  world.exchange.resume()
  t.equal(world.last.resumed, 1, 'nothing to resume after the end')
  world.check(t)
})

t.test('nothing is flushed before the head', async t => {
  const world = new World().start()
  world.last.sink.flush()
  t.strictSame(world.client.events, [])
  world.last.respond(204)
  world.last.end()
  world.check(t)
})

t.test('no target: 503, and why', async t => {
  const none = new World({ targets: 0 }).start()
  t.strictSame(none.client.events, ['fail destination_unavailable'])
  t.match(none.exchange, { status: 503, outcome: 'failure', attempts: 0, target: null, error: { code: 'destination_unavailable' } })
  none.check(t)

  const full = new World({ targets: 1 })
  full.pool.targets[0]?.judge('full', false)
  full.start()
  t.strictSame(full.client.events, ['fail connection_limit_reached'])
  full.check(t)
})

t.test('every failure of a last attempt: its status, and whose fault it was', async t => {
  for (const code of failureCodes) {
    const world = new World({ route: { retry: { ...retryRules, attempts: 1 } } }).start()
    world.last.fail(failure(code), 'all')
    t.strictSame(world.client.events, [`fail ${code}`])
    t.match(world.exchange, { status: failures[code].status, outcome: 'failure', attempts: 1 }, code)
    t.strictSame(world.kinds, [failures[code].fault === 'target' ? 'failure' : 'cancelled'], code)
    world.check(t)
  }
})

t.test('a refused connection: another target is asked, and the failure counts against the first', async t => {
  const world = new World({ head: { method: 'POST' } }).start()
  const first = world.last
  first.fail(failure('connection_refused'), 'nothing')
  t.equal(world.transport.sendings.length, 2)
  t.not(world.last.target, first.target)
  world.last.respond(200)
  world.last.end()
  t.strictSame(world.kinds, ['failure', 'response'])
  t.match(world.exchange, { attempts: 2, status: 200, outcome: 'response', error: { code: 'connection_refused' } }, 'the log tells what a retry mended')
  world.check(t)
})

t.test('attempts are bounded, and no target is asked twice', async t => {
  const few = new World({ targets: 5, route: { retry: { ...retryRules, attempts: 3 } } }).start()
  for (let i = 0; i < 3; i++) few.last.fail(failure('connection_refused'), 'nothing')
  t.equal(new Set(few.asked).size, 3)
  t.strictSame(few.client.events, ['fail connection_refused'])
  few.check(t)

  const many = new World({ targets: 2, route: { retry: { ...retryRules, attempts: 10 } } }).start()
  for (let i = 0; i < 2; i++) many.last.fail(failure('connection_refused'), 'nothing')
  t.strictSame(many.asked.sort(), [0, 1])
  t.strictSame(many.client.events, ['fail connection_refused'], 'the last cause is told, not that there is no target left')
  t.equal(many.exchange.status, 502)
  many.check(t)
})

t.test('a reused connection that died: no word about the target; another target, on a fresh connection, beyond the attempts', async t => {
  const world = new World({ route: { retry: { ...retryRules, attempts: 1 } } }).start()
  world.last.reused = true
  world.last.fail(failure('connection_terminated'), 'all')
  t.strictSame(world.kinds, ['cancelled'])
  t.equal(new Set(world.asked).size, 2)
  t.ok(world.last.freshConnection)
  world.last.fail(failure('connection_terminated'), 'all')
  t.strictSame(world.client.events, ['fail connection_terminated'], 'once')
  t.strictSame(world.kinds, ['cancelled', 'failure'])
  world.check(t)
})

t.test('a reused connection that died, one target: the same again, on a fresh connection, once', async t => {
  const world = new World({ targets: 1, route: { retry: { ...retryRules, attempts: 5 } } }).start()
  t.notOk(world.last.freshConnection)
  world.last.reused = true
  world.last.fail(failure('connection_terminated'), 'all')
  t.ok(world.last.freshConnection)
  // A transport that reuses one in spite of that must not be asked for ever.
  world.last.reused = true
  world.last.fail(failure('connection_terminated'), 'all')
  t.strictSame(world.asked, [0, 0])
  t.strictSame(world.client.events, ['fail connection_terminated'])
  world.check(t)
})

t.test('a reused connection that died, nobody left: the one target went down meanwhile', async t => {
  const world = new World({ targets: 1 }).start()
  world.pool.targets[0]?.judge('active', false)
  world.last.reused = true
  world.last.fail(failure('connection_terminated'), 'all')
  t.strictSame(world.client.events, ['fail connection_terminated'])
  world.check(t)
})

t.test('a POST on a reused connection that died is re-sent only if nothing of it was written', async t => {
  for (const [sent, count] of [['nothing', 2], ['partly', 1], ['all', 1]] as const) {
    const world = new World({ head: { method: 'POST' } }).start()
    world.last.reused = true
    world.last.fail(failure('connection_terminated'), sent)
    t.equal(world.transport.sendings.length, count, sent)
    if (count === 2) world.last.fail(failure('client_closed'), 'nothing')
    world.check(t)
  }
})

t.test('a consumed body is never re-sent, an untouched one is', async t => {
  for (const consumed of [false, true]) {
    const body = new ManualBody()
    const world = new World({ head: { method: 'PUT' }, body }).start()
    body.consumed = consumed
    world.last.fail(failure('connection_terminated'), 'partly')
    t.equal(world.transport.sendings.length, consumed ? 1 : 2)
    if (!consumed) {
      t.equal(world.last.body, body)
      world.last.respond(200)
      world.last.end()
    }
    t.ok(body.closed)
    t.notOk(body.paused, 'what the client still sends flows on, to nobody')
    world.check(t)
  }
})

t.test('at every end the rest of the body is let go', async t => {
  for (const end of ['response', 'failure', 'client', 'deadline'] as const) {
    const body = new ManualBody()
    body.paused = true
    const world = new World({ body, route: { timeouts: { ...routeConfig().timeouts, request: 1000 } } }).start()
    if (end === 'response') {
      world.last.respond(413)
      world.last.end()
    } else if (end === 'failure') {
      world.last.fail(failure('http_protocol_error'), 'partly')
    } else if (end === 'client') {
      world.exchange.clientClosed()
    } else {
      world.services.clock.advance(2000)
    }
    t.ok(body.closed, end)
    t.notOk(body.paused, end)
    world.check(t)
  }
})

t.test('after the head nothing is re-sent: the response breaks off', async t => {
  const world = new World().start()
  world.last.respond(200)
  world.last.data('abc')
  world.last.fail(failure('http_response_incomplete'), 'all')
  t.strictSame(world.client.events, ['head 200', 'data', 'fail http_response_incomplete started'])
  t.match(world.exchange, { status: 200, outcome: 'aborted', bytes: 3, attempts: 1 })
  t.strictSame(world.kinds, ['failure'])
  world.check(t)
})

t.test('a status that is retried: another target, the first response is dropped', async t => {
  const route = { retry: { ...retryRules, on: { ...retryRules.on, statuses: [503] } } }
  const world = new World({ route }).start()
  const first = world.last
  first.respond(503)
  t.equal(first.aborted, 1)
  t.not(world.last.target, first.target)
  world.last.respond(503)
  world.last.end()
  t.strictSame(world.client.events, ['head 503', 'end'], 'the last one is the client\'s')
  t.strictSame(world.outcomes, [{ kind: 'response', status: 503 }, { kind: 'response', status: 503 }])
  world.check(t)
})

t.test('a status is not retried for a POST, with a consumed body, without another target, at the bound', async t => {
  const retry = { ...retryRules, on: { ...retryRules.on, statuses: [503] } }
  const consumed = new ManualBody()
  consumed.consumed = true
  for (const [name, setup] of Object.entries<Setup>({
    post: { head: { method: 'POST' } }, body: { head: { method: 'PUT' }, body: consumed }, alone: { targets: 1 }, bound: { route: { retry: { ...retry, attempts: 1 } } }, status: { route: { retry: { ...retry, on: { ...retry.on, statuses: [502] } } } }
  })) {
    const world = new World({ route: { retry }, ...setup }).start()
    world.last.respond(503)
    world.last.end()
    t.strictSame(world.client.events, ['head 503', 'end'], name)
    t.equal(world.transport.sendings.length, 1)
    world.check(t)
  }
})

t.test('the client leaves before the head: the request is aborted, 499 is for the log, the target is not blamed', async t => {
  const world = new World().start()
  world.exchange.clientClosed()
  t.equal(world.last.aborted, 1)
  t.match(world.exchange, { status: 499, outcome: 'cancelled', error: { code: 'client_closed' } })
  t.strictSame(world.kinds, ['cancelled'])
  t.strictSame(world.client.events, [], 'nobody is there to be told')
  world.check(t)
})

t.test('the client leaves after the head: the status stays what it got', async t => {
  const world = new World().start()
  world.last.respond(200)
  world.exchange.clientClosed()
  t.equal(world.last.aborted, 1)
  t.match(world.exchange, { status: 200, outcome: 'cancelled' })
  t.strictSame(world.kinds, ['cancelled'])
  world.check(t)
})

t.test('the client leaves while a retry is under way', async t => {
  const world = new World().start()
  world.last.fail(failure('connection_refused'), 'nothing')
  world.exchange.clientClosed()
  t.strictSame(world.transport.sendings.map(sending => sending.aborted), [0, 1])
  t.strictSame(world.kinds, ['failure', 'cancelled'])
  world.check(t)
})

t.test('a client whose connection closes within the last write got all of it', async t => {
  const world = new World()
  world.client.onEnd = () => { world.exchange.clientClosed() }
  world.start()
  world.last.respond(200)
  world.last.end()
  t.match(world.exchange, { outcome: 'response', error: null })
  world.check(t)
})

t.test('the limit on the whole exchange: before the head 504, after it the response breaks off', async t => {
  const route = { timeouts: { ...routeConfig().timeouts, request: 1000 } }
  for (const started of [false, true]) {
    const world = new World({ route }).start()
    if (started) world.last.respond(200)
    world.services.clock.advance(2000)
    t.strictSame(world.client.events, started ? ['head 200', 'fail http_response_timeout started'] : ['fail http_response_timeout'])
    t.match(world.exchange, started ? { status: 200, outcome: 'aborted' } : { status: 504, outcome: 'failure' })
    t.equal(world.last.aborted, 1)
    t.strictSame(world.kinds, ['cancelled'], 'which target was too slow is not known')
    world.check(t)
    t.equal(world.services.clock.pending, 0)
  }
})

t.test('the limit runs over all attempts, and ends with the exchange', async t => {
  const route = { timeouts: { ...routeConfig().timeouts, request: 1000 } }
  const world = new World({ route }).start()
  world.services.clock.advance(900)
  world.last.fail(failure('connection_refused'), 'nothing')
  world.services.clock.advance(200)
  t.strictSame(world.client.events, ['fail http_response_timeout'])
  world.check(t)
  const done = new World({ route }).start()
  done.last.respond(200)
  done.last.end()
  done.services.clock.advance(5000)
  t.strictSame(done.client.events, ['head 200', 'end'])
  done.check(t)
})

t.test('each target is called by its own name where the route says so', async t => {
  const world = new World({ head: { hostFromTarget: true, headers: ['Accept', '*/*', 'Host', ''], hostIndex: 3 } }).start()
  world.last.fail(failure('connection_refused'), 'nothing')
  for (const { headers, target } of world.transport.sendings) t.strictSame(headers, ['Accept', '*/*', 'Host', target.address.authority])
  world.last.fail(failure('client_closed'), 'nothing')
  world.check(t)
})

t.test('a tunnel holds its lease until it is closed; no limit on the exchange cuts it', async t => {
  const world = new World({ head: { upgrade: 'websocket' }, route: { timeouts: { ...routeConfig().timeouts, request: 1000 } } }).start()
  const connection = new PassThrough()
  world.last.open = false
  world.last.sink.upgraded(['Upgrade', 'websocket'], connection, Buffer.from('first'))
  world.services.clock.advance(100_000)
  t.strictSame(world.client.events, ['upgraded first'])
  t.equal(world.pool.inflight, 1)
  t.notOk(world.exchange.ended)
  world.client.closeTunnel()
  world.client.closeTunnel()
  t.match(world.exchange, { status: 101, outcome: 'tunnel', headAt: 0, endedAt: 100_000 })
  t.strictSame(world.outcomes, [{ kind: 'response', status: 101 }])
  world.check(t)
  connection.destroy()
})

t.test('late calls are harmless, after every ending', async t => {
  const endings: Readonly<Record<string, (world: World) => void>> = {
    response: world => { world.last.respond(200); world.last.end() },
    failure: world => { world.last.fail(failure('http_protocol_error'), 'all') },
    aborted: world => { world.last.respond(200); world.last.fail(failure('http_response_incomplete'), 'all') },
    cancelled: world => { world.exchange.clientClosed() }
  }
  for (const [name, finish] of Object.entries(endings)) {
    const world = new World().start()
    finish(world)
    const { outcome, error, status, endedAt } = world.exchange
    const events = [...world.client.events]
    world.services.clock.advance(50)
    world.exchange.clientClosed()
    world.exchange.resume()
    world.exchange.expired()
    world.exchange.failed(failure('connection_refused'), 'nothing')
    t.match(world.exchange, { outcome, error, status, endedAt }, name)
    t.strictSame(world.client.events, events, name)
    t.equal(world.transport.sendings.length, 1, name)
    world.check(t)
  }
})

/** One target that takes one request at a time, and has one. */
function fullWorld (): World & { release: () => Promise<void> } {
  const world = new World({ targets: 1 })
  world.services.queueTimeout = 5000
  world.pool.reconcile(world.pool.targets.map(target => ({ url: target.url, maxConnections: 1 })))
  const lease = world.pool.lease({ key: '', random: () => 0 })
  const release = async (): Promise<void> => {
    lease?.settle({ kind: 'cancelled' })
    world.outcomes.length = 0
    await new Promise<void>(resolve => { queueMicrotask(resolve) })
  }
  return Object.assign(world, { release })
}

t.test('queue: a request waits while all targets are full, and is sent in its turn', async t => {
  const world = fullWorld()
  world.start()
  t.equal(world.transport.sendings.length, 0)
  t.equal(world.pool.queued, 1)
  await world.release()
  t.equal(world.transport.sendings.length, 1)
  world.last.sink.head(200, [])
  world.last.sink.end([])
  world.check(t)
})

t.test('queue: who waits too long is answered that the limit is reached', async t => {
  const world = fullWorld()
  world.start()
  world.services.clock.advance(4900)
  t.notOk(world.exchange.ended)
  world.services.clock.advance(200)
  t.equal(world.exchange.error?.code, 'connection_limit_reached')
  t.equal(world.exchange.status, 503)
  t.equal(world.pool.queued, 0)
  await world.release()
  world.check(t)
})

t.test('queue: a client that leaves while it waits leaves the queue', async t => {
  const world = fullWorld()
  world.start()
  world.exchange.clientClosed()
  t.equal(world.pool.queued, 0)
  await world.release()
  t.equal(world.transport.sendings.length, 0)
  world.check(t)
})

t.test('queue: where nobody may wait the answer comes at once', async t => {
  const world = fullWorld()
  world.services.queueTimeout = 0
  world.start()
  t.equal(world.exchange.error?.code, 'connection_limit_reached')
  await world.release()
  world.check(t)
})
