import t from 'tap'
import type { FailureCode } from '../../src/base/errors.js'
import { hasUntried, mayAskOther, nextStep, type NextStep, type Unserved } from '../../src/proxy/next-step.js'
import type { RetryBudgetRules } from '../../src/proxy/retry-budget.js'
import type { RetryRules } from '../../src/proxy/route-config.js'
import type { Sent } from '../../src/transport/transport.js'
import type { Pool } from '../../src/upstream/pool.js'
import { ManualBody } from '../fixtures/bodies.js'
import { contextOf } from '../balancing/fake-candidate.js'
import { exchangeHead } from './exchange-head.js'
import { failure } from './exchange-world.js'
import { createPool, createRoute, FakeServices, retryRules } from './route-world.js'

const consumed = new ManualBody()
consumed.consumed = true

interface Setup {
  readonly targets?: number
  readonly retry?: Partial<RetryRules>
  readonly budget?: RetryBudgetRules
  readonly more?: Partial<Unserved>
}

/** A request that has been to the first target of its pool. */
function unserved ({ targets = 2, retry, budget, more }: Setup = {}): Unserved & { readonly pool: Pool } {
  const services = new FakeServices()
  const pool = createPool(targets, services.clock)
  const route = createRoute({ retry: { ...retryRules, ...retry } }, services, pool, undefined, budget === undefined ? {} : { budget })
  return { route, pool, request: exchangeHead(), body: null, headAt: -1, target: pool.targets[0] ?? null, tried: undefined, attemptsLeft: true, ...more }
}

function step (setup: Setup, sent: Sent = 'nothing', reused = false, code: FailureCode = 'connection_terminated'): NextStep {
  return nextStep(unserved(setup), failure(code), sent, reused)
}

t.test('another target, as long as there is an attempt, a target and a retry in the budget', async t => {
  t.equal(step({}), 'other-target')
  t.equal(step({}, 'all'), 'other-target')
  for (const [name, setup] of Object.entries<Setup>({
    attempts: { more: { attemptsLeft: false } },
    target: { targets: 1 },
    budget: { budget: { share: 0, minimumPerSecond: 0 } }
  })) {
    t.equal(step(setup), 'new-round', name)
    t.equal(step(setup, 'all'), 'give-up', `${name}: that target was reached`)
  }
})

t.test('nothing once the client has a head, or something of the body is gone, or the rules are against it', async t => {
  for (const reused of [false, true]) {
    t.equal(step({ more: { headAt: 0 } }, 'nothing', reused), 'give-up')
    t.equal(step({ more: { body: consumed } }, 'nothing', reused), 'give-up')
    t.equal(step({ more: { body: new ManualBody() } }, 'nothing', reused), reused ? 'fresh-connection' : 'other-target')
    t.equal(step({ more: { request: exchangeHead({ method: 'POST' }) } }, 'partly', reused), 'give-up')
  }
  t.equal(step({ retry: { on: { ...retryRules.on, connect: false } } }), 'give-up')
  t.equal(step({}, 'nothing', false, 'http_protocol_error'), 'give-up')
})

t.test('a dead kept connection is replaced once, whatever is left', async t => {
  const none: Setup = { targets: 1, budget: { share: 0, minimumPerSecond: 0 }, more: { attemptsLeft: false } }
  t.equal(step(none, 'all', true), 'fresh-connection')
  t.equal(step({ more: { request: exchangeHead({ freshConnection: true }) } }, 'all', true), 'other-target')
})

t.test('only another target costs a retry of the budget', async t => {
  const budget = { share: 0, minimumPerSecond: 1 }
  for (const [setup, reused, cost] of [[{}, false, 1], [{}, true, 0], [{ targets: 1 }, false, 0], [{ more: { attemptsLeft: false } }, false, 0], [{ more: { headAt: 0 } }, false, 0]] as const) {
    const request = unserved({ ...setup, budget })
    nextStep(request, failure('connection_terminated'), 'nothing', reused)
    t.equal(request.route.retryBudget.left, 10 - cost)
    t.equal(request.route.retryBudget.refused, 0)
  }
})

t.test('a target that may come free is worth a retry; for an answer at hand it must be free', async t => {
  const request = unserved()
  request.pool.reconcile(request.pool.targets.map(({ url }, i) => ({ url, ...(i === 1 && { maxConnections: 1 }) })))
  const leases = [request.pool.lease(contextOf({}, () => 0)), request.pool.lease(contextOf({}, () => 0))]
  t.notOk(hasUntried(request))
  t.notOk(mayAskOther(request))
  t.equal(nextStep(request, failure('connection_refused'), 'nothing', false), 'other-target')
  for (const lease of leases) lease?.settle({ kind: 'cancelled' })
  t.ok(hasUntried(request))
})

t.test('has it been to all? The last target counts, whether or not it is among the tried', async t => {
  const request = unserved({ targets: 3 })
  const [first, second, third] = request.pool.targets
  if (first === undefined || second === undefined || third === undefined) throw new Error('too few')
  t.ok(hasUntried({ ...request, tried: new Set([second]) }))
  t.notOk(hasUntried({ ...request, tried: new Set([second, third]) }))
  t.ok(hasUntried({ ...request, target: null, tried: new Set([second, third]) }))
})

t.test('after an answer: an idempotent request with a whole body, an attempt and a target left', async t => {
  t.ok(mayAskOther(unserved()))
  t.ok(mayAskOther(unserved({ more: { body: new ManualBody() } })))
  for (const [name, setup] of Object.entries<Setup>({
    attempts: { more: { attemptsLeft: false } },
    body: { more: { body: consumed } },
    method: { more: { request: exchangeHead({ method: 'POST' }) } },
    target: { targets: 1 }
  })) t.notOk(mayAskOther(unserved(setup)), name)
})
