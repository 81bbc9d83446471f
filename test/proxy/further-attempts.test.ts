import t from 'tap'
import { ManualBody } from '../fixtures/bodies.js'
import { failure, World } from './exchange-world.js'
import { retryRules, routeConfig } from './route-world.js'

/** No retry is granted. */
const NO_BUDGET = { share: 0, minimumPerSecond: 0 }
const on503 = { ...retryRules.on, statuses: [503] }

t.test('back-off: a random part of a bound that doubles, up to the longest', async t => {
  const world = new World({ targets: 6, retry: { attempts: 6, backOff: { base: 20, max: 100 } } })
  world.services.draw = 0.5
  world.start()
  for (const [i, wait] of [10, 20, 40, 50].entries()) {
    world.last.fail(failure('connection_refused'), 'nothing')
    t.equal(world.pool.inflight, 0, 'no target is claimed meanwhile')
    world.advance(wait - 1)
    t.equal(world.sent, i + 1)
    world.advance(1)
    t.equal(world.sent, i + 2)
  }
  world.last.respond(200)
  world.last.end()
  t.match(world.exchange, { attempts: 5, outcome: 'response', endedAt: 120 })
  world.check(t)
})

t.test('back-off: a draw of nothing, and a base of 0, are no wait at all', async t => {
  for (const [draw, base] of [[0, 100], [0.9, 0], [0.009, 100]] as const) {
    const world = new World({ retry: { backOff: { base, max: 250 } } })
    world.services.draw = draw
    world.start()
    world.last.fail(failure('connection_refused'), 'nothing')
    t.equal(world.sent, 2)
    world.exchange.clientClosed()
    world.check(t)
  }
})

for (const end of ['client', 'limit', 'target'] as const) {
  t.test(`while it waits to try again: ${end === 'client' ? 'the client leaves' : end === 'limit' ? 'its whole time is up' : 'the last target goes down'}`, async t => {
    const world = new World({ targets: 2, route: { timeouts: { ...routeConfig().timeouts, request: 500 } }, retry: { backOff: { base: 2000, max: 2000 } } })
    world.services.draw = end === 'target' ? 0.1 : 0.9
    world.start()
    world.last.fail(failure('connection_refused'), 'nothing')
    world.advance(100)
    if (end === 'client') world.exchange.clientClosed()
    if (end === 'target') for (const target of world.pool.targets) target.judge('active', false)
    world.advance(1000)
    t.equal(world.sent, 1)
    t.match(world.exchange, {
      client: { status: 499, outcome: 'cancelled', error: { code: 'client_closed' } },
      limit: { status: 504, outcome: 'failure', error: { code: 'request_timeout' } },
      target: { status: 502, outcome: 'failure', error: { code: 'connection_refused' } }
    }[end])
    t.strictSame(world.kinds, ['failure'])
    world.check(t)
  })
}

t.test('Retry-After is waited for, as seconds or as a date, and no less than the back-off', async t => {
  for (const [value, draw, wait] of [['2', 0, 2000], ['Thu, 01 Jan 1970 00:00:03 GMT', 0, 3000], ['0', 0.5, 100], ['Thu, 01 Jan 1970 00:00:00 GMT', 0.5, 100], ['soon', 0.5, 100]] as const) {
    const world = new World({ retry: { on: on503, backOff: { base: 200, max: 200 } } })
    world.services.draw = draw
    world.start()
    world.last.respond(503, ['Retry-After', value])
    world.last.end()
    t.equal(world.pool.inflight, 0, 'the target is free meanwhile')
    world.advance(wait - 1)
    t.equal(world.sent, 1, value)
    world.advance(1)
    t.equal(world.sent, 2, value)
    world.last.respond(200)
    world.last.end()
    t.strictSame(world.client.events, ['head 200', 'end'])
    world.check(t)
  }
})

t.test('a Retry-After of more than the route will wait: the answer is passed on, and costs no budget', async t => {
  const world = new World({ retry: { on: on503, maxRetryAfter: 1000 } }).start()
  world.last.respond(503, ['Retry-After', '2'])
  world.last.data('come again')
  world.last.end()
  t.strictSame(world.client.events, ['head 503', 'data', 'end'])
  t.equal(world.client.body, 'come again')
  world.check(t)
})

