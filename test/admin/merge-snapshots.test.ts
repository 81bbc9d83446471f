import fc from 'fast-check'
import t from 'tap'
import { mergeSnapshots } from '../../src/admin/merge-snapshots.js'
import type { Snapshot, TargetSnapshot } from '../../src/admin/snapshot.js'
import { snapshotOf } from './snapshot-arbitrary.js'

const worker = snapshotOf('worker')
const primary = snapshotOf('primary')
/** Workers, and perhaps a primary among them. */
const three: fc.Arbitrary<[Snapshot, Snapshot, Snapshot]> = fc.tuple(worker, worker, fc.oneof(worker, primary))
  .chain(snapshots => fc.shuffledSubarray(snapshots, { minLength: 3 })).map(([a, b, c]) => {
    if (a === undefined || b === undefined || c === undefined) throw new Error('three')
    return [a, b, c]
  })

t.test('one is merged to itself', async t => {
  t.doesNotThrow(() => fc.assert(fc.property(fc.oneof(worker, primary), snapshot => { t.strictSame(mergeSnapshots([snapshot]), snapshot) })))
})

t.test('the groups in which they are merged make no difference', async t => {
  fc.assert(fc.property(three, ([a, b, c]) => {
    const left = mergeSnapshots([mergeSnapshots([a, b]), c])
    const right = mergeSnapshots([a, mergeSnapshots([b, c])])
    if (!t.strictSame(sorted(left), sorted(right)) || !t.strictSame(sorted(mergeSnapshots([a, b, c])), sorted(left))) throw new Error('they differ')
  }))
})

t.test('what was counted is kept', async t => {
  fc.assert(fc.property(fc.array(worker, { minLength: 1, maxLength: 4 }), ([first, ...others]) => {
    if (first === undefined) return
    const merged = mergeSnapshots([first, ...others])
    const sum = totals([first, ...others])
    if (!t.same(totals([merged]), sum)) throw new Error('something was lost')
  }), { numRuns: 50 })
})

t.test('what there is now is never more than the most there was', async t => {
  fc.assert(fc.property(fc.array(worker, { minLength: 2, maxLength: 4 }), ([first, ...others]) => {
    if (first === undefined) return
    const { pools } = mergeSnapshots([honest(first), ...others.map(honest)])
    t.ok(pools.every(({ queue, targets }) => queue.now <= queue.max && targets.every(({ inflight, inflightMax }) => inflight <= inflightMax)))
  }), { numRuns: 30 })
})

/** A process has had at least as many as it has. */
function honest (snapshot: Snapshot): Snapshot {
  return {
    ...snapshot,
    pools: snapshot.pools.map(pool => ({
      ...pool,
      queue: { ...pool.queue, max: Math.max(pool.queue.max, pool.queue.now) },
      targets: pool.targets.map(target => ({ ...target, inflightMax: Math.max(target.inflightMax, target.inflight) }))
    }))
  }
}

t.test('the primary has the word, whatever the order', async t => {
  fc.assert(fc.property(worker, worker, primary, (a, b, p) => {
    for (const merged of [mergeSnapshots([a, b, p]), mergeSnapshots([p, a, b]), mergeSnapshots([a, p, b])]) {
      t.same(merged.reloads, p.reloads)
      t.same(merged.pools.map(({ name, strategy, maxConnections }) => ({ name, strategy, maxConnections })).sort(byName),
        p.pools.map(({ name, strategy, maxConnections }) => ({ name, strategy, maxConnections })).sort(byName))
      const words = targets(p).map(({ url, weight, since, priority }) => ({ url, weight, since, priority }))
      t.same(targets(merged).map(({ url, weight, since, priority }) => ({ url, weight, since, priority })), words)
    }
  }), { numRuns: 30 })
})

function base (role: 'worker' | 'primary', vetoedBy: TargetSnapshot['vetoedBy'], state: TargetSnapshot['state'], more: Partial<TargetSnapshot> = {}): Snapshot {
  const [snapshot] = fc.sample(snapshotOf(role), { numRuns: 1, seed: 7 })
  const [pool] = fc.sample(snapshotOf(role), { numRuns: 100, seed: 8 }).flatMap(({ pools }) => pools.filter(({ targets }) => targets.length > 0))
  const target = pool?.targets[0]
  if (snapshot === undefined || pool === undefined || target === undefined) throw new Error('there is one')
  return { ...snapshot, pools: [{ ...pool, targets: [{ ...target, vetoedBy, state, ...more }] }] }
}

