import fc from 'fast-check'
import t from 'tap'
import { contextOf } from '../balancing/fake-candidate.js'
import { failureCodes, ProxyError, type FailureCode } from '../../src/base/errors.js'
import { Exchange } from '../../src/proxy/exchange.js'
import type { RetryBudgetRules } from '../../src/proxy/retry-budget.js'
import type { RetryRules } from '../../src/proxy/route-config.js'
import { isIdempotent } from '../../src/transport/idempotent.js'
import type { Sent } from '../../src/transport/transport.js'
import type { Lease } from '../../src/upstream/lease.js'
import type { Pool } from '../../src/upstream/pool.js'
import type { Target } from '../../src/upstream/target.js'
import { exchangeHead } from './exchange-head.js'
import { FakeClient } from './fake-client.js'
import { FakeTransport, type FakeSending } from './fake-transport.js'
import { KeptBody } from './kept-body.js'
import { createPool, createRoute, FakeServices, routeConfig } from './route-world.js'

type Ending = 'end' | 'hang' | 'leave' | { readonly code: FailureCode, readonly sent: Sent }

/** What becomes of one attempt. */
interface Step {
  readonly reused: boolean
  readonly wait: number
  readonly interim: boolean
  readonly opensBody: boolean
  /** Letters of the body that flow before the head, and after it. */
  readonly letters: readonly [number, number]
  /** 0 = none. */
  readonly status: number
  readonly retryAfter: string | null
  /** Bytes of the response in each piece. */
  readonly pieces: readonly number[]
  readonly ending: Ending
  /** A target that goes down while this attempt runs, and one that comes back; -1 = none. */
  readonly down: number
  readonly up: number
}

interface Script {
  readonly method: string
  /** Bytes of the body that are kept; null = there is no body. */
  readonly keep: number | null
  readonly targets: number
  readonly retry: RetryRules
  readonly budget: RetryBudgetRules
  readonly draw: number
  /** Requests at once that each target bears, all of them others'; they end one by one as time goes by. 0 = there are none. */
  readonly others: number
  readonly queueTimeout: number
  readonly urgent: boolean
  readonly limit: number
  /** Milliseconds after which the client leaves, if it is waiting still. */
  readonly patience: number
  readonly steps: readonly Step[]
}

/** A target that does not come to do anything. */
const NOTHING: Step = { reused: false, wait: 0, interim: false, opensBody: false, letters: [0, 0], status: 0, retryAfter: null, pieces: [], ending: 'hang', down: -1, up: -1 }

const mostly = fc.constantFrom(true, true, true, false)

const failing: fc.Arbitrary<Ending> = fc.record({
  code: fc.oneof({ weight: 8, arbitrary: fc.constantFrom<FailureCode>('connection_terminated', 'connection_refused', 'http_response_timeout') }, { weight: 1, arbitrary: fc.constantFrom(...failureCodes) }),
  sent: fc.constantFrom<Sent>('nothing', 'nothing', 'partly', 'all')
})

const step: fc.Arbitrary<Step> = fc.record({
  reused: fc.boolean(),
  wait: fc.constantFrom(0, 0, 0, 0, 0, 400),
  interim: fc.boolean(),
  opensBody: fc.boolean(),
  letters: fc.tuple(fc.constantFrom(0, 0, 1, 4, 6), fc.constantFrom(0, 0, 1, 6)),
  status: fc.constantFrom(0, 0, 0, 0, 0, 200, 503, 503, 429),
  retryAfter: fc.constantFrom(null, null, '0', '1', '9', 'soon'),
  pieces: fc.constantFrom([], [3], [3, 4], [40_000, 40_000]),
  ending: fc.oneof({ weight: 12, arbitrary: failing }, { weight: 4, arbitrary: fc.constant<Ending>('end') }, { weight: 1, arbitrary: fc.constantFrom<Ending>('hang', 'leave') }),
  down: fc.constantFrom(-1, -1, -1, 0, 1, 2),
  up: fc.constantFrom(-1, -1, 0, 1, 2)
})

