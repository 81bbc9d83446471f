import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fastifyPlugin from 'fastify-plugin'
import t, { type Test } from 'tap'
import { VirtualClock } from '../../src/base/virtual-clock.js'
import { startBackend, type Backend } from '../fixtures/backend.js'
import { connect, get, type ClientResponse } from '../fixtures/client.js'
import { closedPort } from '../fixtures/closed-port.js'
import { directory } from '../fixtures/directory.js'
import { runProgram, startProgram, type Program } from '../fixtures/program.js'
import { eventually, startTestProxy, type TestProxy } from '../fixtures/proxy.js'

const SECRET = 'open-sesame-0815'
const DEBUG = `Headrace-Debug: ${SECRET}`

/** Backends that each say who they are. */
async function startNamed (t: Test, names: string): Promise<Backend[]> {
  return await Promise.all([...names].map(name => startBackend(t, { onRequest: reply => { reply.answer({ body: name }) } })))
}

const urls = (backends: readonly Backend[]): string[] => backends.map(({ url }) => url)

/** Who answered each of so many requests, one after the other. */
async function answers (t: Test, port: number, count: number, ...lines: readonly string[]): Promise<string[]> {
  const client = await connect(t, port)
  const bodies: string[] = []
  while (bodies.length < count) bodies.push((await client.get('/', ...lines).response()).body)
  client.leave()
  return bodies
}

const spread = (bodies: readonly string[]): Record<string, number> => {
  const counts: Record<string, number> = {}
  for (const body of bodies) counts[body] = (counts[body] ?? 0) + 1
  return counts
}

const cookieOf = (response: ClientResponse): string => (response.header('set-cookie') ?? '').split(';')[0] ?? ''

/** What the response says of its way. */
function told (response: ClientResponse): { choices: ReadonlyArray<Record<string, unknown> & { targets: ReadonlyArray<Record<string, unknown>> }> } & Record<string, unknown> {
  const values = response.rawHeaders.filter((_, i) => i % 2 === 1 && response.rawHeaders[i - 1] === 'Headrace-Debug')
  if (values.length !== 1) throw new Error(`${values.length} fields`)
  return JSON.parse(values[0] ?? '')
}

/** A hook that sees each response and leaves it as it is. */
const sendHook = fastifyPlugin(async app => { app.addHook('onSend', async (_request, _reply, payload) => payload) })

/** The program with a config in a folder that holds modules, too. */
async function startWithModules (t: Test, config: object, modules: Readonly<Record<string, string>>): Promise<Program> {
  const folder = await directory(t)
  await writeFile(join(folder, 'config.json'), JSON.stringify({ listen: { host: '127.0.0.1', port: 0 }, ...config }))
  for (const [name, text] of Object.entries(modules)) await writeFile(join(folder, name), text)
  const program = runProgram(t, ['--config', join(folder, 'config.json')])
  await program.until(() => program.addresses.length === 1)
  return program
}

t.test('a strategy of the user\'s own, in a module beside the config file', async t => {
  const backends = await startNamed(t, 'abc')
  const program = await startWithModules(t, { pools: { main: { targets: urls(backends), strategy: { module: './by-query.mjs', options: { of: 'at=' } } } } }, {
    'by-query.mjs': `import { setTimeout } from 'node:timers'
      export default (targets, { request }, { of }) => targets[Number(request.path.split(of)[1] ?? 0)]`
  })
  for (const [at, name] of [...'abcba'].map((name): [number, string] => ['abc'.indexOf(name), name])) t.equal((await get(t, program.port, `/?at=${at}`)).body, name)
  await program.until(() => program.named('request').length === 5)
  t.strictSame(program.named('strategy failed: round-robin takes its place'), [])
})

t.test('a strategy that throws costs no request: each is served in turn, and the log says so once', async t => {
  const backends = await startNamed(t, 'abc')
  const program = await startWithModules(t, { pools: { main: { targets: urls(backends), strategy: { module: './mine.mjs' } } } }, {
    'mine.mjs': 'export default () => { throw new Error("not today") }'
  })
  t.strictSame(spread(await answers(t, program.port, 30)), { a: 10, b: 10, c: 10 })
  await program.until(() => program.named('request').length === 30)
  t.match(program.named('strategy failed: round-robin takes its place'), [{ level: 50, pool: 'main', strategy: './mine.mjs', reason: 'not today' }])
  t.equal(program.named('strategy failed: round-robin takes its place').length, 1)
})