t.test('what a target\'s state is, as workers and the primary see it', async t => {
  const state = (...snapshots: [Snapshot, ...Snapshot[]]) => {
    const [target] = mergeSnapshots(snapshots).pools[0]?.targets ?? []
    return [target?.state, target?.vetoedBy]
  }
  t.same(state(base('primary', ['active'], 'down'), base('worker', [], 'up')), ['down', ['active']], 'a worker hears of it a moment later')
  t.same(state(base('worker', ['active'], 'checking'), base('primary', [], 'up')), ['up', []])
  t.same(state(base('worker', ['full'], 'full'), base('primary', [], 'up')), ['full', ['full']])
  t.same(state(base('worker', ['passive'], 'ejected'), base('primary', [], 'up'), base('worker', ['full'], 'full')), ['ejected', ['passive', 'full']])
  t.same(state(base('worker', ['passive'], 'ejected'), base('primary', ['admin'], 'maint')), ['maint', ['passive', 'admin']])
  t.same(state(base('worker', ['admin'], 'maint'), base('primary', ['admin'], 'drain')), ['drain', ['admin']])
  t.same(state(base('worker', [], 'up', { weight: 1 }), base('primary', ['admin'], 'drain', { weight: 0 })), ['drain', ['admin']], 'weight 0')
  t.same(state(base('primary', ['active'], 'checking'), base('worker', ['active'], 'down')), ['checking', ['active']])
})

t.test('the latest check, wherever it was made', async t => {
  const check = (at: number) => ({ at, passed: true, reason: `at ${at}`, tookMs: 1 })
  const last = (a: TargetSnapshot['lastCheck'], b: TargetSnapshot['lastCheck']) =>
    mergeSnapshots([base('primary', [], 'up', { lastCheck: a }), base('worker', [], 'up', { lastCheck: b })]).pools[0]?.targets[0]?.lastCheck
  t.same(last(check(1), check(2)), check(2))
  t.same(last(check(2), check(1)), check(2))
  t.same(last(check(1), null), check(1))
  t.same(last(null, check(1)), check(1))
  t.equal(last(null, null), null)
})

function targets (snapshot: Snapshot): readonly TargetSnapshot[] {
  return [...snapshot.pools].sort(byName).flatMap(({ targets }) => [...targets].sort((a, b) => a.url < b.url ? -1 : 1))
}

function byName (a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1
}

/** The same with lists in one order. */
function sorted (snapshot: Snapshot): object {
  return {
    ...snapshot,
    processes: [...snapshot.processes].sort((a, b) => a.pid - b.pid),
    pools: [...snapshot.pools].sort(byName).map(pool => ({ ...pool, targets: [...pool.targets].sort((a, b) => a.url < b.url ? -1 : 1) })),
    routes: [...snapshot.routes].sort(byName).map(route => ({ ...route, requests: [...route.requests].sort((a, b) => a.target + a.status < b.target + b.status ? -1 : 1) }))
  }
}

function total (counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((a, b) => a + b, 0)
}

/** All that is counted, summed up. */
function totals (snapshots: readonly Snapshot[]): object {
  const sum = (of: (snapshot: Snapshot) => number): number => snapshots.map(of).reduce((a, b) => a + b, 0)
  const ofTargets = (of: (target: TargetSnapshot) => number): number => sum(snapshot => targets(snapshot).map(of).reduce((a, b) => a + b, 0))
  return {
    processes: sum(({ processes }) => processes.length),
    connections: sum(({ connections }) => connections),
    queued: sum(({ pools }) => pools.reduce((total, { queue }) => total + queue.total + queue.now + queue.timedOut + queue.refused, 0)),
    budget: sum(({ pools }) => pools.reduce((total, { budgetLeft, budgetRefused, retries }) => total + budgetLeft + budgetRefused + retries, 0)),
    inflight: ofTargets(({ inflight }) => inflight),
    requests: ofTargets(({ requests }) => requests),
    responses: ofTargets(({ responses }) => responses[1] + responses[2] + responses[3] + responses[4] + responses[5]),
    failures: ofTargets(({ failures }) => Object.values(failures).reduce((a, b) => a + b, 0)),
    unrouted: sum(({ unrouted }) => unrouted),
    refused: sum(({ refused }) => refused),
    interruptions: ofTargets(({ interruptions }) => total(interruptions.proxy) + total(interruptions.client)),
    checkTimes: ofTargets(({ checks: { times: { passed, failed } } }) => passed.count + passed.sum + failed.count + failed.sum),
    failuresOfRoutes: sum(({ routes }) => routes.reduce((all, { failures: { target, proxy, client } }) => all + total(target) + total(proxy) + total(client), 0)),
    rest: ofTargets(({ cancelled, stale, retries, bytesIn, bytesOut, ejections, checks }) => stale + cancelled + retries + bytesIn + bytesOut + ejections + checks.passed + checks.failed),
    connectionsOfTargets: ofTargets(({ connections }) => connections.open + connections.idle + connections.opened + connections.reused),
    times: ofTargets(({ times }) => times.connect.sum + times.head.sum + times.total.sum + times.connect.count + times.head.count + times.total.count),
    limits: ofTargets(({ adaptiveLimit }) => adaptiveLimit ?? 0),
    answers: sum(({ routes }) => routes.reduce((total, { requests }) => total + requests.reduce((a, { count }) => a + count, 0), 0)),
    durations: sum(({ routes }) => routes.reduce((total, { durations }) => total + durations.sum + durations.buckets.reduce((a, b) => a + b, 0), 0))
  }
}