const script: fc.Arbitrary<Script> = fc.record({
  method: fc.constantFrom('GET', 'GET', 'GET', 'PUT', 'PUT', 'POST', 'PATCH'),
  keep: fc.constantFrom(null, null, 0, 5),
  targets: fc.integer({ min: 1, max: 4 }),
  retry: fc.record({
    attempts: fc.integer({ min: 1, max: 5 }),
    perTryTimeout: fc.constantFrom(0, 1000),
    backOff: fc.constantFrom({ base: 0, max: 0 }, { base: 50, max: 100 }),
    maxRetryAfter: fc.constantFrom(0, 2000),
    tryFor: fc.constantFrom(0, 0, 600),
    bufferBody: fc.constant(0),
    on: fc.record({ connect: mostly, reset: mostly, timeout: fc.boolean(), statuses: fc.constantFrom([], [503], [503, 429], [503, 429]) })
  }),
  budget: fc.constantFrom({ share: 0, minimumPerSecond: 100 }, { share: 0, minimumPerSecond: 100 }, { share: 0, minimumPerSecond: 0.1 }, { share: 0, minimumPerSecond: 0 }),
  draw: fc.constantFrom(0, 0.5),
  others: fc.constantFrom(0, 0, 0, 0, 1, 2),
  queueTimeout: fc.constantFrom(0, 300),
  urgent: fc.boolean(),
  limit: fc.constantFrom(0, 0, 0, 1000),
  patience: fc.constantFrom(100, 10_000, 10_000),
  steps: fc.array(step, { minLength: 1, maxLength: 8 })
})

/** An attempt as it went. */
interface Attempted {
  readonly target: Target
  readonly fresh: boolean
  readonly step: Step
  readonly startedAt: number
  /** What of the response came, if it ended well. */
  readonly answer: string | null
  /** Had the head been passed on when the attempt began? */
  readonly answeredBefore: boolean
}

interface Run {
  readonly attempts: readonly Attempted[]
  readonly exchange: Exchange<FakeClient>
  readonly client: FakeClient
  readonly services: FakeServices
  readonly violations: readonly string[]
  readonly settled: number
  readonly pool: Pool
}

/** One exchange whose targets, and whose neighbours, follow a script. */
class Stage {
  readonly services = new FakeServices()
  readonly transport = new FakeTransport()
  readonly client = new FakeClient()
  readonly body: KeptBody | null
  readonly pool: Pool
  readonly exchange: Exchange<FakeClient>
  readonly attempts: Attempted[] = []
  readonly violations: string[] = []
  readonly #script: Script
  readonly #others: Lease[] = []
  readonly #startedAt: number[] = []
  readonly #answeredBefore: boolean[] = []
  settled = 0

  constructor (script: Script) {
    this.#script = script
    this.services.draw = script.draw
    this.services.queueTimeout = script.queueTimeout
    this.pool = createPool(script.targets)
    this.#busy()
    this.pool.observe(() => { this.settled++ })
    this.body = script.keep === null ? null : new KeptBody(script.keep)
    this.transport.prepare = () => { this.#sent() }
    const route = createRoute({
      retry: script.retry,
      timeouts: { ...routeConfig().timeouts, request: script.limit },
      priority: script.urgent ? 'high' : 'normal'
    }, this.services, this.pool, this.transport, { budget: script.budget })
    this.exchange = new Exchange(route, exchangeHead({ method: script.method }), this.body, this.client)
  }

  /** Others have taken all there is. */
  #busy (): void {
    const { others } = this.#script
    if (others === 0) return
    this.pool.reconcile(this.pool.targets.map(({ url }) => ({ url, maxConnections: others })))
    for (let lease = this.#take(); lease !== null; lease = this.#take()) this.#others.push(lease)
  }

  #take (): Lease | null {
    return this.pool.lease(contextOf({}, () => 0))
  }

