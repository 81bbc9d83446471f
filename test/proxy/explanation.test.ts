import t from 'tap'
import { VirtualClock } from '../../src/base/virtual-clock.js'
import { LeastConnections } from '../../src/balancing/least-connections.js'
import type { Candidate, NonEmpty, Strategy } from '../../src/balancing/strategy.js'
import { Explanation } from '../../src/proxy/explanation.js'
import { Pool, type PoolOptions } from '../../src/upstream/pool.js'
import type { Target, TargetSpec } from '../../src/upstream/target.js'
import { contextOf } from '../balancing/fake-candidate.js'
import { failure, FullWorld, World, type Setup } from './exchange-world.js'

const request = contextOf({})
const name = (i: number): string => `http://10.0.0.${i + 1}:3000`

function poolOf (specs: ReadonlyArray<Omit<TargetSpec, 'url'>>, options: Partial<PoolOptions> = {}): Pool {
  const pool = new Pool({ name: 'api', strategyName: 'least-connections', strategy: () => new LeastConnections(), whenAllDown: 'try-anyway', clock: new VirtualClock(), ...options })
  pool.reconcile(specs.map((spec, i) => ({ url: name(i), ...spec })))
  return pool
}

function targetOf (pool: Pool, i: number): Target {
  const target = pool.targets[i]
  if (target === undefined) throw new Error(`there is no target ${i}`)
  return target
}

/** The first choice of an explanation, as its reader gets it. */
function considered (pool: Pool, tried?: ReadonlySet<Target>): unknown {
  const explanation = new Explanation(pool)
  explanation.consider(pool, request, tried)
  const { choices: [choice] } = JSON.parse(JSON.stringify(explanation))
  return choice
}

t.test('each target with its weight, its requests and its score', async t => {
  const pool = poolOf([{}, { weight: 4 }])
  t.equal(pool.lease(request)?.target, targetOf(pool, 1))
  t.strictSame(considered(pool), {
    chosen: null,
    targets: [{ target: name(0), weight: 1, inflight: 0, score: 1 }, { target: name(1), weight: 4, inflight: 1, score: 0.5 }]
  })
})

t.test('why a target could not be chosen', async t => {
  const pool = poolOf([{}, { weight: 0 }, { drain: true }, { maxConnections: 1 }, {}, {}])
  const tried = new Set([targetOf(pool, 0)])
  while (targetOf(pool, 3).inflight === 0) pool.lease(request)
  targetOf(pool, 4).judge('active', false)
  targetOf(pool, 4).judge('passive', false)
  t.match(considered(pool, tried), {
    targets: [{ excluded: ['tried'] }, { excluded: ['weight'] }, { excluded: ['admin'] }, { excluded: ['full'] }, { excluded: ['active', 'passive'] }, { target: name(5), excluded: undefined }]
  })
})

t.test('levels, where there is more than one to choose from', async t => {
  const pool = poolOf([{ zone: 'a' }, { zone: 'b' }, { priority: 1 }, {}], { zone: 'a' })
  targetOf(pool, 3).judge('active', false)
  t.match(considered(pool), {
    targets: [{ level: 0, zone: 'a', priority: undefined }, { level: 1, zone: 'b' }, { level: 2, priority: 1, zone: undefined }, { level: 0, excluded: ['active'] }],
    levels: [{ level: 0, share: 0.714 }, { level: 1, share: 0.286 }, { level: 2, share: 0 }]
  })
  const alone = considered(poolOf([{}, {}]))
  t.notMatch(JSON.stringify(alone), /level|priority|zone/)
})

t.test('in panic bad health excludes nobody, a drain does', async t => {
  const pool = poolOf([{}, { drain: true }])
  for (const target of pool.targets) target.judge('active', false)
  t.match(considered(pool), { panic: true, targets: [{ excluded: undefined }, { excluded: ['active', 'admin'] }] })
  const failing = poolOf([{}], { whenAllDown: 'fail' })
  targetOf(failing, 0).judge('active', false)
  t.match(considered(failing), { panic: undefined, targets: [{ excluded: ['active'] }] })
})

t.test('an ejected target that is a retry\'s last resort is not excluded', async t => {
  const pool = poolOf([{}, {}])
  targetOf(pool, 1).judge('passive', false)
  t.match(considered(pool), { targets: [{ excluded: undefined }, { excluded: ['passive'] }] })
  t.match(considered(pool, new Set([targetOf(pool, 0)])), { targets: [{ excluded: ['tried'] }, { excluded: undefined }] })
})

t.test('a score that is no number is none', async t => {
  const values = [Infinity, NaN, null, 0.12345]
  const strategy = (): Strategy => ({ prepare: <T extends Candidate>(list: NonEmpty<T>) => ({ pick: () => list[0], scores: () => values }) })
  t.match(considered(poolOf([{}, {}, {}, {}, {}], { strategy })), { targets: [{ score: undefined }, { score: undefined }, { score: undefined }, { score: 0.123 }, { score: undefined }] })
})

