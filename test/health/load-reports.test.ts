import { createServer } from 'node:http'
import t from 'tap'
import { VirtualClock } from '../../src/base/virtual-clock.js'
import type { LoadReport } from '../../src/balancing/load-report.js'
import { RoundRobin } from '../../src/balancing/round-robin.js'
import { ActiveCheck } from '../../src/health/active.js'
import { parseLoadReport } from '../../src/health/parse-load-report.js'
import { HttpProbe, type HttpProbeOptions } from '../../src/health/probe-http.js'
import type { Probe } from '../../src/health/probe.js'
import { parseAddress } from '../../src/upstream/address.js'
import { Pool } from '../../src/upstream/pool.js'
import { world } from '../backend/world.js'
import { listening } from './listening.js'

const never = new AbortController().signal
const REPORT: LoadReport = { inflight: 3, utilization: 0.42, requests: 1204 }
const BODY = JSON.stringify({ status: 'ok', inflight: 3, requests: 1204, eventLoop: { utilization: 0.42, delayMs: 1 }, more: [1] })

function probe (options: Partial<HttpProbeOptions> = {}): HttpProbe {
  return new HttpProbe({ path: '/health', method: 'GET', headers: [], status: [{ from: 200, to: 299 }], bodyContains: null, host: null, port: null, ...options }, {})
}

t.test('a body is a report if it is JSON of that form', async t => {
  const parse = (body: string, type: string | undefined = 'application/json'): LoadReport | null => parseLoadReport(type, Buffer.from(body))
  for (const type of ['application/json', 'application/json; charset=utf-8', 'Application/JSON ;charset=utf-8']) t.strictSame(parse(BODY, type), REPORT, type)
  t.equal(parseLoadReport(undefined, Buffer.from(BODY)), null)
  for (const type of ['', 'text/html', 'application/jsonx', 'application/problem+json']) t.equal(parse(BODY, type), null, type)
  const silent = { inflight: 0, eventLoop: { utilization: 1 } }
  t.strictSame(parse(JSON.stringify(silent)), { inflight: 0, utilization: 1, requests: null })
  t.strictSame(parse(JSON.stringify({ ...silent, requests: null })), { inflight: 0, utilization: 1, requests: null })
  for (const body of [
    '', '{', 'null', '1', '"ok"', '[]', '{}', BODY.slice(0, -1), `${BODY}x`, '['.repeat(50_000),
    ...[
      { inflight: -1 }, { inflight: 1.5 }, { inflight: '3' }, { inflight: null }, { inflight: 2 ** 53 },
      { requests: -1 }, { requests: 0.5 }, { requests: 'many' }, { eventLoop: null }, { eventLoop: 0.5 }, { eventLoop: [] },
      { eventLoop: { utilization: -0.1 } }, { eventLoop: { utilization: 1.1 } }, { eventLoop: { utilization: '0.5' } }, { eventLoop: { utilization: null } }
    ].map(rest => JSON.stringify({ ...silent, ...rest }))
  ]) t.equal(parse(body), null, body.slice(0, 80))
})

t.test('a probe brings the report that comes with a pass; anything else in the body is no failure', async t => {
  const server = await listening(t, createServer(({ url }, response) => {
    response.writeHead(url === '/failing' ? 503 : 200, { 'content-type': url === '/text' ? 'text/plain' : 'application/json' })
    response.end(url === '/broken' ? '{"inflight":' : url === '/long' ? `${' '.repeat(64 * 1024)}${BODY}` : BODY)
  }))
  t.strictSame(await probe().check(server.address, never), REPORT)
  t.strictSame(await probe({ bodyContains: 'ok' }).check(server.address, never), REPORT)
  for (const path of ['/broken', '/text', '/long']) t.equal(await probe({ path }).check(server.address, never), null, path)
  t.equal(await probe({ method: 'HEAD' }).check(server.address, never), null)
  await t.rejects(probe({ path: '/failing' }).check(server.address, never), { message: 'status 503' })
  await server.quiet()
})

t.test('the plugin for backends and the probe speak the same language', async t => {
  const made = await world(t)
  made.process.ran(1, 3)
  const address = parseAddress(`http://127.0.0.1:${await made.listen()}`)
  await made.app.inject('/')
  t.strictSame(await probe().check(address, never), { inflight: 0, utilization: 0.25, requests: 1 })
})

t.test('targets hear of their reports, before they come into service, and of nothing else', async t => {
  const clock = new VirtualClock()
  const heard: unknown[] = []
  const strategy = new RoundRobin()
  const pool = new Pool({
    name: 'api',
    whenAllDown: 'fail',
    strategy: () => ({
      prepare: list => strategy.prepare(list),
      follow: ({ id }) => ({
        began: () => ({ answered () {}, abandoned () {} }),
        reported: (report, at) => { heard.push([id.slice(-1), report, at, pool.eligible.length]) }
      })
    })
  })
  pool.reconcile([{ url: 'http://127.0.0.1:1' }])
  // The second is what a probe without types may give, the last one comes too late.
  const results: unknown[] = [REPORT, 'ok', undefined, null, { ...REPORT, inflight: 4 }]
  const fake: Probe = {
    check: async () => {
      const result = results.shift()
      if (results.length === 0) await new Promise<void>(resolve => { clock.after(3000, resolve) })
      if (result === null) throw new Error('failed')
      return result as LoadReport
    }
  }
  const schedule = { interval: 5000, intervalDown: 5000, jitter: 0, timeout: 2000, rise: 1, fall: 1 }
  const check = new ActiveCheck({ schedule, pool, probe: fake, clock, random: () => 0.5, observer: { onFlip () {} } })
  check.start()
  await clock.advanceAsync(29_000)
  t.strictSame(heard, [['1', REPORT, 0, 0]])
  await check.stop()
})