  #sent (): void {
    this.#startedAt.push(this.services.clock.now())
    this.#answeredBefore.push(this.client.status !== 0)
    if (this.transport.sendings.some(sending => sending.open)) this.violations.push('two attempts at once')
    if (this.body?.consumed === true) this.violations.push('a consumed body was sent again')
  }

  async run (): Promise<Run> {
    this.exchange.start()
    for (let turns = 0; !this.exchange.ended; turns++) {
      if (turns > 2000) throw new Error('it goes on for ever')
      await Promise.resolve()
      const { length } = this.transport.sendings
      if (this.attempts.length < length) this.#play(this.transport.last, length - 1)
      else this.#pass(25)
    }
    const { sendings } = this.transport
    // It may have ended in the very moment in which an attempt began.
    if (this.attempts.length < sendings.length) this.#note(this.transport.last, sendings.length - 1, NOTHING, null)
    this.exchange.clientClosed()
    this.exchange.resume()
    this.client.closeTunnel()
    for (const lease of this.#others.splice(0)) this.#end(lease)
    await Promise.resolve()
    this.services.clock.advance(100_000)
    if (this.transport.sendings.some(sending => sending.open)) throw new Error('an attempt is under way still')
    const { attempts, exchange, client, services, settled, pool } = this
    return { attempts, exchange, client, services, settled, pool, violations: [...this.violations, ...this.body?.violations ?? []] }
  }

  /** Time goes by: others' requests end, and the client loses its patience. */
  #pass (duration: number): void {
    const lease = this.services.clock.now() > 150 ? this.#others.shift() : undefined
    if (lease !== undefined) this.#end(lease)
    this.services.clock.advance(duration)
    if (this.services.clock.now() > this.#script.patience) this.exchange.clientClosed()
  }

  #end (lease: Lease): void {
    lease.settle({ kind: 'cancelled' })
    this.settled--
  }

  /** Plays a target's part in one attempt; what has become of the exchange by then is the script's affair. */
  #play (sending: FakeSending, index: number): void {
    const step = this.#script.steps[index % this.#script.steps.length]
    if (step === undefined) throw new Error('a script has steps')
    let answer: string | null = null
    sending.reused = step.reused
    this.pool.targets[step.down]?.judge('active', false)
    this.pool.targets[step.up]?.judge('active', true)
    this.services.clock.advance(step.wait)
    if (sending.open) answer = this.#respond(sending, step, index)
    this.#note(sending, index, step, answer)
  }

  #note (sending: FakeSending, index: number, step: Step, answer: string | null): void {
    const { target, freshConnection: fresh } = sending
    this.attempts[index] = { target, fresh, step, startedAt: this.#startedAt[index] ?? 0, answer, answeredBefore: this.#answeredBefore[index] ?? false }
  }

  #respond (sending: FakeSending, step: Step, index: number): string | null {
    if (step.interim) sending.sink.informational(100, [])
    if (step.opensBody) this.body?.open({ data: () => {}, end: () => {}, failed: () => {} })
    for (let i = 0; i < step.letters[0]; i++) this.body?.flow()
    if (step.ending === 'leave') this.exchange.clientClosed()
    let answer = ''
    if (step.status !== 0) {
      sending.respond(step.status, step.retryAfter === null ? [] : ['Retry-After', step.retryAfter])
      for (let i = 0; i < step.letters[1] && sending.open; i++) this.body?.flow()
      for (const size of step.pieces) {
        const piece = `${index}`.repeat(size)
        answer += piece
        sending.data(piece)
      }
    }
    if (!sending.open) return null
    if (typeof step.ending === 'object') sending.fail(new ProxyError(step.ending.code, ''), step.ending.sent)
    else if (step.ending === 'end' && step.status !== 0) sending.end()
    // What hangs is for the clock, and for the client's patience, to end.
    return step.ending === 'end' ? answer : null
  }
}

/** Was this attempt one whose kept connection died, as the exchange sees it? */
function diedReused ({ step }: Attempted): boolean {
  return step.reused && typeof step.ending === 'object' && step.ending.code === 'connection_terminated'
}

