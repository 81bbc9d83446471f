import fc from 'fast-check'
import t from 'tap'
import { consistentHash } from '../../src/balancing/consistent-hash.js'
import { LeastConnections } from '../../src/balancing/least-connections.js'
import { RoundRobin } from '../../src/balancing/round-robin.js'
import { sticky } from '../../src/balancing/sticky.js'
import type { Candidate, NonEmpty, Picker, Strategy } from '../../src/balancing/strategy.js'
import { Levels, type LevelOptions } from '../../src/upstream/levels.js'
import { Target, type TargetSpec } from '../../src/upstream/target.js'
import { context, contextOf } from '../balancing/fake-candidate.js'

type State = 'ok' | 'down' | 'full' | 'draining' | 'weightless'
type Description = Omit<TargetSpec, 'url'> & { readonly state?: State }

let port = 3000

function target ({ state = 'ok', ...spec }: Description): Target {
  const made = new Target('api', { url: `http://127.0.0.1:${++port}`, ...spec, ...(state === 'weightless' && { weight: 0 }) }, () => {})
  if (state === 'down') made.judge('active', false)
  if (state === 'full') made.judge('full', false)
  if (state === 'draining') made.judge('admin', false)
  return made
}

const primaries = (...states: readonly State[]): Target[] => states.map(state => target({ state }))
const backups = (...states: readonly State[]): Target[] => states.map(state => target({ state, priority: 1 }))

function levels (options: Partial<LevelOptions> = {}): Levels {
  return new Levels({ create: () => new RoundRobin(), zone: null, spillBelow: 0.7, ...options })
}

function prepared (targets: readonly Target[], options?: Partial<LevelOptions>): Levels {
  const made = levels(options)
  made.prepare(targets.filter(({ eligible }) => eligible), targets)
  return made
}

/** `rank: share` of each level that may be chosen from. */
const shares = (targets: readonly Target[], options?: Partial<LevelOptions>): string[] =>
  prepared(targets, options).shares.map(({ rank, share }) => `${rank}: ${Math.round(share * 1000) / 1000}`)

t.test('one level gets all, whatever state it is in', async t => {
  t.strictSame(shares(primaries('ok', 'ok')), ['0: 1'])
  t.strictSame(shares(primaries('down', 'down', 'ok')), ['0: 1'], 'there is nowhere to spill to')
  t.strictSame(shares(backups('ok')), ['2: 1'])
  t.strictSame(shares([]), [])
  t.equal(prepared([]).picker(context()), null)
})

t.test('the rest spills over as soon as too little of the weight is in service', async t => {
  const of = (up: number, down: number): string[] => shares([...primaries(...Array<State>(up).fill('ok'), ...Array<State>(down).fill('down')), ...backups('ok')])
  t.strictSame(of(10, 0), ['0: 1', '2: 0'])
  t.strictSame(of(7, 3), ['0: 1', '2: 0'], 'as many as must be')
  t.strictSame(of(6, 4), ['0: 0.857', '2: 0.143'], '0.6 of 0.7')
  t.strictSame(of(1, 9), ['0: 0.143', '2: 0.857'])
  t.strictSame(of(0, 10), ['2: 1'])
})

t.test('the share is that of the weight, in service, warmed up or not', async t => {
  const heavy = target({ weight: 3 })
  const targets = [heavy, target({ state: 'down' }), ...backups('ok')]
  t.strictSame(shares(targets), ['0: 1', '2: 0'], 'three of four')
  heavy.ramp(0.1)
  t.strictSame(shares(targets), ['0: 1', '2: 0'])
  const warming = target({})
  warming.ramp(0.1)
  t.strictSame(shares([warming, target({ state: 'down' }), ...backups('ok')]), ['0: 0.714', '2: 0.286'], 'it is there, if cold')
  t.strictSame(shares([target({ weight: 1 }), target({ weight: 3, state: 'down' }), ...backups('ok')]), ['0: 0.357', '2: 0.643'], 'one of four')
})

