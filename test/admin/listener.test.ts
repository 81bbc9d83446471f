import http from 'node:http'
import { once } from 'node:events'
import net from 'node:net'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { VirtualClock } from '../../src/base/virtual-clock.js'
import { connect, exchange } from '../fixtures/client.js'
import { directory } from '../fixtures/directory.js'
import { eventually } from '../fixtures/proxy.js'
import { ask, startAdmin } from './admin-world.js'

const TOKEN = 'a-token-that-nobody-guesses'
const BEARER = { authorization: `Bearer ${TOKEN}` }
const TARGET = '/pools/api/targets/http%3A%2F%2F10.0.0.1%3A3000'

t.test('reads', async t => {
  const { control, ask } = bound(await startAdmin(t))
  control.events.add('start', 'it began')
  const snapshot = (await ask('/snapshot')).json
  t.equal(snapshot.build.version, '1.2.3')
  t.strictSame((await ask('/pools')).json, { pools: snapshot.pools })
  t.strictSame((await ask('/pools/api')).json, snapshot.pools[0])
  t.strictSame((await ask('/pools/api/targets')).json, { targets: snapshot.pools[0].targets })
  t.strictSame((await ask('/routes')).json, { routes: snapshot.routes })
  t.strictSame((await ask('/config')).json, { pools: { api: {} } })
  t.strictSame((await ask('/build')).json, { version: '1.2.3', node: 'v20.0.0' })
  t.strictSame((await ask('/livez')).json, { live: true })
  t.strictSame((await ask('/events')).json.events.map(({ message }: { message: string }) => message), ['it began'])
  const metrics = await ask('/metrics')
  t.match(metrics.headers['content-type'], /^text\/plain; version=0\.0\.4/)
  t.match(metrics.text, /^# HELP headrace_/)
})

t.test('HEAD is GET without a body', async t => {
  const { ask } = bound(await startAdmin(t))
  for (const path of ['/', '/pools', '/livez', '/metrics', '/openapi.json', '/stream']) {
    const { status, text } = await ask(path, { method: 'HEAD' })
    t.strictSame({ status, text }, { status: 200, text: '' }, path)
  }
})

t.test('every answer has the standing headers', async t => {
  const world = await startAdmin(t)
  const { ask } = bound(world)
  const stream = await world.stream('/stream')
  t.teardown(() => { stream.leave() })
  const answers = [await ask('/'), await ask('/pools'), await ask('/nothing'), await ask('/%zz'), await ask(TARGET, { method: 'PUT', body: '{' }), stream.response]
  for (const { headers } of answers) {
    t.equal(headers['cache-control'], 'no-store')
    t.equal(headers['x-content-type-options'], 'nosniff')
    t.match(headers['content-security-policy'], /^default-src 'none'; script-src 'self'; style-src 'self'; .*frame-ancestors 'none'$/)
  }
})

t.test('a target by its names', async t => {
  const { ask } = bound(await startAdmin(t))
  const url = async (name: string): Promise<unknown> => (await ask(`/pools/api/targets/${name}`)).json.url
  t.equal(await url('http%3A%2F%2F10.0.0.1%3A3000'), 'http://10.0.0.1:3000')
  t.equal(await url('HTTP%3A%2F%2F10.0.0.1%3A3000%2F'), 'http://10.0.0.1:3000', 'in another spelling')
  t.equal(await url('10.0.0.2:3000'), 'http://10.0.0.2:3000')
  t.equal(await url('b.example'), 'http://b.example')
  t.equal(await url('B.example:80'), 'http://b.example')
  t.equal(await url('unix%3A%2Frun%2Fapp.sock'), 'unix:/run/app.sock')
  const unknown = await ask('/pools/api/targets/10.0.0.9:3000')
  t.equal(unknown.status, 404)
  t.match(unknown.json.detail, /Pool "api" has no target "10.0.0.9:3000"/)
  const both = await ask('/pools/both/targets/c.example:8080')
  t.equal(both.status, 409)
  t.equal(both.json.detail, '"c.example:8080" may be http://c.example:8080 or https://c.example:8080')
  t.match((await ask('/pools/apj')).json, { status: 404, code: 'not_found', detail: 'There is no pool "apj", did you mean "api"?' })
})

t.test('changes', async t => {
  const world = await startAdmin(t)
  const { control, ask } = bound(world)
  const drained = await ask('/pools/api/targets/10.0.0.1:3000', { method: 'PUT', body: { state: 'drain' } })
  t.match(drained.json, { url: 'http://10.0.0.1:3000', state: 'drain' })
  t.match((await ask(TARGET, { method: 'PUT', body: { state: 'ready', weight: 2.5 } })).json, { state: 'up', weight: 2.5 })
  const added = await ask('/pools/api/targets', { method: 'POST', body: { url: 'http://10.0.0.3:3000/', weight: 3 } })
  t.match({ status: added.status, json: added.json }, { status: 201, json: { url: 'http://10.0.0.3:3000', weight: 3 } })
  t.equal((await ask(added.headers.location ?? '')).json.url, 'http://10.0.0.3:3000')
  t.match((await ask('/pools/api/targets', { method: 'POST', body: { url: 'http://10.0.0.3:3000' } })).json, { status: 409, code: 'conflict' })
  t.equal((await ask('/pools/api/targets/10.0.0.3:3000', { method: 'DELETE' })).status, 204)
  t.equal((await ask('/pools/api/targets/10.0.0.3:3000', { method: 'DELETE' })).status, 404)
  t.strictSame(control.calls, [
    ['changeTarget', 'api', 'http://10.0.0.1:3000', { state: 'drain' }],
    ['changeTarget', 'api', 'http://10.0.0.1:3000', { state: 'ready', weight: 2.5 }],
    ['addTarget', 'api', 'http://10.0.0.3:3000/'],
    ['addTarget', 'api', 'http://10.0.0.3:3000'],
    ['removeTarget', 'api', 'http://10.0.0.3:3000']
  ])
  const lines = await world.log.wait('admin request', 6)
  t.match(lines[0], { method: 'PUT', path: '/pools/api/targets/10.0.0.1:3000', status: 200, client: '127.0.0.1' })
  t.match(lines[5], { method: 'DELETE', status: 404 })
})

t.test('a reload, and one that is refused', async t => {
  const { control, ask } = bound(await startAdmin(t))
  t.strictSame((await ask('/reload', { method: 'POST' })).json, { changes: ['removes 1 target of pool api'] })
  t.equal((await ask('/reload', { method: 'POST', headers: { 'content-type': 'application/json' } })).status, 200, 'an empty body is none')
  control.result = { ok: false, changes: [], faults: [{ path: 'pools.api', message: 'required' }] }
  const refused = await ask('/reload', { method: 'POST' })
  t.equal(refused.status, 422)
  t.equal(refused.headers['content-type'], 'application/problem+json')
  t.match(refused.json, { code: 'reload_refused', faults: [{ path: 'pools.api', message: 'required' }] })
})

t.test('what is wrong is told in the words of the config', async t => {
  const { control, ask } = bound(await startAdmin(t))
  const faults = async (body: unknown, path = TARGET, method = 'PUT'): Promise<unknown> => {
    const { status, json } = await ask(path, { method, body })
    t.equal(status, 400)
    return json.faults
  }
  t.strictSame(await faults({ stat: 'drain' }), [{ path: 'body.stat', message: 'unknown key, did you mean "state"?' }])
  t.strictSame(await faults({ state: 'drian' }), [{ path: 'body.state', message: 'expected "ready", "drain" or "maint", got "drian", did you mean "drain"?' }])
  t.strictSame(await faults({ weight: -1 }), [{ path: 'body.weight', message: 'expected a number from 0 to 1000000, got -1' }])
  t.strictSame(await faults({}), [{ path: 'body', message: 'expected an object with at least one entry' }])
  t.strictSame(await faults([]), [{ path: 'body', message: 'expected an object, got a list' }])
  t.strictSame(await faults({ url: 'ftp://x' }, '/pools/api/targets', 'POST'), [{ path: 'body.url', message: '"ftp://x" is not an http:, https: or unix: address' }])
  t.strictSame(await faults({ weight: 1 }, '/reload', 'POST'), [{ path: 'body.weight', message: 'unknown key' }])
  t.strictSame((await ask('/events?sinse=1')).json.faults, [{ path: 'query.sinse', message: 'unknown key, did you mean "since"?' }])
  t.match((await ask(TARGET, { method: 'PUT', body: '{"state":' })).json, { status: 400, code: 'bad_request' })
  t.match((await ask(TARGET, { method: 'PUT', body: '{"__proto__":{"state":"drain"}}' })).json, { status: 400, code: 'bad_request' })
  t.match((await ask(TARGET, { method: 'PUT', body: 'state=drain', headers: { 'content-type': 'application/x-www-form-urlencoded' } })).json, { status: 415, code: 'unsupported_media_type' })
  t.match((await ask(TARGET, { method: 'PUT', body: { state: 'x'.repeat(20_000) } })).json, { status: 413, code: 'body_too_large' })
  t.match((await ask('/%zz')).json, { status: 400, code: 'bad_request' })
  t.match((await ask('/nothing')).json, { status: 404, code: 'not_found' })
  const wrong = await ask(TARGET, { method: 'PATCH', body: {} })
  t.match(wrong.json, { status: 405, code: 'method_not_allowed' })
  t.equal(wrong.headers.allow, 'GET, HEAD, PUT, DELETE')
  t.strictSame(control.calls, [], 'and nothing has been done')
})

t.test('what is no HTTP gets an answer in its form', async t => {
  const world = await startAdmin(t)
  const client = await connect(t, world.port)
  client.send('nonsense\r\n\r\n')
  const { status, body } = await client.response()
  t.equal(status, 400)
  t.match(JSON.parse(body), { code: 'bad_request' })
})

t.test('a fault of ours is told to the log alone', async t => {
  const world = await startAdmin(t)
  const { control, ask } = bound(world)
  control.broken = new Error('secret cause')
  const { status, headers, text } = await ask('/pools')
  t.equal(status, 500)
  t.equal(headers['content-type'], 'application/problem+json')
  t.notMatch(text, /secret cause/)
  t.match((await world.log.wait('an admin request failed'))[0], { err: { message: 'secret cause' } })
})

t.test('with a token', async t => {
  const { control, ask } = bound(await startAdmin(t, { token: TOKEN }))
  const refused = await ask('/pools')
  t.equal(refused.status, 401)
  t.equal(refused.headers['www-authenticate'], 'Bearer realm="headrace"')
  t.match(refused.json, { code: 'unauthorized' })
  for (const authorization of ['', 'Bearer', 'Bearer ', `Bearer ${TOKEN}x`, `Bearer ${TOKEN.slice(1)}`, `Basic ${TOKEN}`, TOKEN, `Bearer ${TOKEN} ${TOKEN}`]) {
    t.equal((await ask('/pools', { headers: { authorization } })).status, 401, authorization)
  }
  for (const path of ['/snapshot', '/events', '/stream', '/config', '/metrics', '/openapi.json', '/nothing']) t.equal((await ask(path)).status, 401, path)
  t.equal((await ask(TARGET, { method: 'PUT', body: { state: 'drain' } })).status, 401)
  t.strictSame(control.calls, [])
  t.equal((await ask('/pools', { headers: BEARER })).status, 200)
  t.equal((await ask('/pools', { headers: { authorization: `bearer   ${TOKEN}` } })).status, 200)
  t.equal((await ask('/pools', { headers: { ...BEARER, host: 'headrace.cluster.example:9090' } })).status, 200, 'under any name')
  t.equal((await ask('/')).status, 200, 'the page itself holds nothing')
  t.equal((await ask('/assets/app.js')).status, 200)
})

t.test('orchestrators have no token', async t => {
  const { control, ask } = bound(await startAdmin(t, { token: TOKEN }))
  t.equal((await ask('/livez')).status, 200)
  t.strictSame((await ask('/readyz')).json, { ready: true })
  control.ready = false
  const unready = await ask('/readyz')
  t.equal(unready.status, 503)
  t.strictSame(unready.json, { ready: false }, 'no names for strangers')
  t.strictSame((await ask('/readyz', { headers: BEARER })).json, { ready: false, reasons: ['pool api has no target that may serve'] })
})

t.test('DNS rebinding: without a token only addresses and localhost are names of ours', async t => {
  const { control, ask } = bound(await startAdmin(t))
  for (const host of ['127.0.0.1', 'localhost:9090', 'LOCALHOST', 'localhost.:80', 'app.localhost', '[::1]:9090', '192.168.1.2:9090']) {
    t.equal((await ask('/livez', { headers: { host } })).status, 200, host)
  }
  for (const host of ['evil.example', 'evil.example:9090', '127.0.0.1.evil.example', 'localhost.evil.example', 'notlocalhost']) {
    t.match((await ask('/livez', { headers: { host } })).json, { status: 403, code: 'host_refused' }, host)
    t.equal((await ask('/', { headers: { host } })).status, 403, host)
    // What a page of that name sends: to itself, as the browser sees it.
    t.equal((await ask(TARGET, { method: 'PUT', body: { state: 'drain' }, headers: { host, origin: `http://${host}`, 'sec-fetch-site': 'same-origin' } })).status, 403, host)
  }
  t.equal((await ask('/livez', { headers: { host: 'localhost,evil.example' } })).status, 400)
  t.equal((await ask('/livez', { headers: { host: 'a b' } })).status, 400)
  t.strictSame(control.calls, [])
})

t.test('a request without Host', async t => {
  const world = await startAdmin(t)
  const client = await connect(t, world.port)
  t.equal((await client.request(['GET /livez HTTP/1.1']).response()).status, 400)
})

t.test('HTTP/1.0 needs no Host: simple health checks send none', async t => {
  const world = await startAdmin(t)
  const status = async (...lines: string[]): Promise<number> => (await exchange(t, world.port, lines)).status
  t.equal(await status('GET /readyz HTTP/1.0'), 200)
  t.equal(await status('GET /livez HTTP/1.0', 'Host: evil.example'), 403, 'but what it sends is looked at')
  t.equal(await status('GET /livez HTTP/1.0', 'Host:'), 400)
  t.equal(await status('GET /livez HTTP/1.0', 'Origin: http://evil.example'), 403)
})

t.test('probes and scrapers may ask with a query', async t => {
  const { ask } = bound(await startAdmin(t))
  for (const path of ['/livez?verbose', '/readyz?verbose', '/metrics?x=1', '/metrics?x=1&x=2']) t.equal((await ask(path)).status, 200, path)
})

t.test('a path that is too long is refused, and no fault of ours', async t => {
  const world = await startAdmin(t, { token: TOKEN })
  const { ask } = bound(world)
  for (const path of [`/pools/${'x'.repeat(2049)}`, `/pools/api/targets/${'x'.repeat(2049)}`, `/assets/${'x'.repeat(10_000)}`]) {
    const { status, headers, json } = await ask(path)
    t.equal(status, 414)
    t.equal(headers['content-type'], 'application/problem+json')
    t.strictSame(json, { type: 'about:blank', title: 'A part of the path is too long', status: 414, code: 'path_too_long' })
  }
  t.equal((await ask(`/pools/${'x'.repeat(2048)}`, { headers: BEARER })).status, 404)
  t.strictSame(world.log.named('an admin request failed'), [])
})

t.test('pages of other origins may link to the dashboard, and nothing else', async t => {
  const world = await startAdmin(t)
  const { control, ask } = bound(world)
  const host = `127.0.0.1:${world.port}`
  const put = async (headers: http.OutgoingHttpHeaders): Promise<number> => (await ask(TARGET, { method: 'PUT', body: { state: 'drain' }, headers: { host, ...headers } })).status
  t.equal(await put({ origin: 'http://evil.example' }), 403)
  t.equal(await put({ origin: 'null' }), 403)
  t.equal(await put({ origin: 'http://127.0.0.1:1' }), 403, 'another port is another origin')
  t.equal(await put({ origin: `http://${host}.evil.example` }), 403)
  t.equal(await put({ origin: `http://${host}@evil.example` }), 403)
  for (const site of ['cross-site', 'same-site', 'none', 'nonsense']) t.equal(await put({ 'sec-fetch-site': site }), 403, site)
  t.match((await ask('/reload', { method: 'POST', headers: { origin: 'http://evil.example' } })).json, { code: 'cross_origin' })
  t.strictSame(control.calls, [])
  for (const path of ['/stream', '/events', '/pools', '/livez', '/assets/app.js']) t.equal((await ask(path, { headers: { 'sec-fetch-site': 'cross-site' } })).status, 403, path)
  t.equal((await ask('/', { headers: { 'sec-fetch-site': 'cross-site' } })).status, 200)
  t.equal((await ask('/pools', { headers: { 'sec-fetch-site': 'none' } })).status, 200, 'the address bar')
  t.equal(await put({ origin: `http://${host}`, 'sec-fetch-site': 'same-origin' }), 200)
  t.equal(await put({ origin: `https://${host}` }), 200, 'behind a TLS terminator')
  t.equal(await put({}), 200, 'no browser')
})

t.test('over a Unix socket any name will do: no browser reaches it', async t => {
  const path = join(await directory(t), 'admin.sock')
  await startAdmin(t, { path })
  t.equal((await ask({ socketPath: path }, '/pools', { headers: { host: 'whatever.example' } })).status, 200)
})

t.test('events', async t => {
  const { control, ask } = bound(await startAdmin(t))
  for (let i = 1; i <= 510; i++) control.events.add('up', `event ${i}`)
  const ids = async (since: string): Promise<number[]> => (await ask(`/events${since}`)).json.events.map(({ id }: { id: number }) => id)
  t.strictSame(await ids('?since=508'), [509, 510])
  t.strictSame(await ids('?since=510'), [])
  t.equal((await ids('')).length, 500)
  t.equal((await ask('/events?since=4')).json.missed, 6)
  t.equal((await ask('/events?since=10')).json.missed, 0)
  t.equal((await ids('?since=1000')).length, 500, 'a place of a former process')
  t.equal((await ask('/events?since=1000')).json.missed, 10)
  t.equal((await ask('/events?since=x')).status, 400)
})

t.test('events as they happen, and where one left off', async t => {
  const world = await startAdmin(t, { clock: new VirtualClock() })
  const { events } = world.control
  events.add('up', 'first')
  events.add('down', 'second', { pool: 'api' })
  const stream = await world.stream('/events')
  t.equal(stream.response.headers['content-type'], 'text/event-stream')
  events.add('up', 'third')
  const messages = await stream.wait(3)
  t.strictSame(messages.map(({ id }) => id), ['0-1', '0-2', '0-3'])
  t.match(JSON.parse(messages[1]?.data ?? ''), { id: 2, kind: 'down', message: 'second', pool: 'api', target: null })
  stream.leave()
  events.add('up', 'fourth')
  const again = await world.stream('/events?since=0', { 'last-event-id': '0-3' })
  t.strictSame((await again.wait(1)).map(({ id }) => id), ['0-4'])
  again.leave()
  const since = await world.stream('/events?since=2')
  t.strictSame((await since.wait(2)).map(({ id }) => id), ['0-3', '0-4'])
  since.leave()
})

t.test('after a restart nothing is missed, however many events there are', async t => {
  const clock = new VirtualClock()
  const ids = async (path: string, headers: http.OutgoingHttpHeaders, world: Awaited<ReturnType<typeof startAdmin>>, count: number): Promise<string[]> => {
    const stream = await world.stream(path, headers)
    // One more shows that these are all.
    world.control.events.add('up', 'last')
    const messages = await stream.wait(count + 1)
    stream.leave()
    return messages.filter(({ event }) => event !== 'snapshot').map(({ id }) => id)
  }
  const former = await startAdmin(t, { clock })
  for (let i = 0; i < 3; i++) former.control.events.add('up', 'before')
  const { next } = (await former.ask('/events')).json
  t.equal(next, '0-3')
  t.strictSame((await former.ask(`/events?since=${next}`)).json, { events: [], missed: 0, next })
  clock.advance(1000)
  const world = await startAdmin(t, { clock })
  for (let i = 0; i < 3; i++) world.control.events.add('start', 'after')
  const all = (await world.ask(`/events?since=${next}`)).json
  t.equal(all.events.length, 3, 'as many as there were')
  t.equal(all.next, '1000-3')
  t.strictSame(await ids('/events', { 'last-event-id': '0-3' }, world, 3), ['1000-1', '1000-2', '1000-3', '1000-4'])
  t.strictSame(await ids('/events', { 'last-event-id': '0-1' }, world, 4), ['1000-1', '1000-2', '1000-3', '1000-4', '1000-5'], 'more than there were')
  t.strictSame((await ids('/events', { 'last-event-id': '3' }, world, 5)).length, 6, 'what names no process')
  t.strictSame((await ids('/events?since=5', { 'last-event-id': 'nonsense' }, world, 6)).length, 7)
  t.strictSame(await ids('/events', { 'last-event-id': '1000-7' }, world, 0), ['1000-8'])
  t.strictSame(await ids('/events', { 'last-event-id': '1000-9' }, world, 8), ['1000-1', '1000-2', '1000-3', '1000-4', '1000-5', '1000-6', '1000-7', '1000-8', '1000-9'], 'not reached')
  t.equal((await world.ask('/events?since=0-')).status, 400)
})

t.test('snapshots: one timer for all who watch, none for nobody', async t => {
  const clock = new VirtualClock()
  const world = await startAdmin(t, { clock })
  t.equal(clock.pending, 0)
  const first = await world.stream('/stream')
  await first.wait(1)
  const second = await world.stream('/stream')
  t.equal((await second.wait(1))[0]?.event, 'snapshot', 'at once, not after a second')
  t.equal(world.control.taken, 1)
  await clock.advanceAsync(1000)
  await clock.advanceAsync(1000)
  for (const stream of [first, second]) t.strictSame((await stream.wait(3)).map(({ event, data }) => [event, JSON.parse(data).at]), [['snapshot', 0], ['snapshot', 1000], ['snapshot', 2000]])
  t.equal(world.control.taken, 3, 'each is taken once')
  world.control.events.add('panic', 'now')
  t.match((await first.wait(4))[3], { event: 'change', id: '0-1' })
  first.leave()
  second.leave()
  await eventually(() => clock.pending === 0)
  await clock.advanceAsync(5000)
  t.equal(world.control.taken, 3)
  const third = await world.stream('/stream')
  await third.wait(2)
  t.equal(world.control.taken, 4)
  third.leave()
})

t.test('a change brings the next snapshot forward, but many changes bring only one', async t => {
  const clock = new VirtualClock()
  const world = await startAdmin(t, { clock })
  const stream = await world.stream('/stream')
  await stream.wait(1)
  await clock.advanceAsync(500)
  for (let i = 0; i < 20; i++) world.control.events.add('down', 'one of many')
  await clock.advanceAsync(200)
  t.equal(world.control.taken, 2)
  const kinds = (await stream.wait(22)).map(({ event }) => event)
  t.equal(kinds.filter(event => event === 'snapshot').length, 2)
  await clock.advanceAsync(999)
  t.equal(world.control.taken, 2, 'then a second passes again')
  await clock.advanceAsync(1)
  t.equal(world.control.taken, 3)
  stream.leave()
  await eventually(() => clock.pending === 0)
  world.control.events.add('down', 'for nobody')
  t.equal(clock.pending, 0)
})

t.test('a snapshot that fails is told once, and the next one comes', async t => {
  const clock = new VirtualClock()
  const world = await startAdmin(t, { clock })
  world.control.broken = new Error('no')
  const stream = await world.stream('/stream')
  await eventually(() => world.control.taken === 1)
  await clock.advanceAsync(2000)
  t.equal(world.log.named('no snapshot could be taken').length, 1)
  world.control.broken = null
  await clock.advanceAsync(1000)
  t.equal((await stream.wait(1)).length, 1)
  stream.leave()
})

t.test('heartbeats show that a silent stream stands, and nothing is left of it', async t => {
  const clock = new VirtualClock()
  const world = await startAdmin(t, { clock })
  const { events } = world.control
  const listen = events.listen.bind(events)
  let listeners = 0
  events.listen = listener => {
    const stop = listen(listener)
    listeners++
    return () => { listeners--; stop() }
  }
  const stream = await world.stream('/events')
  t.equal(listeners, 1)
  await clock.advanceAsync(15_000)
  await stream.until(() => stream.heartbeats === 1)
  stream.leave()
  await eventually(() => clock.pending === 0)
  t.equal(listeners, 0, 'nothing is left of one that has gone')
})

t.test('a client that does not read is dropped when too much waits for it; others go on', async t => {
  const world = await startAdmin(t)
  const { events } = world.control
  const lazy = await lazyStream(t, world)
  const reader = await world.stream('/events')
  let sent = 0
  while (!lazy.dropped()) {
    events.add('up', 'x'.repeat(300_000))
    await reader.wait(++sent)
    if (sent > 200) break
  }
  t.ok(sent <= 200, 'it did not go on for ever')
  t.equal(reader.ended, false)
  reader.leave()
})

t.test('a client that reads nothing for two heartbeats is dropped', async t => {
  const clock = new VirtualClock()
  const world = await startAdmin(t, { clock })
  const lazy = await lazyStream(t, world)
  world.control.events.add('up', 'x'.repeat(20_000_000))
  await clock.advanceAsync(15_000)
  t.equal(lazy.dropped(), false)
  await clock.advanceAsync(15_000)
  await eventually(() => lazy.dropped())
  t.equal(clock.pending, 0)
})

t.test('streams are bounded', async t => {
  const world = await startAdmin(t, { clock: new VirtualClock() })
  const streams = []
  for (let i = 0; i < 64; i++) streams.push(await world.stream('/events'))
  t.match((await world.ask('/stream')).json, { status: 503, code: 'too_many_streams' })
  t.equal((await world.ask('/events')).status, 200, 'who asks only once is no stream')
  for (const stream of streams) stream.leave()
  let again = await world.stream('/events')
  while (again.response.statusCode !== 200) again = await world.stream('/events')
  again.leave()
})

t.test('clients that never read do not keep their places', async t => {
  const clock = new VirtualClock()
  const world = await startAdmin(t, { clock })
  const lazy: Array<Awaited<ReturnType<typeof lazyStream>>> = []
  for (let i = 0; i < 64; i++) lazy.push(await lazyStream(t, world, '/stream'))
  await clock.advanceAsync(14_999)
  t.match((await world.ask('/stream')).json, { status: 503, code: 'too_many_streams' }, 'not at once: nor would they leave places to each other')
  await clock.advanceAsync(1)
  t.equal((await world.ask('/stream', { method: 'HEAD' })).status, 200, 'who wants no stream takes no place')
  t.notOk(lazy.some(({ dropped }) => dropped()))
  const stream = await world.stream('/stream')
  await stream.wait(1)
  await eventually(() => lazy[0]?.dropped() === true)
  t.equal(lazy.filter(({ dropped }) => dropped()).length, 1, 'only one had to go')
  stream.leave()
})

t.test('one that is seen not to read gives its place before an older one that reads', async t => {
  const clock = new VirtualClock()
  const world = await startAdmin(t, { clock })
  const oldest = await world.stream('/events')
  const lazy = await lazyStream(t, world)
  world.control.events.add('up', 'x'.repeat(20_000_000))
  await oldest.wait(1)
  const streams = [oldest]
  for (let i = 0; i < 62; i++) streams.push(await world.stream('/events?since=1'))
  await clock.advanceAsync(15_000)
  t.equal(lazy.dropped(), false)
  streams.push(await world.stream('/events?since=1'))
  await eventually(() => lazy.dropped())
  world.control.events.add('up', 'second')
  t.equal((await oldest.wait(2)).length, 2)
  for (const stream of streams) stream.leave()
})

t.test('closing ends streams and does not wait for idle or half-sent requests', async t => {
  const clock = new VirtualClock()
  const world = await startAdmin(t, { clock })
  const stream = await world.stream('/stream')
  const half = await connect(t, world.port)
  half.send('GET /pools HTTP/1.1\r\nHos')
  const idle = await connect(t, world.port)
  await idle.request(['GET /livez HTTP/1.1', 'Host: localhost']).response()
  const closed = world.listener.close()
  await stream.until(() => stream.ended)
  await idle.end()
  await clock.advanceAsync(1000)
  await closed
  await half.end()
  t.equal(world.listener.server.listening, false)
  t.equal(clock.pending, 0)
})

t.test('whatever is sent, the answer is one of ours', async t => {
  const world = await startAdmin(t)
  // No connection is closed as idle while the next request is on its way.
  world.listener.server.keepAliveTimeout = 600_000
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  t.teardown(() => { agent.destroy() })
  const segment = fc.oneof(fc.constantFrom('pools', 'api', 'targets', 'events', 'assets', '..', '.', '%2e%2e', '%00', '10.0.0.1:3000'), fc.webPath())
  const request = fc.record({
    method: fc.constantFrom('GET', 'PUT', 'POST', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS'),
    path: fc.array(segment, { maxLength: 5 }).map(segments => `/${segments.join('/')}`),
    body: fc.oneof(fc.json(), fc.string(), fc.record({ state: fc.anything(), weight: fc.anything() }).map(value => JSON.stringify(value) ?? ''), fc.constant(undefined))
  })
  await t.resolves(fc.assert(fc.asyncProperty(request, async ({ method, path, body }) => {
    const sent = http.request({
      host: '127.0.0.1', port: world.port, method, path, agent, headers: { ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }) }
    })
    sent.end(body)
    const [response] = await once(sent, 'response') as [http.IncomingMessage]
    let text = ''
    for await (const chunk of response) text += String(chunk)
    const { statusCode = 0, headers } = response
    if (statusCode === 500) return false
    if (statusCode < 400 || method === 'HEAD') return true
    return headers['content-type'] === 'application/problem+json' && JSON.parse(text).status === statusCode
  }), { numRuns: 300 }))
})

/** The parts that a test uses most. */
function bound (world: Awaited<ReturnType<typeof startAdmin>>): { control: typeof world.control, ask: typeof world.ask } {
  return { control: world.control, ask: (path, asked) => world.ask(path, asked) }
}

/** A client that asks for events and then reads nothing. */
async function lazyStream (t: { teardown (fn: () => void): void }, world: Awaited<ReturnType<typeof startAdmin>>, path = '/events'): Promise<{ dropped (): boolean }> {
  let dropped = false
  world.listener.server.once('request', (_request, response) => { response.once('close', () => { dropped = true }) })
  const socket = net.connect(world.port, '127.0.0.1')
  t.teardown(() => { socket.destroy() })
  socket.on('error', () => {})
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n`)
  // The head has come: from now on nothing is read.
  await once(socket, 'readable')
  return { dropped: () => dropped }
}
