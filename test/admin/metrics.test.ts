import fc from 'fast-check'
import t from 'tap'
import { mergeSnapshots } from '../../src/admin/merge-snapshots.js'
import { allMetrics, metricsWriter } from '../../src/admin/metrics.js'
import type { Snapshot } from '../../src/admin/snapshot.js'
import { failure } from '../proxy/exchange-world.js'
import { counted } from './counted-world.js'
import { parseExposition, type Family } from './exposition.js'
import { snapshotOf } from './snapshot-arbitrary.js'

async function families (snapshot: Snapshot): Promise<ReadonlyMap<string, Family>> {
  return new Map(parseExposition(await metricsWriter.write(snapshot)).map(family => [family.name, family]))
}

/** The samples of a metric, each in one line. */
function lines (written: ReadonlyMap<string, Family>, name: string): string[] {
  return (written.get(name)?.samples ?? []).map(({ name, labels, value }) => `${name}${JSON.stringify(labels)} ${value}`)
}

function happened (lines: readonly string[]): string[] {
  return lines.filter(line => !line.endsWith(' 0'))
}

t.test('the type of the answer', async t => {
  t.equal(metricsWriter.contentType, 'text/plain; version=0.0.4; charset=utf-8')
})

t.test('of any snapshot comes what Prometheus reads, with every metric, and no label that is not declared', async t => {
  await fc.assert(fc.asyncProperty(snapshotOf('worker'), snapshotOf('primary'), async (a, b) => {
    const written = await families(mergeSnapshots([a, b]))
    t.same([...written.keys()], allMetrics.map(({ name }) => name))
    for (const { name, labels, type, help } of allMetrics) {
      t.match(written.get(name), { type, help })
      for (const sample of written.get(name)?.samples ?? []) if (Object.keys(sample.labels).some(label => !labels.includes(label))) throw new Error(name)
    }
  }), { numRuns: 30 })
})

t.test('an exchange that failed on one target and was answered by another', async t => {
  const made = counted({ targets: 2, route: { host: 'shop.example', prefix: '/api', methods: ['GET', 'POST'] } })
  const { world } = made
  world.last.fail(failure('connection_refused'), 'nothing')
  world.advance(100)
  world.last.respond(200)
  world.advance(30)
  world.last.data('hello')
  world.last.end()
  world.pool.targets[0]?.judge('passive', false)
  world.pool.targets[1]?.counts.checked({ at: 5000, passed: false, reason: 'x', tookMs: 250 })
  const written = await families(made.snapshot)
  const [first, second] = world.pool.targets.map(({ url }) => ({ pool: 'api', target: url }))
  const route = { route: 'GET,POST shop.example/api', pool: 'api' }
  t.same(happened(lines(written, 'headrace_requests_total')), [`headrace_requests_total${JSON.stringify({ ...route, target: second?.target, status: '2xx' })} 1`])
  const buckets = written.get('headrace_request_duration_seconds')?.samples.filter(({ name }) => name.endsWith('_bucket')) ?? []
  t.same(buckets.filter(({ value }) => value === 1).map(({ labels }) => labels['le'])[0], '0.25', '130 ms, and the pause before')
  t.same(happened(lines(written, 'headrace_target_failures_total')), [`headrace_target_failures_total${JSON.stringify({ ...first, side: 'target', code: 'connection_refused' })} 1`])
  t.same(lines(written, 'headrace_retries_total'), [0, 1].map(i => `headrace_retries_total${JSON.stringify([first, second][i])} ${i}`))
  t.same(lines(written, 'headrace_target_up'), [0, 1].map(i => `headrace_target_up${JSON.stringify([first, second][i])} ${i}`))
  t.ok(lines(written, 'headrace_target_healthy').includes(`headrace_target_healthy${JSON.stringify({ ...first, judge: 'passive' })} 0`))
  t.same(lines(written, 'headrace_target_response_body_bytes_total')[1], `headrace_target_response_body_bytes_total${JSON.stringify(second)} 5`)
  t.same(lines(written, 'headrace_check_duration_seconds'), [`headrace_check_duration_seconds${JSON.stringify(second)} 0.25`], 'no check, no value')
  t.same(lines(written, 'headrace_check_timestamp_seconds'), [`headrace_check_timestamp_seconds${JSON.stringify(second)} 5`])
  t.same(lines(written, 'headrace_event_loop_lag_seconds').length, 3)
  t.same(lines(written, 'headrace_client_connections'), ['headrace_client_connections{} 7'])
  t.same(lines(written, 'headrace_build_info'), ['headrace_build_info{"version":"1.2.3","node":"v20.19.0"} 1'])
})

