import fc from 'fast-check'
import t from 'tap'
import { failureCodes, ProxyError, type FailureCode } from '../../src/base/errors.js'
import { Exchange } from '../../src/proxy/exchange.js'
import { isIdempotent } from '../../src/proxy/retry.js'
import type { RetryRules } from '../../src/proxy/route-config.js'
import type { Sent } from '../../src/transport/transport.js'
import type { Target } from '../../src/upstream/target.js'
import { ManualBody } from '../fixtures/bodies.js'
import { exchangeHead } from './exchange-head.js'
import { FakeClient } from './fake-client.js'
import { FakeTransport, type FakeSending } from './fake-transport.js'
import { createPool, createRoute, FakeServices, routeConfig } from './route-world.js'

/** What becomes of one attempt. */
interface Step {
  readonly reused: boolean
  readonly wait: number
  readonly interim: boolean
  readonly opensBody: boolean
  readonly bodyData: boolean
  /** 0 = none. */
  readonly status: number
  readonly data: boolean
  /** null = it ends well, if there was a response; else the client leaves. */
  readonly failure: { readonly code: FailureCode, readonly sent: Sent } | null
  readonly clientLeaves: boolean
  /** A target that goes down while this attempt runs; -1 = none. */
  readonly down: number
}

interface Script {
  readonly method: string
  readonly body: boolean
  readonly targets: number
  readonly retry: RetryRules
  readonly limit: number
  readonly steps: readonly Step[]
}

const step: fc.Arbitrary<Step> = fc.record({
  reused: fc.boolean(),
  wait: fc.constantFrom(0, 0, 0, 400),
  interim: fc.boolean(),
  opensBody: fc.boolean(),
  bodyData: fc.boolean(),
  status: fc.constantFrom(0, 0, 0, 200, 503, 503, 429),
  data: fc.boolean(),
  failure: fc.option(fc.record({
    code: fc.oneof({ weight: 3, arbitrary: fc.constantFrom<FailureCode>('connection_terminated', 'connection_refused', 'http_response_timeout') }, { weight: 1, arbitrary: fc.constantFrom(...failureCodes) }),
    sent: fc.constantFrom<Sent>('nothing', 'partly', 'all')
  }), { freq: 8 }),
  clientLeaves: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  down: fc.constantFrom(-1, -1, -1, 0, 1, 2)
})

const script: fc.Arbitrary<Script> = fc.record({
  method: fc.constantFrom('GET', 'GET', 'PUT', 'POST', 'PATCH', 'DELETE'),
  body: fc.boolean(),
  targets: fc.integer({ min: 1, max: 4 }),
  retry: fc.record({
    attempts: fc.integer({ min: 1, max: 5 }),
    perTryTimeout: fc.constant(0),
    on: fc.record({ connect: fc.boolean(), reset: fc.boolean(), timeout: fc.boolean(), statuses: fc.constantFrom([], [503], [503, 429]) })
  }),
  limit: fc.constantFrom(0, 1000),
  steps: fc.array(step, { minLength: 1, maxLength: 8 })
})

/** An attempt as it went. */
interface Attempted {
  readonly target: Target
  readonly fresh: boolean
  readonly step: Step
  /** Was the body consumed, the head passed on, when the next attempt began? */
  readonly consumed: boolean
  readonly answered: boolean
}

interface Run {
  readonly attempts: readonly Attempted[]
  readonly exchange: Exchange<FakeClient>
  readonly client: FakeClient
  readonly services: FakeServices
  readonly settled: number
  readonly inflight: number
}

/** Plays a target's part in one attempt; what has become of the exchange by then is the script's affair. */
function play (sending: FakeSending, step: Step, world: { readonly services: FakeServices, readonly exchange: Exchange, readonly body: ManualBody | null }): void {
  const { services, exchange, body } = world
  sending.reused = step.reused
  services.clock.advance(step.wait)
  if (!sending.open) return
  if (step.interim) sending.sink.informational(100, [])
  if (body !== null && step.opensBody) {
    body.open({ data: () => {}, end: () => {}, failed: () => {} })
    if (step.bodyData) body.data('x')
  }
  if (step.clientLeaves) exchange.clientClosed()
  if (step.status !== 0) sending.respond(step.status)
  if (step.status !== 0 && step.data) sending.data('abc')
  if (step.failure !== null) sending.fail(new ProxyError(step.failure.code, ''), step.failure.sent)
  else if (step.status !== 0) sending.end()
  else exchange.clientClosed()
}