t.test('maxRetryAfter 0: the field is not looked at', async t => {
  const world = new World({ retry: { on: on503, maxRetryAfter: 0 } }).start()
  world.last.respond(503, ['Retry-After', '3600'])
  world.last.end()
  t.equal(world.sent, 2)
  world.exchange.clientClosed()
  world.check(t)
})

t.test('no budget, no retry: of a failure, or of a status', async t => {
  const failed = new World({ budget: NO_BUDGET }).start()
  failed.last.fail(failure('connection_refused'), 'nothing')
  t.strictSame(failed.client.events, ['fail connection_refused'])
  t.equal(failed.sent, 1)
  failed.check(t)

  const answered = new World({ budget: NO_BUDGET, retry: { on: on503 } }).start()
  answered.last.respond(503)
  answered.last.data('no')
  answered.last.end()
  t.strictSame(answered.client.events, ['head 503', 'data', 'end'])
  t.equal(answered.sent, 1)
  answered.check(t)
})

t.test('no other target is left: the failure is told at once, and costs nothing of the budget', async t => {
  const world = new World({ targets: 1, retry: { attempts: 5, backOff: { base: 1000, max: 1000 } } })
  world.services.draw = 0.9
  world.start()
  world.last.fail(failure('connection_refused'), 'nothing')
  t.strictSame(world.client.events, ['fail connection_refused'])
  t.equal(world.exchange.endedAt, 0)
  world.check(t)
})

t.test('the budget is the pool\'s, not the request\'s', async t => {
  // Two retries in 10 s for all.
  const world = new World({ targets: 4, retry: { attempts: 4 }, budget: { share: 0, minimumPerSecond: 0.2 } }).start()
  for (let i = 0; i < 3; i++) world.last.fail(failure('connection_refused'), 'nothing')
  t.equal(world.sent, 3)
  t.strictSame(world.client.events, ['fail connection_refused'])
  world.check(t)
})

t.test('a dead kept connection is replaced without a budget, an attempt or a wait', async t => {
  const world = new World({ targets: 1, retry: { attempts: 1 }, budget: NO_BUDGET })
  world.services.draw = 0.9
  world.start()
  world.last.reused = true
  world.last.fail(failure('connection_terminated'), 'all')
  t.strictSame(world.asked, [0, 0])
  t.ok(world.last.freshConnection)
  world.last.respond(200)
  world.last.end()
  t.match(world.exchange, { attempts: 2, status: 200 })
  world.check(t)
})

t.test('a dead kept connection: all attempts are left to the request', async t => {
  const world = new World({ targets: 3, retry: { attempts: 2 } }).start()
  world.last.reused = true
  world.last.fail(failure('connection_terminated'), 'all')
  world.last.fail(failure('connection_refused'), 'nothing')
  t.equal(new Set(world.asked).size, 3)
  world.last.fail(failure('connection_refused'), 'nothing')
  t.strictSame(world.client.events, ['fail connection_refused'])
  world.check(t)
})

t.test('causes: each only where the route says so', async t => {
  const none = { connect: false, reset: false, timeout: false, statuses: [] }
  for (const [on, code, sent] of [['connect', 'connection_refused', 'nothing'], ['connect', 'tls_timeout', 'nothing'], ['reset', 'connection_terminated', 'all'], ['timeout', 'http_response_timeout', 'all'], ['timeout', 'connection_write_timeout', 'partly']] as const) {
    for (const set of [false, true]) {
      const world = new World({ retry: { on: { ...none, [on]: set } } }).start()
      world.last.fail(failure(code), sent)
      t.equal(world.sent, set ? 2 : 1, `${code} ${on}`)
      world.exchange.clientClosed()
      world.check(t)
    }
  }
})

t.test('the limit of one attempt has a code of its own, and counts against the target', async t => {
  const world = new World({ retry: { perTryTimeout: 1000, on: { ...retryRules.on, timeout: true } } }).start()
  world.last.fail(failure('http_response_timeout'), 'all')
  t.match(world.outcomes, [{ kind: 'failure', error: { code: 'try_timeout' } }])
  world.last.fail(failure('http_response_timeout'), 'all')
  t.strictSame(world.client.events, ['fail try_timeout'])
  t.match(world.exchange, { status: 504 })
  world.check(t)

  const head = new World({ retry: { perTryTimeout: 90_000 } }).start()
  head.last.fail(failure('http_response_timeout'), 'all')
  t.strictSame(head.client.events, ['fail http_response_timeout'], 'the route\'s own limit is the shorter one')
  head.check(t)
})