t.test('what has not happened yet is 0: a rate would miss what a series begins with', async t => {
  const made = counted({ targets: 2 })
  const written = await families(made.snapshot)
  const of = (name: string, label: string) => (written.get(name)?.samples ?? []).map(({ labels, value }) => [labels['target'], labels[label], value])
  const urls = made.world.pool.targets.map(({ url }) => url)
  t.same(of('headrace_requests_total', 'status'), [...urls, ''].flatMap(url => ['2xx', '3xx', '4xx', '5xx'].map(status => [url, status, 0])))
  for (const url of urls) t.ok(of('headrace_target_failures_total', 'code').some(each => JSON.stringify(each) === JSON.stringify([url, 'connection_refused', 0])), url)
  t.ok(lines(written, 'headrace_failures_total').includes('headrace_failures_total{"route":"/","pool":"api","side":"proxy","code":"destination_unavailable"} 0'))
  made.world.last.respond(503)
  made.world.last.end()
  const after = await families(made.snapshot)
  t.equal(after.get('headrace_requests_total')?.samples.length, 12, 'no series is added by it')
  t.same(happened(lines(after, 'headrace_requests_total')), [`headrace_requests_total${JSON.stringify({ route: '/', pool: 'api', target: urls[0], status: '5xx' })} 1`])
})

t.test('errors by side and code', async t => {
  const made = counted({ targets: 1 })
  made.world.exchange.clientClosed()
  const written = await families(made.snapshot)
  const [target] = made.world.pool.targets
  t.same(happened(lines(written, 'headrace_target_failures_total')), [`headrace_target_failures_total${JSON.stringify({ pool: 'api', target: target?.url, side: 'client', code: 'client_closed' })} 1`])
  t.same(happened(lines(written, 'headrace_failures_total')), ['headrace_failures_total{"route":"/","pool":"api","side":"client","code":"client_closed"} 1'])
})

t.test('a target of weight 0 is not up, and the admin is who has something against it', async t => {
  const made = counted({ targets: 1 })
  const [target] = made.world.pool.targets
  made.world.pool.reconcile([{ url: target?.url ?? '', weight: 0 }])
  t.match(made.target(0), { state: 'drain', vetoedBy: ['admin'], weight: 0 })
  const written = await families(made.snapshot)
  t.same(written.get('headrace_target_up')?.samples.map(({ value }) => value), [0])
  t.same(written.get('headrace_target_healthy')?.samples.filter(({ value }) => value === 0).map(({ labels }) => labels['judge']), ['admin'])
})

t.test('how long health checks took, so that a rate is their average', async t => {
  const made = counted({ targets: 1 })
  const counts = made.world.pool.targets[0]?.counts
  for (const [passed, tookMs] of [[true, 100], [true, 200], [false, 2000]] as const) counts?.checked({ at: 5000, passed, reason: 'x', tookMs })
  const written = await families(made.snapshot)
  t.same(written.get('headrace_target_check_seconds')?.samples.map(({ name, labels, value }) => [name.slice(name.lastIndexOf('_')), labels['result'], value]),
    [['_sum', 'pass', 0.3], ['_count', 'pass', 2], ['_sum', 'fail', 2], ['_count', 'fail', 1]].map(([name, result, value]) => [name, result, value]))
  t.same(written.get('headrace_check_duration_seconds')?.samples.map(({ value }) => value), [2], 'the last one')
})

t.test('requests without a route', async t => {
  const made = counted()
  made.statistics.unrouted()
  for (let i = 0; i < 2; i++) made.statistics.refused()
  t.same(lines(await families(made.snapshot), 'headrace_refused_requests_total'), ['headrace_refused_requests_total{} 2'])
  t.same(lines(await families(made.snapshot), 'headrace_unrouted_requests_total'), ['headrace_unrouted_requests_total{} 1'])
  t.equal(mergeSnapshots([made.snapshot, made.snapshot]).unrouted, 2)
})