function checkRetries ({ attempts, violations }: Run, { method, retry, budget }: Script): void {
  if (violations.length > 0) throw new Error(violations.join(', '))
  /** When each target was asked last. */
  const tried = new Map<Target, number>()
  let again = 0
  for (const [i, attempt] of attempts.entries()) {
    const before = attempts[i - 1]
    if (attempt.answeredBefore) throw new Error('sent again after the head reached the client')
    if (before !== undefined) {
      const { ending, status } = before.step
      const unsent = status === 0 && typeof ending === 'object' && ending.sent === 'nothing'
      if (!isIdempotent(method) && !unsent) throw new Error(`${method} was sent again though bytes of it were written`)
      if (status !== 0 && !retry.on.statuses.includes(status)) throw new Error(`a ${status} was retried`)
      const asked = tried.get(attempt.target)
      if (asked !== undefined) {
        if (diedReused(before) && before.target === attempt.target && attempt.fresh && again === 0) {
          again++
        } else if (retry.tryFor === 0 || attempt.startedAt <= asked) {
          // A new round comes later than the one before.
          throw new Error('a target was asked twice')
        }
      }
    }
    tried.set(attempt.target, attempt.startedAt)
  }
  if (retry.tryFor > 0) return
  const exempt = attempts.some(diedReused) ? 1 : 0
  if (attempts.length > retry.attempts + exempt) throw new Error(`${attempts.length} attempts, ${retry.attempts} allowed`)
  const retries = Math.floor(budget.minimumPerSecond * 10)
  if (attempts.length - 1 - exempt > retries) throw new Error(`${attempts.length} attempts, the budget allowed for ${retries} retries`)
}

function checkEnd ({ exchange, client, services, settled, pool, attempts }: Run): void {
  if (pool.inflight !== 0 || pool.queued !== 0) throw new Error(`${pool.inflight} in flight, ${pool.queued} in the queue`)
  if (settled !== attempts.length) throw new Error(`${settled} settled of ${attempts.length}`)
  if (services.ended.length !== 1) throw new Error(`ended ${services.ended.length} times`)
  if (services.wheel.size !== 0 || services.clock.pending !== 0) throw new Error('a timer is left')
  if (client.violations.length !== 0) throw new Error(client.violations.join(', '))
  if (client.over === (exchange.outcome === 'cancelled')) throw new Error(`${exchange.outcome}, and the client ${client.over ? 'was' : 'was not'} told`)
  if (exchange.attempts !== attempts.length) throw new Error('miscounted')
  if (client.status !== 0 && exchange.status !== client.status) throw new Error(`${exchange.status} in the log, ${client.status} to the client`)
  if (exchange.bytes !== client.body.length) throw new Error(`${exchange.bytes} bytes in the log, ${client.body.length} to the client`)
  if (exchange.outcome === 'response') checkAnswer(exchange, client, attempts)
}

/** What the client has is one whole answer of one target, the one that the log names. */
function checkAnswer (exchange: Exchange, client: FakeClient, attempts: readonly Attempted[]): void {
  const whole = attempts.some(({ answer, step, target }) => answer === client.body && step.status === client.status && target === exchange.target)
  if (!whole) throw new Error('the client got what no target said')
}

t.test('docs/lifecycle.md, items 1 and 3: whatever fails, nothing is re-sent that must not be, and nothing is left', async t => {
  const seen = { retried: 0, exempt: 0, queued: 0, held: 0, rounds: 0, outcomes: new Map<string, number>() }
  await fc.assert(fc.asyncProperty(script, async script => {
    const result = await new Stage(script).run()
    checkRetries(result, script)
    checkEnd(result)
    const { attempts, exchange, client } = result
    seen.outcomes.set(exchange.outcome, (seen.outcomes.get(exchange.outcome) ?? 0) + 1)
    if (attempts.length > 1) seen.retried++
    if (attempts.some(diedReused) && attempts.length > script.retry.attempts) seen.exempt++
    if (attempts.length > 0 && script.others > 0) seen.queued++
    if (exchange.outcome === 'response' && attempts.at(-1)?.answer !== client.body) seen.held++
    if (attempts.length > script.targets + (attempts.some(diedReused) ? 1 : 0)) seen.rounds++
  }), { numRuns: 10_000, seed: 9 })
  t.comment(JSON.stringify({ ...seen, outcomes: Object.fromEntries(seen.outcomes) }))
  t.ok(seen.retried > 1000 && seen.exempt > 20, `${seen.retried} scripts with retries, ${seen.exempt} with one beyond the attempts`)
  t.ok(seen.queued > 200, `${seen.queued} that waited in the queue first`)
  t.ok(seen.held > 30, `${seen.held} whose client got an answer that had been held`)
  t.ok(seen.rounds > 50, `${seen.rounds} that went round`)
  for (const outcome of ['response', 'failure', 'aborted', 'cancelled']) t.ok((seen.outcomes.get(outcome) ?? 0) > 100, `${outcome}: ${seen.outcomes.get(outcome)}`)
})
