import t from 'tap'
import type { RetryRules } from '../../src/proxy/route-config.js'
import { ManualBody } from '../fixtures/bodies.js'
import { failure, World, type Setup } from './exchange-world.js'
import { retryRules, routeConfig } from './route-world.js'

const retry: Partial<RetryRules> = { attempts: 3, on: { ...retryRules.on, timeout: true, statuses: [429, 503] } }

/** The first target has answered 503 and that is held; the second has been asked. */
function holding (setup: Setup = {}): World {
  const world = new World({ retry, ...setup }).start()
  world.last.respond(503, ['X-From', 'first'])
  world.last.data('fir')
  world.last.data('st')
  world.last.end(['X-Sum', '1'])
  return world
}

t.test('a status that is retried: held back, another target is asked, and a better answer is the client\'s', async t => {
  const world = holding()
  t.equal(world.sent, 2)
  t.not(world.asked[0], world.asked[1])
  t.strictSame(world.client.events, [], 'the client has seen nothing yet')
  world.last.respond(200)
  world.last.data('ok')
  world.last.end()
  t.strictSame(world.client.events, ['head 200', 'data', 'end'])
  t.strictSame(world.outcomes, [{ kind: 'response', status: 503 }, { kind: 'response', status: 200 }])
  t.match(world.exchange, { status: 200, attempts: 2, bytes: 2, outcome: 'response' })
  world.check(t)
})

t.test('the others fail: the first answer is passed on, whole', async t => {
  const world = holding()
  const first = world.transport.sendings[0]?.target
  for (let i = 0; i < 2; i++) world.last.fail(failure('connection_refused'), 'nothing')
  t.strictSame(world.client.events, ['head 503', 'data', 'data', 'end X-Sum 1'])
  t.equal(world.client.body, 'first')
  t.match(world.exchange, { status: 503, bytes: 5, attempts: 3, outcome: 'response' })
  t.equal(world.exchange.target, first, 'the log names who answered')
  world.check(t)
})

t.test('the others have no better answer: the first is passed on', async t => {
  const world = holding()
  world.last.respond(429)
  t.equal(world.sent, 3, 'that one is not even read')
  t.equal(world.transport.sendings[1]?.aborted, 1)
  world.last.respond(503)
  world.last.data('third')
  t.equal(world.last.aborted, 1)
  t.strictSame(world.client.events, ['head 503', 'data', 'data', 'end X-Sum 1'])
  t.equal(world.client.body, 'first')
  t.strictSame(world.outcomes, [503, 429, 503].map(status => ({ kind: 'response', status })))
  world.check(t)
})

t.test('a later answer that is not retried is the client\'s, even if it is worse', async t => {
  const world = holding()
  world.last.respond(500)
  world.last.end()
  t.strictSame(world.client.events, ['head 500', 'end'])
  world.check(t)
})

t.test('a failure that may not be retried: the first answer is better than none', async t => {
  const world = holding()
  world.last.fail(failure('http_protocol_error'), 'all')
  t.strictSame(world.client.events, ['head 503', 'data', 'data', 'end X-Sum 1'])
  world.check(t)
})

t.test('a better answer that breaks off is a response that breaks off: nothing is passed on behind it', async t => {
  const world = holding()
  world.last.respond(200)
  world.last.data('par')
  world.last.fail(failure('http_response_incomplete'), 'all')
  t.strictSame(world.client.events, ['head 200', 'data', 'fail http_response_incomplete started'])
  t.match(world.exchange, { status: 200, outcome: 'aborted' })
  world.check(t)
})

t.test('an answer that breaks off while it is held is not passed on; another target is tried all the same', async t => {
  const world = new World({ retry }).start()
  world.last.respond(503, ['Content-Length', '100'])
  world.last.data('abc')
  world.last.fail(failure('http_response_incomplete'), 'all')
  t.equal(world.sent, 2)
  t.strictSame(world.kinds, ['failure'], 'it counts against the target')
  world.last.fail(failure('http_protocol_error'), 'all')
  t.strictSame(world.client.events, ['fail http_protocol_error'])
  world.check(t)
})