t.test('a target that has left is no label any more', async t => {
  const made = counted({ targets: 2 })
  made.world.last.respond(200)
  made.world.last.end()
  const [gone] = made.world.pool.targets
  made.world.pool.reconcile([{ url: 'http://10.0.0.9:3000' }])
  const text = await metricsWriter.write(made.snapshot)
  t.notOk(text.includes(gone?.url ?? ''))
  t.ok(text.includes('http://10.0.0.9:3000'))
})

t.test('a request that ends on a target that has left is counted', async t => {
  const made = counted({ targets: 2 })
  made.world.last.respond(502)
  made.world.pool.reconcile([{ url: 'http://10.0.0.9:3000' }])
  t.equal(made.pool.inflight, 1, 'it is under way still')
  made.world.last.end()
  t.same(made.requests, { 'none 5xx': 1 })
  t.equal(made.pool.inflight, 0)
})

t.test('reloads', async t => {
  const [snapshot] = fc.sample(snapshotOf('single'), { numRuns: 1, seed: 1 })
  if (snapshot === undefined) throw new Error('there is one')
  const values = async (last: Snapshot['reloads']['last']) => {
    const written = await families({ ...snapshot, startedAt: 1000, reloads: { succeeded: 2, failed: 1, last } })
    return ['headrace_config_last_reload_successful', 'headrace_config_last_reload_success_timestamp_seconds'].map(name => written.get(name)?.samples[0]?.value)
  }
  t.same(await values(null), [1, 1])
  t.same(await values({ at: 5000, ok: true, message: '' }), [1, 5])
  t.same(await values({ at: 6000, ok: false, message: '' }), [0, undefined])
})

t.test('the parser sees what it is there for', async t => {
  const head = '# HELP a_total x\n# TYPE a_total counter\n'
  for (const bad of [
    'a_total 1\n', `${head}a_total 1`, `${head}a_total 1\na_total 2\n`, `${head}b_total 1\n`, `${head}a_total{x="1",x="2"} 1\n`, `${head}a_total{x=1} 1\n`,
    `${head}a_total -1\n`, `${head}a_total one\n`, '# HELP a x\n# TYPE a counter\na 1\n', '# HELP a_ms x\n# TYPE a_ms gauge\na_ms 1\n', '# HELP a x\n', `${head}${head}`,
    '# HELP h x\n# TYPE h histogram\nh_bucket{le="1"} 2\nh_bucket{le="+Inf"} 1\nh_count 1\n', '# HELP h x\n# TYPE h histogram\nh_bucket{le="1"} 1\nh_count 1\n',
    '# HELP g x\n# TYPE g gauge\ng{quantile="1"} 1\n'
  ]) t.throws(() => parseExposition(bad), bad)
  t.equal(parseExposition(`${head}a_total{x="q\\"u\\\\o\\nte",y="2"} 1e3\n`)[0]?.samples[0]?.labels['x'], 'q"u\\o\nte')
})

t.test('requests go on while they are written: one metric in a turn', async t => {
  const { snapshot } = counted()
  let turns = 0
  let written = false
  const count = (): void => {
    turns++
    if (!written) setImmediate(count)
  }
  setImmediate(count)
  await metricsWriter.write(snapshot)
  written = true
  t.ok(turns >= allMetrics.length, `${turns} turns for ${allMetrics.length} metrics`)
})

t.test('a metric of very many routes and targets is written in many turns, and whole', async t => {
  const { snapshot } = counted({ targets: 100 })
  const [route] = snapshot.routes
  if (route === undefined) throw new Error('there is one')
  const many = { ...snapshot, routes: Array.from({ length: 50 }, (_, i) => ({ ...route, name: `/${i}` })) }
  const turnsFor = async (snapshot: Snapshot): Promise<number> => {
    const seen = { turns: 0, written: false }
    const count = (): void => {
      seen.turns++
      if (!seen.written) setImmediate(count)
    }
    setImmediate(count)
    await metricsWriter.write(snapshot)
    seen.written = true
    return seen.turns
  }
  const series = 50 * 101 * 4
  t.equal((await families(many)).get('headrace_requests_total')?.samples.length, series)
  const [few, lots] = [await turnsFor(snapshot), await turnsFor(many)]
  t.ok(lots >= few + series / 500, `${few} turns, and ${lots} for ${series} series`)
})