t.test('an asynchronous strategy, one that rejects even, does not end the process', async t => {
  const backends = await startNamed(t, 'ab')
  const program = await startWithModules(t, { pools: { main: { targets: urls(backends), strategy: { module: './mine.cjs' } } } }, {
    'mine.cjs': 'module.exports = async () => { throw new Error("later") }'
  })
  t.strictSame(spread(await answers(t, program.port, 10)), { a: 5, b: 5 })
  await program.until(() => program.named('request').length === 10)
  t.match(program.named('strategy failed: round-robin takes its place'), [{ reason: 'it gave a promise: it must choose at once' }])
  t.equal(program.exit, null)
})

t.test('a module that cannot be loaded keeps the program from starting, in words', async t => {
  const folder = await directory(t)
  await writeFile(join(folder, 'config.json'), JSON.stringify({ pools: { main: { targets: ['http://127.0.0.1:1'], strategy: { module: './mine.mjs' } } } }))
  await writeFile(join(folder, 'mine.mjs'), 'throw new Error("not today")')
  const program = runProgram(t, ['--config', join(folder, 'config.json')])
  t.not((await program.exited).code, 0)
  t.match(program.stderr, 'pools.main.strategy.module: cannot load "./mine.mjs": not today')
  t.notMatch(program.stderr, / {4}at /)
})

t.test('an extension in code is guarded just so', async t => {
  const backends = await startNamed(t, 'ab')
  const proxy = await startTestProxy(t, urls(backends), {
    pool: { strategy: 'mine', healthCheck: false },
    extensions: { strategies: [{ name: 'mine', schema: {}, create: () => ({ prepare: () => { throw new Error('not today') } }) }] }
  })
  t.strictSame(spread(await answers(t, proxy.port, 10)), { a: 5, b: 5 })
  t.equal(proxy.log.named('strategy failed: round-robin takes its place').length, 1)
})

t.test('response fields of a strategy that no response may have do no harm', async t => {
  const backends = await startNamed(t, 'a')
  const fields: string[][] = [['X-A', '1'], ['X-A', 'a\r\nX-B: 2'], ['Content-Length', '0']]
  const proxy = await startTestProxy(t, urls(backends), {
    pool: { strategy: 'mine' },
    extensions: { strategies: [{ name: 'mine', schema: {}, create: () => ({ prepare: list => ({ pick: () => list[0] }), responseFields: () => fields.shift() ?? null }) }] }
  })
  t.equal((await get(t, proxy.port)).header('x-a'), '1')
  for (let i = 0; i < 3; i++) t.match(await get(t, proxy.port), { status: 200, body: 'a', head: /^((?!x-[ab]:)[^])*$/i })
})

t.test('sticky: a client stays where its cookie says, and goes elsewhere when that target has gone', async t => {
  const backends = await startNamed(t, 'abc')
  const proxy = await startTestProxy(t, urls(backends), { pool: { strategy: { name: 'sticky', secret: SECRET, strategy: 'round-robin' } } })
  const first = await get(t, proxy.port)
  t.match(first.header('set-cookie'), /^headrace=[\w-]{22}; Path=\/; HttpOnly; SameSite=Lax$/)
  const cookie = cookieOf(first)
  t.strictSame(spread(await answers(t, proxy.port, 8, `Cookie: other=1; ${cookie}`)), { [first.body]: 8 })
  t.equal((await get(t, proxy.port, '/', `Cookie: ${cookie}`)).header('set-cookie'), undefined, 'it has it already')
  t.strictSame(Object.keys(spread(await answers(t, proxy.port, 9))).sort(), ['a', 'b', 'c'], 'others take turns')
  t.equal((await get(t, proxy.port, '/', 'Cookie: headrace=forged')).status, 200)
  await backends[0]?.close()
  const next = await get(t, proxy.port, '/', `Cookie: ${cookie}`)
  t.equal(next.status, 200)
  t.not(next.body, first.body)
  t.not(cookieOf(next), cookie)
  t.strictSame(spread(await answers(t, proxy.port, 8, `Cookie: ${cookieOf(next)}`)), { [next.body]: 8 })
})