t.test('more than 64 kB are not held: it is let go, another target is tried', async t => {
  for (const [size, held] of [[65_536, true], [65_537, false]] as const) {
    const world = new World({ retry }).start()
    const first = world.last
    first.respond(503)
    first.data('x'.repeat(30_000))
    first.data('x'.repeat(size - 30_000))
    t.equal(first.aborted, held ? 0 : 1)
    first.end()
    t.equal(world.sent, 2)
    t.strictSame(world.outcomes, [{ kind: 'response', status: 503 }])
    world.last.fail(failure('http_protocol_error'), 'all')
    t.strictSame(world.client.events, held ? ['head 503', 'data', 'data', 'end'] : ['fail http_protocol_error'])
    world.check(t)
  }
})

t.test('an answer that takes longer than a second is let go', async t => {
  const world = new World({ retry }).start()
  world.last.respond(503)
  world.advance(999)
  world.last.data('slow')
  t.equal(world.sent, 1)
  world.advance(1)
  t.equal(world.transport.sendings[0]?.aborted, 1)
  t.equal(world.sent, 2)
  world.last.respond(503)
  world.last.end()
  t.equal(world.sent, 3, 'the next may be held')
  world.last.fail(failure('http_protocol_error'), 'all')
  t.strictSame(world.client.events, ['head 503', 'end'])
  world.check(t)
})

for (const moment of ['coming in', 'held'] as const) {
  for (const end of ['client', 'limit'] as const) {
    t.test(`while an answer is ${moment}: ${end === 'client' ? 'the client leaves' : 'the whole time is up'}`, async t => {
      const world = new World({ route: { timeouts: { ...routeConfig().timeouts, request: 500 } }, retry }).start()
      world.last.respond(503)
      world.last.data('abc')
      if (moment === 'held') world.last.end()
      if (end === 'client') world.exchange.clientClosed()
      world.advance(600)
      t.equal(world.last.aborted, 1)
      t.strictSame(world.client.events, end === 'client' ? [] : moment === 'held' ? ['head 503', 'data', 'end'] : ['fail request_timeout'])
      t.strictSame(world.kinds, moment === 'held' ? ['response', 'cancelled'] : ['cancelled'])
      world.check(t)
    })
  }
}

t.test('while an answer is held and the next attempt waits its time, the client leaves', async t => {
  const world = new World({ retry }).start()
  world.last.respond(503, ['Retry-After', '3'])
  world.last.end()
  world.advance(2000)
  world.exchange.clientClosed()
  t.equal(world.sent, 1)
  world.advance(5000)
  t.strictSame(world.client.events, [])
  world.check(t)
})

t.test('the target that was left goes down meanwhile: the held answer is passed on', async t => {
  const world = new World({ targets: 2, retry }).start()
  world.last.respond(503, ['Retry-After', '3'])
  world.last.end()
  for (const target of world.pool.targets) target.judge('active', false)
  world.advance(5000)
  t.strictSame(world.client.events, ['head 503', 'end'])
  world.check(t)
})

t.test('an answer that comes before the body has been taken: no more of the body is taken, the next target gets all of it', async t => {
  const body = new ManualBody()
  const world = new World({ head: { method: 'PUT' }, body, retry }).start()
  body.open({ data () {}, end () {}, failed () {} })
  world.last.respond(503)
  t.ok(body.closed, 'else it would be gone when the answer has been held')
  body.data('lost')
  t.notOk(body.consumed)
  world.last.end()
  t.equal(world.sent, 2)
  world.last.respond(200)
  world.last.end()
  t.strictSame(world.client.events, ['head 200', 'end'])
  world.check(t)
})

t.test('a body that is gone when the answer has been held: that answer is the client\'s', async t => {
  const body = new ManualBody()
  const world = new World({ head: { method: 'PUT' }, body, retry }).start()
  world.last.respond(503)
  world.last.data('no')
  body.consumed = true
  world.last.end()
  t.equal(world.sent, 1)
  t.strictSame(world.client.events, ['head 503', 'data', 'end'])
  world.check(t)
})

t.test('a status is not retried for a POST, with a consumed body, without another target, at the bound', async t => {
  const consumed = new ManualBody()
  consumed.consumed = true
  for (const [name, setup] of Object.entries<Setup>({
    post: { head: { method: 'POST' } },
    body: { head: { method: 'PUT' }, body: consumed },
    alone: { targets: 1 },
    bound: { retry: { ...retry, attempts: 1 } },
    status: { retry: { ...retry, on: { ...retryRules.on, statuses: [502] } } }
  })) {
    const world = new World({ retry, ...setup }).start()
    world.last.respond(503)
    world.last.end()
    t.strictSame(world.client.events, ['head 503', 'end'], name)
    t.equal(world.sent, 1)
    world.check(t)
  }
})