t.test('"spillBelow" says how much must be in service', async t => {
  const targets = [...primaries('ok', 'down'), ...backups('ok')]
  t.strictSame(shares(targets, { spillBelow: 1 }), ['0: 0.5', '2: 0.5'])
  t.strictSame(shares(targets, { spillBelow: 0.5 }), ['0: 1', '2: 0'])
  t.strictSame(shares([...primaries('ok', ...Array<State>(99).fill('down')), ...backups('ok')], { spillBelow: 0.01 }), ['0: 1', '2: 0'])
})

t.test('who is drained on purpose, or has no weight, is not missed', async t => {
  for (const state of ['draining', 'weightless'] as const) t.strictSame(shares([...primaries('ok', state, state, state), ...backups('ok')]), ['0: 1', '2: 0'], state)
  t.strictSame(shares([...primaries('draining'), ...backups('ok')]), ['2: 1'])
})

t.test('a level passes its part on while all of those in service are full, and keeps it while one is not', async t => {
  t.strictSame(shares([...primaries('full', 'full'), ...backups('ok')]), ['2: 1'])
  t.strictSame(shares([...primaries('full', 'ok'), ...backups('ok')]), ['0: 1', '2: 0'])
  t.strictSame(shares([...primaries('full', 'down', 'down'), ...backups('ok')]), ['2: 1'])
})

t.test('further levels get what those before them do not bear', async t => {
  const third = target({ priority: 2 })
  t.strictSame(shares([...primaries('ok', 'down', 'down', 'down'), ...backups('ok', 'down', 'down', 'down'), third]), ['0: 0.357', '2: 0.357', '4: 0.286'])
  t.strictSame(shares([...primaries('down'), ...backups('ok', 'ok'), third]), ['2: 1', '4: 0'])
  t.strictSame(shares([target({ priority: 15 }), target({ priority: 7 })]), ['14: 1', '30: 0'])
})

t.test('what no level bears is shared out in the same proportion', async t => {
  t.strictSame(shares([...primaries('ok', ...Array<State>(9).fill('down')), ...backups('ok', 'down', 'down', 'down', 'down')]), ['0: 0.333', '2: 0.667'])
})

t.test('panic: the first level first, though it bears no more than the others', async t => {
  const targets = [...primaries('down', 'down'), ...backups('down')]
  const made = levels()
  made.prepare(targets, targets)
  t.strictSame(made.shares, [{ rank: 0, share: 1 }, { rank: 2, share: 0 }])
  for (let i = 0; i < 4; i++) t.equal(made.picker(context())?.pick(context()).priority, 0)
})

t.test('the zone of the proxy comes first, those that name none are in every zone', async t => {
  const [near, far, anywhere] = [target({ zone: 'a' }), target({ zone: 'b' }), target({})]
  t.strictSame([near, far, anywhere].map(one => levels({ zone: 'a' }).rankOf(one)), [0, 1, 0])
  t.strictSame([near, far, anywhere].map(one => levels().rankOf(one)), [0, 0, 0], 'where the proxy has none')
  t.strictSame(shares([near, far, anywhere], { zone: 'a' }), ['0: 1', '1: 0'])
  t.strictSame(shares([near, far], { zone: 'c' }), ['1: 1'], 'nobody is near')
  const down = target({ zone: 'a', state: 'down' })
  t.strictSame(shares([near, down, far], { zone: 'a' }), ['0: 0.714', '1: 0.286'])
})

t.test('a priority counts for more than a zone', async t => {
  const targets = [target({ zone: 'b' }), target({ zone: 'a', priority: 1 }), target({ zone: 'b', priority: 1 })]
  t.strictSame(shares(targets, { zone: 'a' }), ['1: 1', '2: 0', '3: 0'])
  t.strictSame(shares([target({ zone: 'b', state: 'down' }), ...targets.slice(1)], { zone: 'a' }), ['2: 1', '3: 0'])
})

t.test('requests go to the levels as their shares say', async t => {
  const targets = [...primaries('ok', 'down'), ...backups('ok')]
  const made = prepared(targets)
  const request = context(7)
  let first = 0
  for (let i = 0; i < 10_000; i++) if (made.picker(request)?.pick(request).priority === 0) first++
  t.ok(first > 6950 && first < 7330, `${first} of 10,000 for a share of 0.714`)
})

