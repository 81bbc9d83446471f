import t from 'tap'
import type { ConcurrencyLimit } from '../../src/upstream/adaptive-limit.js'
import { Target, type Judge, type TargetSpec } from '../../src/upstream/target.js'

function create (spec: Partial<TargetSpec> = {}, adaptive: ConcurrencyLimit | null = null) {
  const heard: boolean[] = []
  const target: Target = new Target('api', { url: 'http://127.0.0.1:3001', ...spec }, (changed, service) => {
    if (changed !== target) throw new Error('it tells of itself')
    heard.push(service)
  }, adaptive)
  return { target, heard, changes: () => heard.length }
}

const limitOf = (limit: number) => ({ limit, sample: () => {}, abandoned: () => {} })

t.test('starts fit to serve, under a name of its pool', async t => {
  const { target } = create()
  t.match(target, { id: 'api/http://127.0.0.1:3001', url: 'http://127.0.0.1:3001', weight: 1, maxConnections: 0, inflight: 0, awaiting: 0, adaptive: null })
  t.ok(target.eligible && target.healthy && target.onlyUnhealthy && target.inService && !target.draining && !target.onlyFull)
  t.strictSame(target.vetoedBy, [])
})

t.test('any judge vetoes; the last word of each counts, and only a change is told', async t => {
  const { target, changes } = create()
  for (const judge of ['full', 'admin', 'passive', 'active'] as const satisfies readonly Judge[]) {
    target.judge(judge, false)
    target.judge(judge, false)
  }
  t.equal(changes(), 4)
  t.strictSame(target.vetoedBy, ['active', 'passive', 'admin', 'full'])
  for (const judge of ['active', 'passive', 'admin'] as const) {
    target.judge(judge, true)
    t.notOk(target.eligible)
  }
  target.judge('full', true)
  target.judge('full', true)
  t.ok(target.eligible)
  t.equal(changes(), 8)
})

t.test('knows what speaks against it', async t => {
  for (const [vetoes, weight, eligible, healthy, onlyUnhealthy, onlyFull, inService, draining] of [
    [[], 1, true, true, true, false, true, false],
    [['active'], 1, false, false, true, false, false, false],
    [['active', 'passive'], 1, false, false, true, false, false, false],
    [['full'], 1, false, true, false, true, true, false],
    [['full', 'passive'], 1, false, false, false, false, false, false],
    [['admin'], 1, false, true, false, false, false, true],
    [['admin', 'full'], 1, false, true, false, false, false, true],
    [['admin', 'active'], 1, false, false, false, false, false, true],
    [[], 0, false, true, false, false, false, false],
    [['full'], 0, false, true, false, false, false, false],
    [['active'], 0, false, false, false, false, false, false]
  ] as const) {
    const { target } = create({ weight })
    for (const judge of vetoes) target.judge(judge, false)
    t.match(target, { eligible, healthy, onlyUnhealthy, onlyFull, inService, draining }, `${vetoes.join()} weight ${weight}`)
  }
})

t.test('is full at its limit and not below', async t => {
  const { target, changes } = create({ maxConnections: 2 })
  target.acquire()
  t.ok(target.eligible)
  target.acquire()
  t.strictSame(target.vetoedBy, ['full'])
  target.acquire()
  target.release()
  t.notOk(target.eligible)
  target.release()
  t.ok(target.eligible)
  t.equal(changes(), 2)
})

t.test('a new description changes weight and limit at once, and nothing else', async t => {
  const { target, changes } = create({ weight: 3, maxConnections: 5 })
  target.acquire()
  target.acquire()
  target.judge('passive', false)
  const before = changes()
  target.update({ url: target.url, weight: 3, maxConnections: 5 })
  t.equal(changes(), before, 'the same description is no change')
  target.update({ url: target.url, weight: 2, maxConnections: 2 })
  t.match(target, { weight: 2, maxConnections: 2, inflight: 2 })
  t.strictSame(target.vetoedBy, ['passive', 'full'])
  target.update({ url: target.url })
  t.match(target, { weight: 1, maxConnections: 0, inflight: 2 })
  t.strictSame(target.vetoedBy, ['passive'])
})

t.test('says of each change whether it concerns its service: its fullness and its ramp do not', async t => {
  const { target, heard } = create({ maxConnections: 1 })
  target.acquire()
  target.release()
  target.ramp(0.5)
  t.strictSame(heard.splice(0), [false, false, false])
  target.judge('active', false)
  target.judge('passive', false)
  target.judge('admin', false)
  t.strictSame(heard.splice(0), [true, true, true])
  target.update({ url: target.url, weight: 2 })
  t.strictSame(heard.splice(0), [true, true], 'no drain any more, and a weight')
})

t.test('ramp holds back its weight, and nothing else', async t => {
  const { target, changes } = create({ weight: 4 })
  target.ramp(0.1)
  t.equal(target.weight, 0.4)
  t.ok(target.eligible && target.inService)
  target.ramp(0.1)
  t.equal(changes(), 1, 'only a change is told')
  target.update({ url: target.url, weight: 10 })
  t.equal(target.weight, 1, 'a new weight is held back as well')
  target.ramp(1)
  t.equal(target.weight, 10)
  t.equal(changes(), 3)
})

t.test('drain is part of its description, from the start or later', async t => {
  const { target, changes } = create({ drain: true })
  t.equal(changes(), 0, 'nobody hears before it is there')
  t.match(target, { draining: true, eligible: false, inService: false, onlyUnhealthy: false, healthy: true })
  t.strictSame(target.vetoedBy, ['admin'])
  target.update({ url: target.url, drain: true })
  t.equal(changes(), 0)
  target.update({ url: target.url })
  t.match(target, { draining: false, eligible: true })
  target.update({ url: target.url, drain: true })
  t.match(target, { draining: true, eligible: false })
  t.equal(changes(), 2)
})

t.test('is full at its adaptive limit, by the requests that await a response head', async t => {
  const adaptive = limitOf(2)
  const { target, heard } = create({}, adaptive)
  target.acquire()
  target.acquire()
  t.match(target, { inflight: 2, awaiting: 2, eligible: false, onlyFull: true })
  target.answered()
  t.match(target, { inflight: 2, awaiting: 1, eligible: true }, 'a response under way takes up no room')
  target.acquire()
  t.notOk(target.eligible)
  adaptive.limit = 3
  target.answered()
  target.acquire()
  t.ok(target.eligible)
  adaptive.limit = 1
  target.release()
  t.notOk(target.eligible, 'what it has learnt holds from the next change on')
  t.ok(heard.every(service => !service))
})

t.test('has both limits beside each other', async t => {
  const { target } = create({ maxConnections: 2 }, limitOf(1))
  target.acquire()
  t.notOk(target.eligible)
  target.answered()
  t.ok(target.eligible)
  target.acquire()
  target.answered()
  t.notOk(target.eligible, 'two under way')
  target.release()
  t.ok(target.eligible)
})
