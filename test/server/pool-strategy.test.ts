import { join } from 'node:path'
import t from 'tap'
import { LeastConnections } from '../../src/balancing/least-connections.js'
import { strategyKinds } from '../../src/balancing/strategies.js'
import type { StrategySpec } from '../../src/balancing/strategy-spec.js'
import type { Candidate, NonEmpty, Strategy, StrategyKind } from '../../src/balancing/strategy.js'
import { ConfigError } from '../../src/base/errors.js'
import type { Log } from '../../src/proxy/access-log.js'
import { poolStrategy } from '../../src/server/pool-strategy.js'
import { contextOf, FakeCandidate, tally } from '../balancing/fake-candidate.js'

const [first, second, third] = [new FakeCandidate('t0'), new FakeCandidate('t1'), new FakeCandidate('t2')]
const list: NonEmpty<Candidate> = [first, second, third]
const request = contextOf({ clientAddress: '192.0.2.1' })

/** Keeps what is logged as errors. */
class ErrorLog implements Log {
  readonly lines: Array<readonly [object, string]> = []
  debug (): void {}
  info (): void {}
  warn (): void {}
  error (fields: object, message: string): void { this.lines.push([fields, message]) }
}

const spec = (name: string, more: Partial<StrategySpec> = {}): StrategySpec => ({ name, options: {}, beneath: null, module: null, ...more })

const picks = (strategy: Strategy, count: number): Candidate[] => {
  const picker = strategy.prepare(list)
  return Array.from({ length: count }, () => picker.pick(request))
}

const failing: StrategyKind = { name: 'failing', schema: {}, create: () => ({ prepare: () => ({ pick: () => { throw new Error('not today') } }) }) }

t.test('a built-in one is itself, and new each time', async t => {
  const log = new ErrorLog()
  const make = poolStrategy('api', spec('least-connections'), strategyKinds, log)
  const strategies = [make(), make()]
  t.ok(strategies.every(strategy => strategy instanceof LeastConnections))
  t.equal(new Set(strategies).size, 2)
})

t.test('one that is not is guarded: its first fault is told once for all levels of the pool, and round-robin takes its place', async t => {
  const log = new ErrorLog()
  const make = poolStrategy('api', spec('failing'), [...strategyKinds, failing], log)
  for (const level of [make(), make()]) t.strictSame(tally(list, picks(level, 30)), [10, 10, 10])
  t.strictSame(log.lines, [[{ pool: 'api', strategy: 'failing', reason: 'not today' }, 'strategy failed: round-robin takes its place']])
})

t.test('a module of the user\'s own is guarded', async t => {
  const directory = t.testdir({ 'failing.cjs': 'module.exports = () => { throw "words" }' })
  const log = new ErrorLog()
  const make = poolStrategy('api', spec('./failing.cjs', { module: join(directory, 'failing.cjs') }), strategyKinds, log)
  t.strictSame(tally(list, picks(make(), 9)), [3, 3, 3])
  t.match(log.lines, [[{ strategy: './failing.cjs', reason: 'words' }, /./]])
})

t.test('one that fails beneath a built-in one takes nothing from it', async t => {
  const log = new ErrorLog()
  const make = poolStrategy('api', spec('sticky', { options: { secret: 'sixteen-characters' }, beneath: spec('failing') }), [...strategyKinds, failing], log)
  const strategy = make()
  t.strictSame(tally(list, picks(strategy, 9)), [3, 3, 3])
  const [, cookie = ''] = strategy.responseFields?.(second, request) ?? []
  const returning = contextOf({ headers: { cookie: cookie.split(';')[0] ?? '' } })
  const picker = strategy.prepare(list)
  for (let i = 0; i < 5; i++) t.equal(picker.pick(returning), second)
  t.equal(log.lines.length, 1)
})

t.test('a name that is built in cannot be taken', async t => {
  const log = new ErrorLog()
  const make = poolStrategy('api', spec('least-connections'), [...strategyKinds, { ...failing, name: 'least-connections' }], log)
  t.ok(make() instanceof LeastConnections)
})

t.test('what cannot be made at the start is a fault of the config', async t => {
  const faults = (kind: Partial<StrategyKind>, name = 'mine'): unknown => {
    try {
      return poolStrategy('api', spec(name), [...strategyKinds, { name: 'mine', schema: {}, create: () => new LeastConnections(), ...kind }], new ErrorLog())()
    } catch (error) {
      return error instanceof ConfigError ? error.faults : error
    }
  }
  t.strictSame(faults({ create: () => { throw new Error('no such ring') } }), [{ path: 'pools.api.strategy', message: 'no such ring' }])
  t.strictSame(faults({}, 'unknown'), [{ path: 'pools.api.strategy', message: 'there is no strategy "unknown"' }])
  // What a user without types may give.
  for (const junk of [undefined, null, 7, {}, { prepare: 1 }, (eligible: NonEmpty<Candidate>) => eligible[0]]) {
    t.strictSame(faults({ create: () => junk as unknown as Strategy }), [{ path: 'pools.api.strategy', message: 'strategy "mine": its "create" gave nothing with a "prepare"' }])
  }
})

t.test('what cannot be made for a level that comes later is stood in for', async t => {
  const log = new ErrorLog()
  let count = 0
  const once: StrategyKind = { name: 'once', schema: {}, create: () => { if (count++ > 0) throw new Error('only one'); return new LeastConnections() } }
  const make = poolStrategy('api', spec('once'), [...strategyKinds, once], log)
  make()
  t.strictSame(tally(list, picks(make(), 9)), [3, 3, 3])
  make()
  t.strictSame(log.lines, [[{ pool: 'api', strategy: 'once', reason: 'only one' }, 'strategy failed: round-robin takes its place']])
})

t.test('a fault that cannot be told as text costs no request either', async t => {
  const mute = Object.defineProperty(new Error('hidden'), 'message', { get () { throw new Error('not even this') } })
  for (const fault of [Object.create(null), mute, { toString () { throw new Error('no') } }] as const) {
    const log = new ErrorLog()
    const make = poolStrategy('api', spec('failing'), [...strategyKinds, { ...failing, create: () => ({ prepare: () => { throw fault } }) }], log)
    t.strictSame(tally(list, picks(make(), 9)), [3, 3, 3])
    t.match(log.lines, [[{ reason: 'it threw what cannot be told as text' }, /./]])
    t.throws(poolStrategy('api', spec('failing'), [{ ...failing, create: () => { throw fault } }], log), ConfigError)
  }
})
