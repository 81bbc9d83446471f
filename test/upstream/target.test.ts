import t from 'tap'
import { Target, type Judge, type TargetSpec } from '../../src/upstream/target.js'

function create (spec: Partial<TargetSpec> = {}): { readonly target: Target, readonly changes: () => number } {
  let count = 0
  const target = new Target('api', { url: 'http://127.0.0.1:3001', ...spec }, () => { count++ })
  return { target, changes: () => count }
}

t.test('starts fit to serve, under a name of its pool', async t => {
  const { target } = create()
  t.match(target, { id: 'api/http://127.0.0.1:3001', url: 'http://127.0.0.1:3001', weight: 1, maxConnections: 0, inflight: 0 })
  t.ok(target.eligible && target.healthy && target.onlyUnhealthy && !target.onlyFull)
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
  for (const [vetoes, weight, eligible, healthy, onlyUnhealthy, onlyFull] of [
    [[], 1, true, true, true, false],
    [['active'], 1, false, false, true, false],
    [['active', 'passive'], 1, false, false, true, false],
    [['full'], 1, false, true, false, true],
    [['full', 'passive'], 1, false, false, false, false],
    [['admin'], 1, false, true, false, false],
    [['admin', 'full'], 1, false, true, false, false],
    [[], 0, false, true, false, false],
    [['full'], 0, false, true, false, false],
    [['active'], 0, false, false, false, false]
  ] as const) {
    const { target } = create({ weight })
    for (const judge of vetoes) target.judge(judge, false)
    t.match(target, { eligible, healthy, onlyUnhealthy, onlyFull }, `${vetoes.join()} weight ${weight}`)
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
