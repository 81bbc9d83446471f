import { PassThrough } from 'node:stream'
import t from 'tap'
import { failureCodes } from '../../src/base/errors.js'
import { failures } from '../../src/proxy/failure.js'
import { ManualBody } from '../fixtures/bodies.js'
import { failure, World } from './exchange-world.js'
import { retryRules, routeConfig } from './route-world.js'

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
    t.strictSame(world.client.events, started ? ['head 200', 'fail request_timeout started'] : ['fail request_timeout'])
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
  t.strictSame(world.client.events, ['fail request_timeout'])
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