t.test('sticky: another process with the same secret honours the cookie, one with another does not', async t => {
  const backends = await startNamed(t, 'abcd')
  const config = (secret: string | string[]): object => ({ pools: { main: { targets: urls(backends), strategy: { name: 'sticky', secret } } } })
  const [one, other, stranger, heir] = await Promise.all([config(SECRET), config(SECRET), config('another-secret-of-16'), config(['the-secret-from-now-on', SECRET])].map(of => startProgram(t, of)))
  if (one === undefined || other === undefined || stranger === undefined || heir === undefined) throw new Error('four were started')
  for (let i = 0; i < 3; i++) {
    const response = await get(t, one.port)
    const cookie = cookieOf(response)
    t.strictSame(spread(await answers(t, other.port, 5, `Cookie: ${cookie}`)), { [response.body]: 5 })
    t.ok(cookieOf(await get(t, stranger.port, '/', `Cookie: ${cookie}`)), 'it gives one of its own')
    const renewed = await get(t, heir.port, '/', `Cookie: ${cookie}`)
    t.equal(renewed.body, response.body, 'an older secret counts')
    t.ok(cookieOf(renewed), 'but the cookie is signed anew')
  }
})

t.test('sticky: a client is not bound to a target that failed it', async t => {
  const proxy = await startTestProxy(t, [(await startBackend(t, 'resetBeforeHead')).url], { pool: { strategy: { name: 'sticky', secret: SECRET } } })
  const response = await get(t, proxy.port)
  t.equal(response.status, 502)
  t.equal(response.header('set-cookie'), undefined)
})

t.test('sticky: a target\'s own cookies stay, and hooks of the app see the proxy\'s', async t => {
  const backend = await startBackend(t, { onRequest: reply => { reply.answer({ headers: ['Set-Cookie', 'own=1'], body: 'a' }) } })
  for (const plugins of [[], [sendHook]]) {
    const proxy = await startTestProxy(t, [backend.url], { pool: { strategy: { name: 'sticky', secret: SECRET } }, extensions: { plugins } })
    t.match((await get(t, proxy.port)).header('set-cookie'), /^own=1, headrace=/)
  }
})

t.test('consistent-hash: the same target for the same key, by a field of the request', async t => {
  const backends = await startNamed(t, 'abcde')
  const pool = { strategy: { name: 'consistent-hash', key: 'header:x-user' } }
  const [proxy, twin] = [await startTestProxy(t, urls(backends), { pool }), await startTestProxy(t, urls(backends).reverse(), { pool })]
  const users = Array.from({ length: 30 }, (_, i) => `X-User: u${i}`)
  const homes: string[] = []
  for (const user of users) {
    const seen = spread([...await answers(t, proxy.port, 3, user), ...await answers(t, twin.port, 2, user)])
    t.equal(Object.keys(seen).length, 1, user)
    homes.push(Object.keys(seen)[0] ?? '')
  }
  t.ok(new Set(homes).size >= 4, 'not all at one')
})

t.test('a backup gets requests only while the primaries are down', async t => {
  const [a, b] = await startNamed(t, 'ab')
  const [spare] = await startNamed(t, 'x')
  if (a === undefined || b === undefined || spare === undefined) throw new Error('three were started')
  const proxy = await startTestProxy(t, [a.url, b.url, { url: spare.url, backup: true }], { pool: { healthCheck: false } })
  t.strictSame(spread(await answers(t, proxy.port, 10)), { a: 5, b: 5 })
  const pool = proxy.running.pools.get('main')?.pool
  const [first, second] = pool?.targets ?? []
  second?.judge('active', false)
  const half = spread(await answers(t, proxy.port, 40))
  t.ok((half['a'] ?? 0) > 15 && (half['x'] ?? 0) > 0, `half of the primaries bear 5/7: ${JSON.stringify(half)}`)
  first?.judge('active', false)
  t.strictSame(spread(await answers(t, proxy.port, 10)), { x: 10 })
  first?.judge('active', true)
  second?.judge('active', true)
  t.strictSame(spread(await answers(t, proxy.port, 10)), { a: 5, b: 5 })
  await a.close()
  await b.close()
  t.equal((await get(t, proxy.port)).status, 502, 'a retry goes to the other primary first')
  const served = await answers(t, proxy.port, 30)
  t.equal(served.at(-1), 'x', 'until passive health has had enough of them')
})