t.test('tryFor: while no target can be reached it goes round, until one can', async t => {
  const world = new World({ targets: 2, retry: { tryFor: 2000 } }).start()
  for (let round = 1; round <= 3; round++) {
    for (let i = 0; i < 2; i++) world.last.fail(failure('connection_refused'), 'nothing')
    t.equal(world.sent, round * 2, 'each target once in a round')
    t.notOk(world.exchange.ended)
    world.advance(125)
    t.equal(world.sent, round * 2 + 1)
  }
  world.last.respond(200)
  world.last.end()
  t.match(world.exchange, { status: 200, attempts: 7, outcome: 'response', error: { code: 'connection_refused' } })
  world.check(t)
})

t.test('tryFor: when its time is over the last cause is the answer', async t => {
  const world = new World({ targets: 1, retry: { tryFor: 300 } })
  world.transport.prepare = sending => { queueMicrotask(() => { sending.fail(failure('connection_refused'), 'nothing') }) }
  world.start()
  for (let i = 0; i < 40; i++) {
    await Promise.resolve()
    world.advance(25)
  }
  t.strictSame(world.client.events, ['fail connection_refused'])
  t.equal(world.exchange.endedAt <= 350, true)
  t.equal(world.sent, 4, 'at 0, 125, 250 and 300 ms')
  world.check(t)
})

t.test('tryFor: a pool without any target that may be tried is waited for too', async t => {
  const world = new World({ targets: 1, retry: { tryFor: 1000 } })
  world.pool.targets[0]?.judge('active', false)
  world.start()
  world.advance(300)
  t.equal(world.sent, 0)
  world.pool.targets[0]?.judge('active', true)
  world.advance(300)
  t.equal(world.sent, 1)
  world.last.respond(200)
  world.last.end()
  world.check(t)
})

t.test('tryFor: what may not be sent again is not, however long it might try', async t => {
  const consumed = new ManualBody()
  consumed.consumed = true
  for (const [name, setup, sent] of [['post', { head: { method: 'POST' } }, 'partly'], ['body', { head: { method: 'PUT' }, body: consumed }, 'nothing']] as const) {
    const world = new World({ ...setup, retry: { tryFor: 1000 } }).start()
    world.last.fail(failure('connection_terminated'), sent)
    t.strictSame(world.client.events, ['fail connection_terminated'], name)
    world.check(t)
  }
  const reached = new World({ targets: 1, retry: { tryFor: 1000 } }).start()
  reached.last.fail(failure('connection_terminated'), 'all')
  t.strictSame(reached.client.events, ['fail connection_terminated'], 'that target was reached')
  reached.check(t)
  const unknown = new World({ targets: 1, retry: { tryFor: 1000 } }).start()
  unknown.last.fail(failure('http_protocol_error'), 'all')
  t.strictSame(unknown.client.events, ['fail http_protocol_error'])
  unknown.check(t)
})

for (const end of ['client', 'limit'] as const) {
  t.test(`tryFor: ${end === 'client' ? 'the client leaves' : 'its whole time is up'} between two rounds`, async t => {
    const world = new World({ targets: 1, route: { timeouts: { ...routeConfig().timeouts, request: 100 } }, retry: { tryFor: 5000 } }).start()
    world.last.fail(failure('connection_refused'), 'nothing')
    if (end === 'client') world.exchange.clientClosed()
    world.advance(1000)
    t.equal(world.sent, 1)
    t.match(world.exchange, end === 'client' ? { outcome: 'cancelled' } : { outcome: 'failure', error: { code: 'request_timeout' } })
    world.check(t)
  })
}

t.test('a target that says it is about to stop is withdrawn, whatever its answer', async t => {
  for (const status of [200, 503]) {
    const world = new World({ retry: { on: on503 } }).start()
    const { target } = world.last
    world.last.respond(status, ['Headrace-Backend', 'draining'])
    t.strictSame(world.withdrawn, [target])
    world.last.end()
    world.exchange.clientClosed()
    world.check(t)
  }
})
