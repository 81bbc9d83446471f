import fc from 'fast-check'
import t from 'tap'
import { Departed } from '../../src/admin/departed.js'
import { mergeSnapshots } from '../../src/admin/merge-snapshots.js'
import type { Snapshot } from '../../src/admin/snapshot.js'
import { snapshotOf } from './snapshot-arbitrary.js'

/** All counters that metrics are made of, by name, pool, target and route. */
function counters ({ pools, routes, unrouted, refused }: Pick<Snapshot, 'pools' | 'routes' | 'unrouted' | 'refused'>): ReadonlyMap<string, number> {
  const all = new Map<string, number>()
  const add = (name: string, value: number): void => { all.set(name, value) }
  add('unrouted', unrouted)
  add('refused', refused)
  for (const { name, queue, retries, budgetRefused, targets } of pools) {
    for (const [key, value] of Object.entries({ total: queue.total, timedOut: queue.timedOut, refused: queue.refused, retries, budgetRefused })) add(`${name} ${key}`, value)
    for (const { url, requests, retries, responses, failures, cancelled, interruptions, stale, bytesIn, bytesOut, connections: { opened, reused }, times, checks, ejections } of targets) {
      const counted = { requests, retries, cancelled, stale, checking: checks.times.passed.sum + checks.times.failed.sum, bytesIn, bytesOut, opened, reused, passed: checks.passed, failed: checks.failed, ejections, heads: times.head.count }
      for (const [key, value] of Object.entries(counted)) add(`${name} ${url} ${key}`, value)
      for (const [key, value] of Object.entries(responses)) add(`${name} ${url} ${key}xx`, value)
      for (const [key, value] of Object.entries(failures)) add(`${name} ${url} failure ${key}`, value)
      for (const [key, value] of Object.entries({ ...interruptions.proxy, ...interruptions.client })) add(`${name} ${url} interruption ${key}`, value)
    }
  }
  for (const { name, durations, failures, requests } of routes) {
    for (const [key, value] of Object.entries({ ...failures.target, ...failures.proxy, ...failures.client })) add(`${name} failure ${key}`, value)
    durations.buckets.forEach((value, i) => { add(`${name} bucket ${i}`, value) })
    for (const { target, status, count } of requests) add(`${name} ${target} ${status}`, count)
  }
  return all
}

const target = (snapshot: Snapshot) => snapshot.pools.flatMap(({ name, targets }) => targets.map(({ url }) => ({ pool: name, url })))

t.test('no counter falls when a process dies, and nothing that it had open stays', async t => {
  t.doesNotThrow(() => fc.assert(fc.property(snapshotOf('worker'), snapshotOf('worker'), snapshotOf('primary'), (dying, living, own) => {
    const departed = new Departed()
    // What routes say of targets that are in no pool is forgotten: see below.
    const route = (of: Snapshot): Snapshot => ({ ...of, routes: of.routes.map(route => ({ ...route, requests: route.requests.filter(({ target: url }) => url === '' || target(own).some(each => each.pool === route.pool && each.url === url)) })) })
    const before = counters(mergeSnapshots([own, route(dying), route(living)]))
    departed.add(dying)
    departed.keep(own)
    const merged = mergeSnapshots([own, ...departed.counted, route(living)])
    const after = counters(merged)
    for (const [name, value] of before) if (after.get(name) !== value) throw new Error(`${name} was ${value} and is ${after.get(name)}`)
    const alive = mergeSnapshots([own, living])
    if (merged.connections !== alive.connections || merged.processes.length !== alive.processes.length) throw new Error('connections or processes of the dead')
    merged.pools.forEach((pool, i) => {
      const same = alive.pools[i]
      if (pool.inflight !== same?.inflight || pool.queue.now !== same.queue.now || pool.panicking !== same.panicking || pool.budgetLeft !== same.budgetLeft) throw new Error('a gauge')
      pool.targets.forEach(({ state, vetoedBy, inflight, adaptiveLimit, connections }, j) => {
        const of = same.targets[j]
        const [now, then] = [{ state, vetoedBy, inflight, adaptiveLimit, open: connections.open, idle: connections.idle }, { state: of?.state, vetoedBy: of?.vetoedBy, inflight: of?.inflight, adaptiveLimit: of?.adaptiveLimit, open: of?.connections.open, idle: of?.connections.idle }]
        if (JSON.stringify(now) !== JSON.stringify(then)) throw new Error(`${JSON.stringify(now)} is not ${JSON.stringify(then)}`)
      })
    })
  })))
})

t.test('several that die are added up', async t => {
  const [one, own] = [fc.sample(snapshotOf('worker'), { numRuns: 50, seed: 3 }).find(snapshot => target(snapshot).length > 1), fc.sample(snapshotOf('primary'), { numRuns: 1, seed: 3 })[0]]
  if (one === undefined || own === undefined) throw new Error('there is one')
  const departed = new Departed()
  t.strictSame(departed.counted, [], 'nobody has died')
  for (let i = 0; i < 3; i++) departed.add(one)
  const [counted] = departed.counted
  t.same(counted?.pools[0]?.targets[0]?.requests, 3 * (one.pools[0]?.targets[0]?.requests ?? NaN))

  const [pool] = one.pools
  if (pool === undefined) throw new Error('there is one')
  const [kept, ...gone] = pool.targets
  if (kept === undefined) throw new Error('there is one')
  departed.keep({ pools: [{ ...pool, targets: [kept] }], routes: [] })
  const [left] = departed.counted
  t.strictSame(left?.pools.map(({ name, targets }) => [name, targets.map(({ url }) => url)]), [[pool.name, [kept.url]]], `without ${gone.length} targets that are gone, and other pools`)
  t.strictSame(left?.routes, [])
})

t.test('a route forgets targets that are gone, and keeps what reached none', async t => {
  const [snapshot] = fc.sample(snapshotOf('worker'), { numRuns: 1, seed: 3 })
  const [withTarget] = fc.sample(snapshotOf('worker'), { numRuns: 50, seed: 5 }).filter(each => target(each).length > 0)
  const pool = withTarget?.pools.find(({ targets }) => targets.length > 0)
  const present = pool?.targets[0]
  if (snapshot === undefined || pool === undefined || present === undefined) throw new Error('there is one')
  const route = { name: '/', host: null, prefix: '/', methods: null, pool: pool.name, inflight: 2, failures: { target: {}, proxy: {}, client: {} }, durations: { buckets: [3], sum: 1 } }
  const requests = [present.url, 'http://gone', ''].map(target => ({ target, status: '2xx' as const, count: 1 }))
  const departed = new Departed()
  departed.add({ ...snapshot, pools: [], routes: [{ ...route, requests }] })
  departed.keep({ pools: [{ ...pool, targets: [present] }], routes: [route] })
  const [counted] = departed.counted
  t.strictSame(counted?.routes, [{ ...route, inflight: 0, requests: [requests[0], requests[2]] }])
  departed.keep({ pools: [pool], routes: [{ ...route, pool: 'another' }] })
  t.strictSame(departed.counted[0]?.routes, [], 'a route to another pool is another one')
})