t.test('targets in the zone of the proxy come first', async t => {
  const backends = await startNamed(t, 'abc')
  const zones = ['eu-1', 'eu-2', 'eu-1']
  const targets = backends.map(({ url }, i) => ({ url, zone: zones[i] }))
  const started = async (zone?: string): Promise<TestProxy> => await startTestProxy(t, targets, { config: zone === undefined ? {} : { zone } })
  t.strictSame(spread(await answers(t, (await started('eu-1')).port, 10)), { a: 5, c: 5 })
  t.strictSame(spread(await answers(t, (await started('eu-2')).port, 10)), { b: 10 })
  for (const zone of ['eu-3', '', undefined]) t.strictSame(spread(await answers(t, (await started(zone)).port, 9)), { a: 3, b: 3, c: 3 }, String(zone))
  const proxy = await started('eu-2')
  proxy.running.pools.get('main')?.pool.targets[1]?.judge('active', false)
  t.strictSame(spread(await answers(t, proxy.port, 10)), { a: 5, c: 5 })
})

t.test('Headrace-Debug tells who has the secret why, and nobody else; no target sees it', async t => {
  const backends = await startNamed(t, 'ab')
  const proxy = await startTestProxy(t, urls(backends), { config: { debug: { secret: SECRET } }, pool: { strategy: 'least-connections' } })
  const response = await get(t, proxy.port, '/', DEBUG)
  const chosen = backends.find(({ requests }) => requests.length > 0)
  t.match(told(response), {
    pool: 'main', strategy: 'least-connections', choices: [{ chosen: chosen?.url, targets: backends.map(({ url }) => ({ target: url, weight: 1, inflight: 0, score: 1 })) }]
  })
  for (const lines of [[], ['Headrace-Debug: open-sesame-0816'], ['Headrace-Debug:'], [DEBUG, DEBUG], [`Headrace_Debug: ${SECRET}`]]) {
    t.notMatch((await get(t, proxy.port, '/', ...lines)).head, /headrace.debug/i, lines.join())
  }
  for (const { requests } of backends) for (const { head } of requests) t.notMatch(head, /headrace.debug|sesame/i)
  t.match(await proxy.log.request(), { explanation: { pool: 'main', strategy: 'least-connections', choices: [{ chosen: chosen?.url }] } })
  t.notOk('explanation' in await proxy.log.request(2), 'and the log, only for those')
  t.notMatch(JSON.stringify(proxy.log.lines), 'sesame')
})

t.test('without a secret in the config nobody is told; a target cannot tell in the proxy\'s name', async t => {
  const backend = await startBackend(t, { onRequest: reply => { reply.answer({ headers: ['Headrace-Debug', 'forged'], body: ['a'], trailers: ['Headrace-Debug', 'forged'] }) } })
  const proxy = await startTestProxy(t, [backend.url])
  const response = await get(t, proxy.port, '/', DEBUG)
  t.equal(response.status, 200)
  t.notMatch(response.head, /debug/i)
  t.strictSame(response.trailers, [])
  t.notMatch(backend.last.head, /debug/i)
})

t.test('also through hooks of the app, and on an upgrade', async t => {
  const config = { debug: { secret: SECRET } }
  const hooked = await startTestProxy(t, [(await startBackend(t)).url], {
    config, extensions: { plugins: [sendHook] }
  })
  t.match((await get(t, hooked.port, '/', DEBUG)).header('headrace-debug'), '"pool":"main"')
  const upgrading = await startTestProxy(t, [(await startBackend(t, 'upgrade')).url], { config })
  const client = await connect(t, upgrading.port)
  const response = await client.get('/', 'Connection: Upgrade', 'Upgrade: test', DEBUG).response()
  t.equal(response.status, 101)
  t.match(told(response), { choices: [{ targets: [{}] }] })
  client.leave()
})