t.test('as text: short, plain ASCII on one line, whatever names are in it', async t => {
  const pool = poolOf([{ zone: 'Zürich\n\u2028日😀\x7f' }])
  const explanation = new Explanation(pool)
  explanation.consider(pool, request, undefined)
  const text = explanation.text(4096)
  t.match(text, /^[\x20-\x7e]+$/)
  t.match(JSON.parse(text), { pool: 'api', strategy: 'least-connections', choices: [{ targets: [{ zone: 'Zürich\n\u2028日😀\x7f' }] }] })
  t.equal(text.indexOf('{"pool":"api","strategy":"least-connections","choices":['), 0)
})

t.test('what is too long for a field loses the targets that were not chosen, and is still JSON', async t => {
  const pool = poolOf(Array.from({ length: 200 }, (_, i) => ({ priority: i % 16 })))
  const explanation = new Explanation(pool)
  for (let i = 0; i < 3; i++) {
    explanation.consider(pool, request, undefined)
    explanation.chose(targetOf(pool, i))
  }
  explanation.consider(pool, request, undefined)
  explanation.waited(12.3456)
  const text = explanation.text(4096)
  t.ok(text.length < 1000, `${text.length} bytes`)
  t.match(JSON.parse(text), {
    choices: [0, 1, 2].map((i): object => ({ chosen: name(i), targets: [{ target: name(i) }], of: 200 })).concat({ chosen: null, targets: [], of: 200, queuedMs: 12.346 })
  })
  t.ok(JSON.stringify(explanation).length > 4096, 'the log has all')
})

t.test('of very many choices the first and the last are kept', async t => {
  const pool = poolOf([{}, {}])
  const explanation = new Explanation(pool)
  for (let i = 0; i < 100; i++) {
    explanation.consider(pool, request, undefined)
    explanation.waited(i)
  }
  t.equal(explanation.choices.length, 16)
  t.equal(explanation.omitted, 84)
  t.strictSame(explanation.choices.map(({ queuedMs }) => queuedMs), [0, ...Array.from({ length: 15 }, (_, i) => 85 + i)])
})

// What an exchange makes of it.

const told = (setup: Setup = {}): World => new World({ ...setup, head: { debug: true, ...setup.head } })

t.test('an exchange explains itself only to who may know, or for the log', async t => {
  t.equal(new World().exchange.explanation, null)
  t.ok(told().exchange.explanation)
})

t.test('one choice for each attempt, with what was tried before', async t => {
  const world = told().start()
  world.last.fail(failure('connection_refused'), 'nothing')
  world.advance(100)
  world.last.respond(200)
  world.last.end()
  t.match(world.exchange.explanation?.choices, [
    { chosen: name(0), targets: [{ inflight: 0 }, { inflight: 0 }, { inflight: 0 }] },
    { chosen: name(1), targets: [{ target: name(0), excluded: ['tried'] }, {}, {}] }
  ])
  world.check(t)
})

t.test('none to be had', async t => {
  const world = told({ targets: 1 })
  world.pool.targets[0]?.judge('active', false)
  world.start()
  t.equal(world.client.error?.code, 'destination_unavailable')
  t.match(world.exchange.explanation?.choices, [{ chosen: null, targets: [{ excluded: ['active'] }] }])
})

t.test('a wait in the queue, however it ends', async t => {
  const granted = new FullWorld({ head: { debug: true } })
  granted.start()
  granted.advance(30)
  await granted.release()
  t.match(granted.exchange.explanation?.choices, [{ chosen: name(0), queuedMs: 30, targets: [{ excluded: ['full'], inflight: 1 }] }])
  granted.last.respond(200)
  granted.last.end()
  const late = new FullWorld({ head: { debug: true } })
  late.start()
  late.advance(6000)
  t.equal(late.client.error?.code, 'queue_timeout')
  t.match(late.exchange.explanation?.choices, [{ chosen: null }])
  t.ok((late.exchange.explanation?.choices[0]?.queuedMs ?? 0) >= 5000)
  await late.releaseAll()
  const left = new FullWorld({ head: { debug: true } })
  left.start()
  left.advance(70)
  left.exchange.clientClosed()
  t.match(left.exchange.explanation?.choices, [{ chosen: null, queuedMs: 70 }])
  await left.releaseAll()
})

t.test('a kept connection that was dead is a choice that does not count as an attempt', async t => {
  const world = told({ targets: 1 }).start()
  world.last.reused = true
  world.last.fail(failure('connection_terminated'), 'all')
  world.last.respond(200)
  world.last.end()
  t.equal(world.exchange.explanation?.choices.length, 2)
  t.match(world.exchange.explanation?.choices, [{ chosen: name(0) }, { chosen: name(0), targets: [{ excluded: undefined }] }])
})
