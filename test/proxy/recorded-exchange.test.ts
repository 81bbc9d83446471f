import t from 'tap'
import type { ExchangeOutcome, ExchangeRecord } from '../../src/proxy/exchange-record.js'
import { RecordedExchange } from '../../src/proxy/recorded-exchange.js'
import type { Target } from '../../src/upstream/target.js'
import { exchangeHead } from './exchange-head.js'
import { createPool, createRoute, FakeServices } from './route-world.js'

/** An exchange to which things happen as a test has it. */
class Told extends RecordedExchange {
  choice (tried?: ReadonlySet<Target>): void { this.noteChoice(tried) }
  queued (): void { this.noteQueued() }
  leftQueue (): void { this.noteLeftQueue() }
  attempt (target: Target): void { this.noteAttempt(target) }
  end (outcome: ExchangeOutcome, now: number): void { this.noteEnd(outcome, now) }
  expired (): void {}
}

t.test('who counts the exchanges of the route hears of its begin and of its end, the log of its end', async t => {
  const services = new FakeServices()
  const heard: Array<ExchangeRecord | 'began'> = []
  services.observe = () => ({ began: () => { heard.push('began') }, ended: record => { heard.push(record) } })
  services.clock.advance(5)
  const told = new Told(createRoute({}, services), exchangeHead())
  t.strictSame(heard, ['began'])
  t.match(told, { poolName: 'api', startedAt: 5, headAt: -1, endedAt: -1, attempts: 0, status: 0, bytes: 0, error: null, target: null, explanation: null })
  told.end('cancelled', 7)
  t.equal(heard[1], told)
  t.strictSame(services.ended, [told])
  t.match(told, { outcome: 'cancelled', endedAt: 7 })
})

t.test('each attempt but the first is a retry of its pool, and of the target that it goes to', async t => {
  const services = new FakeServices()
  const pool = createPool(2, services.clock)
  const [first, second] = pool.targets
  if (first === undefined || second === undefined) throw new Error('too few')
  const told = new Told(createRoute({}, services, pool), exchangeHead())
  told.attempt(first)
  t.strictSame([told.attempts, told.target, pool.counts.retries], [1, first, 0])
  told.attempt(second)
  t.strictSame([told.attempts, told.target, pool.counts.retries], [2, second, 1])
  t.strictSame([first.counts.retries, second.counts.retries], [0, 1])
})

t.test('where somebody wants to know: each choice, with its wait in the queue', async t => {
  const services = new FakeServices()
  services.explain = true
  const pool = createPool(1, services.clock)
  const [target] = pool.targets
  if (target === undefined) throw new Error('too few')
  const told = new Told(createRoute({}, services, pool), exchangeHead())
  told.choice()
  services.clock.advance(10)
  told.queued()
  services.clock.advance(30)
  told.leftQueue()
  told.attempt(target)
  told.choice(new Set([target]))
  t.match(told.explanation?.choices, [{ chosen: target.url, queuedMs: 30 }, { chosen: null, targets: [{ excluded: ['tried'] }] }])
})

t.test('a request that carries the debug secret is explained, whatever the log wants', async t => {
  t.ok(new Told(createRoute(), exchangeHead({ debug: true })).explanation)
})
