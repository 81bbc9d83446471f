import t from 'tap'
import { RoundRobin } from '../../src/balancing/round-robin.js'
import { logModel } from '../../src/simulation/log-model.js'
import { Simulation } from '../../src/simulation/simulation.js'
import type { RunOptions } from '../../src/simulation/run-options.js'
import { nothing, plainPool } from './world.js'

const options: RunOptions = {
  strategy: () => new RoundRobin(), pool: plainPool, proxies: 1, until: { duration: Infinity }, warmUp: 0, seed: 1, attempts: 1, retryStatuses: [], timeout: 0, budget: null, subsets: null, overhead: 0
}

/** A line as the proxy writes it. */
function line (fields: object): string {
  return JSON.stringify({
    level: 30, time: 1_700_000_001_000, requestId: 'x', client: '10.0.0.1', method: 'GET', path: '/a?b=c', status: 200, bytes: 3, ms: 10, headMs: 9, pool: 'api', target: 'http://a:1', attempts: 1, outcome: 'response', msg: 'request', ...fields
  })
}

t.test('requests come when they came: the time of the line less what it took', async t => {
  const text = [
    JSON.stringify({ level: 30, time: 1_700_000_000_000, address: 'http://127.0.0.1:8080', msg: 'listening' }),
    line({ time: 1_700_000_001_100, ms: 100 }),
    line({ time: 1_700_000_001_050, ms: 0.5, target: 'http://b:1' }),
    'not JSON', '{"broken', '[1]', '',
    line({ time: 1_700_000_001_010, ms: 30, target: null, status: 503, attempts: 0, outcome: 'failure' })
  ].join('\n')
  const model = logModel(text, null)
  if (model.load.kind !== 'replay') throw new TypeError(model.load.kind)
  t.strictSame([...model.load.at], [0, 20, 69.5])
  t.strictSame(model.targets.map(({ url }) => url), ['http://a:1', 'http://b:1'])
  const identities = model.identities()
  t.equal(identities.address(0), '10.0.0.1')
  t.equal(identities.path(0), '/a?b=c')
  t.equal(identities.key(0), undefined)
})

t.test('what a request takes, and how it ends, is drawn from the log of its target', async t => {
  const lines = Array.from({ length: 3000 }, (_, i) => {
    const slow = i % 3 === 0
    return line({ time: 1_700_000_000_000 + i * 10, ms: slow ? 50 : 5, target: slow ? 'http://slow:1' : 'http://fast:1', status: slow && i % 2 === 0 ? 500 : 200 })
  })
  const simulation = new Simulation(logModel(lines.join('\n'), null), options)
  const result = simulation.run()
  t.equal(result.requests, 3000)
  t.ok(Math.abs(result.failures['error status'] - 750) < 60, 'half of the half that went to the slow one now')
  t.ok(Math.abs((result.latency?.p50 ?? 0) - 5) < 0.01)
  t.equal(result.latency?.max, 50)
  t.strictSame(result.targets.map(({ served }) => served), [1500, 1500])
  t.strictSame(simulation.underWay, nothing)
})

t.test('what does not tell how long a target takes is left out, but comes again', async t => {
  const model = logModel([
    line({ ms: 7 }), line({ ms: 900, attempts: 2, target: 'http://b:1' }), line({ ms: 900, outcome: 'cancelled', status: 0 }), line({ ms: 9_000, outcome: 'tunnel', status: 101 })
  ].join('\n'), null)
  t.strictSame(model.targets.map(({ url }) => url), ['http://a:1'])
  const { requests, latency } = new Simulation(model, options).run()
  t.equal(requests, 4)
  t.equal(latency?.max, 7)
})

t.test('an attempt without an answer is one that fails', async t => {
  const { failures } = new Simulation(logModel(line({ status: 0, outcome: 'failure', ms: 3 }), null), options).run()
  t.equal(failures['error status'], 1)
})

t.test('one pool at a time, and something to go by', async t => {
  const text = [line({}), line({ pool: 'static' })].join('\n')
  t.throws(() => logModel(text, null), { name: 'RangeError', message: /several pools, name one: api, static/ })
  t.equal(new Simulation(logModel(text, 'static'), options).run().requests, 1)
  t.throws(() => logModel(text, 'other'), /no answered requests of the pool other; it has api, static/)
  t.throws(() => logModel('', null), /no answered requests/)
})

t.test('a log can be cut short', async t => {
  const text = Array.from({ length: 50 }, (_, i) => line({ time: 1_700_000_000_000 + i * 100 })).join('\n')
  t.equal(new Simulation(logModel(text, null), { ...options, until: { requests: 20 } }).run().requests, 20)
  t.equal(new Simulation(logModel(text, null), { ...options, until: { duration: 1000 } }).run().requests, 10)
})