function run (script: Script): Run {
  const services = new FakeServices()
  const transport = new FakeTransport()
  const pool = createPool(script.targets)
  let settled = 0
  pool.observe(() => { settled++ })
  const client = new FakeClient()
  const body = script.body ? new ManualBody() : null
  const route = createRoute({ retry: script.retry, timeouts: { ...routeConfig().timeouts, request: script.limit } }, services, pool, transport)
  const exchange = new Exchange(route, exchangeHead({ method: script.method }), body, client)
  const attempts: Attempted[] = []
  exchange.start()
  while (!exchange.ended) {
    const { last, sendings: { length } } = transport
    if (length > 20) throw new Error('it goes on for ever')
    const step = script.steps[(length - 1) % script.steps.length]
    if (step === undefined) throw new Error('a script has steps')
    if (step.down !== -1) pool.targets[step.down]?.judge('active', false)
    if (attempts.length >= length) throw new Error('the attempt has ended and nothing came after it')
    const before = { answered: client.status !== 0 }
    play(last, step, { services, exchange, body })
    attempts.push({ target: last.target, fresh: last.freshConnection, step, consumed: body?.consumed === true, answered: before.answered || client.status !== 0 })
  }
  exchange.clientClosed()
  exchange.resume()
  client.closeTunnel()
  services.clock.advance(100_000)
  if (transport.sendings.some(sending => sending.open)) throw new Error('an attempt is under way still')
  return { attempts, exchange, client, services, settled, inflight: pool.inflight }
}

/** Was this attempt one whose kept connection died, as the exchange sees it? */
function diedReused ({ step }: Attempted): boolean {
  return step.reused && step.failure?.code === 'connection_terminated'
}

function checkRetries ({ attempts }: Run, { method, retry }: Script): void {
  const tried = new Set<Target>()
  let again = 0
  for (const [i, attempt] of attempts.entries()) {
    const before = attempts[i - 1]
    if (before !== undefined) {
      if (before.consumed) throw new Error('a consumed body was sent again')
      if (before.answered) throw new Error('sent again after the head reached the client')
      const { failure, status } = before.step
      const byStatus = status !== 0
      if (!isIdempotent(method) && (byStatus || failure?.sent !== 'nothing')) throw new Error(`${method} was sent again though bytes of it were written`)
      if (byStatus && !retry.on.statuses.includes(status)) throw new Error(`a ${status} was retried`)
      if (tried.has(attempt.target)) {
        again++
        if (!diedReused(before) || before.target !== attempt.target || !attempt.fresh) throw new Error('a target was asked twice')
      }
    }
    tried.add(attempt.target)
  }
  if (again > 1) throw new Error('asked twice more than once')
  const exempt = attempts.some(diedReused) ? 1 : 0
  if (attempts.length > retry.attempts + exempt) throw new Error(`${attempts.length} attempts, ${retry.attempts} allowed`)
}

function checkEnd ({ exchange, client, services, settled, inflight, attempts }: Run): void {
  if (inflight !== 0) throw new Error(`${inflight} in flight`)
  if (settled !== attempts.length) throw new Error(`${settled} settled of ${attempts.length}`)
  if (services.ended.length !== 1) throw new Error(`ended ${services.ended.length} times`)
  if (services.wheel.size !== 0 || services.clock.pending !== 0) throw new Error('a timer is left')
  if (client.violations.length !== 0) throw new Error(client.violations.join(', '))
  if (client.over === (exchange.outcome === 'cancelled')) throw new Error(`${exchange.outcome}, and the client ${client.over ? 'was' : 'was not'} told`)
  if (exchange.attempts !== attempts.length) throw new Error('miscounted')
  if (client.status !== 0 && exchange.status !== client.status) throw new Error(`${exchange.status} in the log, ${client.status} to the client`)
}

t.test('docs/lifecycle.md, items 1 and 3: whatever fails, nothing is re-sent that must not be, and nothing is left', async t => {
  const seen = { retried: 0, exempt: 0, outcomes: new Map<string, number>() }
  fc.assert(fc.property(script, script => {
    const result = run(script)
    checkRetries(result, script)
    checkEnd(result)
    const { outcome } = result.exchange
    seen.outcomes.set(outcome, (seen.outcomes.get(outcome) ?? 0) + 1)
    if (result.attempts.length > 1) seen.retried++
    if (result.attempts.length > script.retry.attempts) seen.exempt++
  }), { numRuns: 10_000, seed: 9 })
  t.ok(seen.retried > 500 && seen.exempt > 20, `${seen.retried} scripts with retries, ${seen.exempt} with one beyond the attempts`)
  for (const outcome of ['response', 'failure', 'aborted', 'cancelled']) t.ok((seen.outcomes.get(outcome) ?? 0) > 100, `${outcome}: ${seen.outcomes.get(outcome)}`)
})