t.test('a draw costs no chance where one level gets all, and rounding leaves nobody out', async t => {
  const never = { ...context(), random: () => { throw new Error('nothing is to be drawn') } }
  t.ok(prepared([...primaries('ok'), ...backups('ok')]).picker(never))
  const targets = Array.from({ length: 16 }, (_, priority) => [target({ priority }), ...Array.from({ length: 15 }, () => target({ priority, state: 'down' }))]).flat()
  const made = prepared(targets)
  for (const drawn of [0, 0.5, 1 - 2 ** -53]) t.ok(made.picker(contextOf({}, () => drawn)))
  t.equal(made.picker(contextOf({}, () => 1 - 2 ** -53))?.pick(context()).priority, 11, 'the last one that has a share')
})

t.test('each level has one strategy, and its turn goes on when others join or leave', async t => {
  let created = 0
  const made = levels({ create: () => { created++; return new RoundRobin() } })
  const [a, b, c, x, y] = [target({}), target({}), target({}), target({ priority: 1 }), target({ priority: 1 })]
  const all = [a, b, c, x, y]
  const pick = (eligible: readonly Target[]): Target | undefined => {
    made.prepare(eligible, all)
    return made.picker(context())?.pick(context())
  }
  t.equal(pick(all), a)
  t.equal(pick(all), b)
  t.equal(pick([x, y]), x, 'all of the first are full')
  t.equal(pick(all), c)
  t.equal(pick([x, y]), y)
  t.equal(pick(all), a)
  t.equal(created, 2)
  t.equal(made.strategyOf(a), made.strategyOf(b))
  t.not(made.strategyOf(a), made.strategyOf(x))
  t.equal(created, 2)
})

t.test('for some targets only: the first level that has any of them, whatever its share', async t => {
  const [a, b] = primaries('ok', 'ok')
  const [x] = backups('ok')
  if (a === undefined || b === undefined || x === undefined) throw new Error('they were made')
  const made = prepared([a, b, x])
  t.equal(made.pickerOf([x, b])?.pick(context()), b)
  t.equal(made.pickerOf([x])?.pick(context()), x)
  t.equal(made.pickerOf([]), null)
})