t.test('a retry shows what was tried', async t => {
  const dead = `http://127.0.0.1:${await closedPort(t)}`
  const [alive] = await startNamed(t, 'a')
  const proxy = await startTestProxy(t, [dead, alive?.url ?? ''], { config: { debug: { secret: SECRET } } })
  const response = await get(t, proxy.port, '/', DEBUG)
  t.equal(response.body, 'a')
  t.match(told(response), {
    choices: [{ chosen: dead, targets: [{}, {}] }, { chosen: alive?.url, targets: [{ target: dead, excluded: ['tried'] }, { target: alive?.url }] }]
  })
})

t.test('answers of the proxy\'s own tell it, too: 502, and 503 when there is no target', async t => {
  const dead = `http://127.0.0.1:${await closedPort(t)}`
  const config = { debug: { secret: SECRET } }
  const failing = await startTestProxy(t, [dead], { config })
  const failed = await get(t, failing.port, '/', DEBUG)
  t.equal(failed.status, 502)
  t.match(told(failed), { choices: [{ chosen: dead }] })
  t.notMatch((await get(t, failing.port, '/')).head, dead.slice('http://'.length))
  const draining = await startTestProxy(t, [{ url: dead, drain: true }], { config })
  const refused = await get(t, draining.port, '/', DEBUG)
  t.equal(refused.status, 503)
  t.match(told(refused), { choices: [{ chosen: null, targets: [{ target: dead, excluded: ['admin'] }] }] })
})

t.test('a wait in the queue is told, whether it helped or not', async t => {
  const backend = await startBackend(t, 'hang')
  const config = { debug: { secret: SECRET }, timeouts: { queue: '60s' } }
  const proxy = await startTestProxy(t, [{ url: backend.url, maxConnections: 1 }], { config })
  const holder = (await connect(t, proxy.port)).get('/held')
  await backend.until(() => backend.requests.length === 1)
  const waiting = (await connect(t, proxy.port)).get('/', DEBUG)
  await eventually(() => proxy.queued === 1)
  backend.behave('ok')
  holder.leave()
  const response = await waiting.response()
  t.equal(response.status, 200)
  const [choice] = told(response).choices
  t.match(choice, { chosen: backend.url, targets: [{ excluded: ['full'], inflight: 1 }] })
  t.ok(Number(choice?.['queuedMs']) > 0)
  const clock = new VirtualClock()
  const late = await startTestProxy(t, [{ url: backend.url, maxConnections: 1 }], { clock, config: { ...config, timeouts: { queue: '50ms' } } })
  backend.behave('hang')
  const other = (await connect(t, late.port)).get('/held')
  await backend.until(() => backend.requests.some(({ url }, i) => i > 1 && url === '/held'))
  const waitingInVain = (await connect(t, late.port)).get('/', DEBUG)
  await eventually(() => late.queued === 1)
  clock.advance(75)
  const refused = await waitingInVain.response()
  t.equal(refused.status, 503)
  const [vain] = told(refused).choices
  t.match(vain, { chosen: null, targets: [{ excluded: ['full'] }] })
  t.ok(Number(vain?.['queuedMs']) >= 50)
  other.leave()
})

t.test('a pool of many targets is told in short', async t => {
  const [backend] = await startNamed(t, 'a')
  const targets = [backend?.url ?? '', ...Array.from({ length: 99 }, (_, i) => ({ url: `http://127.0.0.2:${20_000 + i}`, weight: 0 }))]
  const proxy = await startTestProxy(t, targets, { config: { debug: { secret: SECRET } }, pool: { healthCheck: false } })
  const response = await get(t, proxy.port, '/', DEBUG)
  t.ok(response.head.length < 5000, `${response.head.length} bytes`)
  t.match(told(response), { choices: [{ chosen: backend?.url, of: 100, targets: [{ target: backend?.url }] }] })
  const line = await proxy.log.request()
  t.match(line, { explanation: { choices: [{ targets: { length: 100 } }] } })
})

t.test('log.explain: each line of the access log says why', async t => {
  const backends = await startNamed(t, 'ab')
  const program = await startProgram(t, { log: { explain: true }, pools: { main: { targets: urls(backends) } } })
  const response = await get(t, program.port)
  t.notMatch(response.head, /debug/i)
  await program.until(() => program.named('request').length === 1)
  const [line] = program.named('request')
  t.match(line, { target: backends[0]?.url, explanation: { pool: 'main', strategy: 'round-robin', choices: [{ chosen: backends[0]?.url, targets: [{ inflight: 0 }, { inflight: 0 }] }] } })
})
