import t from 'tap'
import { RoundRobin } from '../../src/balancing/round-robin.js'
import { Choice, type ChoiceOwner } from '../../src/upstream/choice.js'
import { Levels } from '../../src/upstream/levels.js'
import { Target, type TargetSpec } from '../../src/upstream/target.js'
import { context } from '../balancing/fake-candidate.js'
import { FollowingStrategy } from './following-strategy.js'

type Three = readonly [Target, Target, Target]

const request = context()
const target = (i: number, spec: Omit<TargetSpec, 'url'> = {}): Target => new Target('api', { url: `http://127.0.0.1:${3001 + i}`, ...spec }, () => {})

function three (): Three {
  return [target(0), target(1), target(2)]
}

function create (tryAnyway = true): Choice {
  return new Choice(new Levels({ create: () => new RoundRobin(), zone: null, spillBelow: 0.7 }), tryAnyway)
}

function prepared (targets: readonly Target[], { tryAnyway = true, full = false } = {}): Choice {
  const choice = create(tryAnyway)
  choice.prepare({ targets, full })
  return choice
}

t.test('it is stale until it is prepared, and gives nothing before', async t => {
  const targets = three()
  const choice = create()
  t.ok(choice.stale)
  t.equal(choice.picker(request, undefined), null)
  choice.prepare({ targets, full: false })
  t.notOk(choice.stale)
  t.strictSame(choice.eligible, targets)
  t.equal(choice.picker(request, undefined)?.pick(request), targets[0])
})

t.test('those that are eligible, if there are any', async t => {
  const [a, b, c] = three()
  a.judge('active', false)
  b.judge('full', false)
  const choice = prepared([a, b, c])
  t.strictSame(choice.eligible, [c])
  t.notOk(choice.panicking)
})

t.test('with none it falls back on those that only health speaks against', async t => {
  const [a, b, c] = three()
  a.judge('active', false)
  b.judge('passive', false)
  c.judge('admin', false)
  t.match(prepared([a, b, c]), { panicking: true, eligible: [a, b] })
  t.match(prepared([c]), { panicking: false, eligible: [] }, 'with nothing to fall back on it is no panic')
  t.match(prepared([a, b, c], { tryAnyway: false }), { panicking: false, eligible: [] })
  t.match(prepared([a, b, c], { full: true }), { panicking: false, eligible: [] }, 'a limit ends in waiting')
})

t.test('whether anything is full is asked only if it matters: it is a walk over all targets', async t => {
  const asked: string[] = []
  const owner = (targets: readonly Target[]): ChoiceOwner => ({ targets, get full () { asked.push('full'); return false } })
  const [a, b, c] = three()
  create().prepare(owner([a, b, c]))
  a.judge('active', false)
  create(false).prepare(owner([a]))
  t.strictSame(asked, [])
  create().prepare(owner([a]))
  t.strictSame(asked, ['full'])
})

t.test('panic is told when it begins and when it ends, and by then all is prepared', async t => {
  const [a, b, c] = three()
  const choice = create()
  const owner = { targets: [a, b, c], full: false }
  const told: string[] = []
  choice.observePanic(panicking => { told.push(`${panicking}: ${choice.eligible.length}, ${choice.picker(request, undefined)?.pick(request).url}`) })
  choice.prepare(owner)
  for (const target of owner.targets) target.judge('active', false)
  choice.prepare(owner)
  choice.prepare(owner)
  t.strictSame(told, [`true: 3, ${a.url}`])
  b.judge('active', true)
  choice.prepare(owner)
  t.strictSame(told.slice(1), [`false: 1, ${b.url}`])
})

t.test('the untried, then those ejected for failing others, then none', async t => {
  const [serving, ejected, down] = three()
  ejected.judge('passive', false)
  down.judge('active', false)
  const targets = [serving, ejected, down]
  const choice = prepared(targets)
  t.strictSame(choice.untried(new Set()), [serving])
  t.strictSame(choice.untried(new Set([serving])), [ejected])
  t.strictSame(choice.untried(new Set([serving, ejected])), [])
  t.strictSame(prepared(targets, { tryAnyway: false }).untried(new Set([serving])), [])
  t.equal(choice.picker(request, new Set([serving]))?.pick(request), ejected)
  t.equal(choice.picker(request, new Set([serving, ejected])), null)
  t.equal(choice.picker(request, new Set())?.pick(request), serving)
})

t.test('in panic the untried are those it has fallen back on', async t => {
  const targets = three()
  for (const target of targets) target.judge('active', false)
  t.strictSame(prepared(targets).untried(new Set([targets[1]])), [targets[0], targets[2]])
})

t.test('a target is followed once by each strategy that it is given to', async t => {
  const strategies: FollowingStrategy[] = []
  const levels = (): Levels => new Levels({
    create: () => {
      const strategy = new FollowingStrategy()
      strategies.push(strategy)
      return strategy
    },
    zone: null,
    spillBelow: 0.7
  })
  const choice = new Choice(levels(), true)
  const a = target(0)
  choice.follow(a)
  const { follower } = a
  t.ok(follower)
  choice.follow(a)
  t.equal(a.follower, follower)
  a.update({ url: a.url, priority: 1 })
  choice.follow(a)
  t.not(a.follower, follower, 'on another level it is learnt anew')
  choice.levels = levels()
  choice.follow(a)
  t.strictSame(strategies.map(({ followed }) => followed), [[a], [a], [a]])
})

t.test('a strategy that does not learn leaves no follower behind', async t => {
  const a = target(0)
  const learning = new Choice(new Levels({ create: () => new FollowingStrategy(), zone: null, spillBelow: 0.7 }), true)
  learning.follow(a)
  learning.levels = new Levels({ create: () => new RoundRobin(), zone: null, spillBelow: 0.7 })
  learning.follow(a)
  t.equal(a.follower, null)
})