/** Its scores are the weights; one that has no opinion gives none. */
class Scoring implements Strategy {
  readonly #opinion: boolean
  constructor (opinion: boolean) { this.#opinion = opinion }

  prepare<T extends Candidate> (eligible: NonEmpty<T>): Picker<T> {
    return { pick: () => eligible[0], ...(this.#opinion && { scores: () => eligible.map(({ weight }) => weight === 2 ? null : weight) }) }
  }
}

t.test('scores of all levels, by target', async t => {
  const opinions = [true, false]
  const [a, b, x] = [target({ weight: 5 }), target({ weight: 2 }), target({ priority: 1 })]
  const down = target({ state: 'down' })
  const made = prepared([a, x, b, down], { create: () => new Scoring(opinions.shift() ?? true) })
  t.strictSame([...made.scores(context())], [[a, 5], [b, null], [x, null]])
})

const state = fc.constantFrom<State>('ok', 'ok', 'down', 'full', 'draining', 'weightless')
const description = fc.record({ state, priority: fc.nat(3), weight: fc.double({ min: 0.1, max: 10, noNaN: true }), zone: fc.constantFrom(null, 'a', 'b') })

t.test('whatever the targets: shares sum to 1, levels are in order, nobody is chosen who may not be', async t => {
  t.doesNotThrow(() => fc.assert(fc.property(fc.array(description, { maxLength: 12 }), fc.constantFrom(null, 'a'), fc.double({ min: 0.01, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (descriptions, zone, spillBelow, drawn) => {
    const targets = descriptions.map(target)
    const eligible = targets.filter(one => one.eligible)
    const made = prepared(targets, { zone, spillBelow })
    const sum = made.shares.reduce((total, { share }) => total + share, 0)
    const ranks = made.shares.map(({ rank }) => rank)
    if (made.shares.some(({ share }) => !(share >= 0 && share <= 1))) throw new Error('no share')
    if (ranks.some((rank, i) => rank <= (ranks[i - 1] ?? -1))) throw new Error(`out of order: ${ranks.join(' ')}`)
    const request = contextOf({}, () => drawn)
    const chosen = made.picker(request)?.pick(request)
    if (eligible.length === 0) return chosen === undefined && sum === 0
    if (Math.abs(sum - 1) > 1e-9) throw new Error(`they sum to ${sum}`)
    const share = made.shares.find(({ rank }) => chosen !== undefined && rank === made.rankOf(chosen))?.share ?? 0
    return chosen !== undefined && eligible.includes(chosen) && share > 0
  }), { numRuns: 1000 }))
})

/** The cookie that leads back to a target. */
function cookieOf (made: Levels, one: Target): string {
  const [, field = ''] = made.strategyOf(one).responseFields?.(one, contextOf({})) ?? []
  return field.split(';')[0] ?? ''
}

const overHash = (): Strategy => sticky.create({ secret: 'sixteen-characters' }, () => consistentHash.create({ key: 'header:x-key' }))
const overLeast = (): Strategy => sticky.create({ secret: 'sixteen-characters' }, () => new LeastConnections())

t.test('a sticky client stays on its level while requests spill over, and leaves one without a share', async t => {
  for (const create of [overLeast, overHash]) {
    const [near, down, far, last] = [target({}), target({ state: 'down' }), target({ priority: 1 }), target({ priority: 2 })]
    const targets = [near, down, far, last]
    const made = prepared(targets, { create })
    t.strictSame(made.shares.map(({ share }) => share > 0), [true, true, false])
    const stays = (one: Target): Set<Target | undefined> => {
      const cookie = cookieOf(made, one)
      return new Set(Array.from({ length: 50 }, (_, i) => {
        const request = contextOf({ headers: { cookie, 'x-key': `${i}` } }, () => i / 50)
        return made.picker(request)?.pick(request)
      }))
    }
    t.strictSame([...stays(near)], [near])
    t.strictSame([...stays(far)], [far])
    t.strictSame(stays(last), new Set([near, far]), 'it gets nothing now')
    made.prepare([near, far], [near, far])
    t.strictSame([...stays(far)], [near], 'one level gets all again')
  }
})

t.test('equal keys go to the same level, and the keys are shared out as the levels\' shares say', async t => {
  for (const create of [() => consistentHash.create({ key: 'header:x-key' }), overHash]) {
    const targets = [...primaries('ok', 'ok', 'down', 'down'), ...backups('ok', 'ok')]
    const made = prepared(targets, { create })
    const counts = new Map<Target | undefined, number>()
    for (let key = 0; key < 7000; key++) {
      const chosen = new Set([0, 0.5, 0.99].map(drawn => {
        const request = contextOf({ headers: { 'x-key': `key-${key}` } }, () => drawn)
        return made.picker(request)?.pick(request)
      }))
      if (chosen.size !== 1) throw new Error(`key ${key} goes to ${chosen.size} targets`)
      for (const one of chosen) counts.set(one, (counts.get(one) ?? 0) + 1)
    }
    // 0.714 and 0.286 of 7,000; within a level half for each target, as the level says nothing of the target.
    for (const [i, expected] of [[0, 2500], [1, 2500], [4, 1000], [5, 1000]] as const) {
      const count = counts.get(targets[i]) ?? 0
      t.ok(Math.abs(count - expected) < 200, `${count} of 7,000 for an expected ${expected}`)
    }
  }
})

t.test('without a key chance draws the level', async t => {
  const targets = [...primaries('ok', 'down'), ...backups('ok')]
  const made = prepared(targets, { create: overHash })
  const of = (drawn: number): number | undefined => {
    const request = contextOf({}, () => drawn)
    return made.picker(request)?.pick(request).priority
  }
  t.strictSame([0, 0.7, 0.72, 0.99].map(of), [0, 0, 1, 1])
})
