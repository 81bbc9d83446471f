import { execFileSync } from 'node:child_process'
import { rename, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { WebSocket, WebSocketServer } from 'ws'
import { stablePort } from '../../bench/chaos/ports.js'
import { systemRandom } from '../../src/base/random.js'
import { loadConfig } from '../../src/index.js'
import { behaviours, startBackend } from '../fixtures/backend.js'
import { connect, get } from '../fixtures/client.js'
import { closedPort } from '../fixtures/closed-port.js'
import { directory } from '../fixtures/directory.js'
import { configFile, runProgram } from '../fixtures/program.js'
import { eventually, startTestProxy } from '../fixtures/proxy.js'
import { endSuccessors, stopAll } from '../fixtures/restarts.js'

/** A config as its tests write it, resolved. */
function config (targets: ReadonlyArray<string | object>, more: { readonly pool?: object, readonly top?: object, readonly routes?: readonly object[] } = {}) {
  return loadConfig({
    listen: { host: '127.0.0.1', port: 0 },
    pools: { main: { targets, ...more.pool } },
    routes: more.routes ?? [{ prefix: '/', pool: 'main' }],
    ...more.top
  })
}

async function closedUrl (t: Test): Promise<string> {
  return `http://127.0.0.1:${await closedPort(t)}`
}

t.test('targets change at once: what is under way on one that is gone ends, what is new goes to the others', async t => {
  const leaving = await startBackend(t, 'hang')
  const joining = await startBackend(t)
  const proxy = await startTestProxy(t, [leaving.url])
  const open = (await connect(t, proxy.port)).get('/first')
  await leaving.until(() => leaving.requests.length === 1)
  const port = proxy.port
  t.strictSame(await proxy.running.reload(config([joining.url])), [`pool main: removes 1 target (${leaving.url})`, `pool main: adds 1 target (${joining.url})`])
  t.equal(proxy.port, port, 'the address is the one before')
  for (let i = 0; i < 3; i++) t.equal((await get(t, port, '/')).status, 200)
  t.equal(joining.requests.length, 3)
  t.equal(leaving.requests.length, 1)
  open.leave()
  t.match(await proxy.log.wait('target has drained'), [{ target: leaving.url }])
})

t.test('survivors keep their counts and their verdicts, whatever else changes', async t => {
  const [dead, busy] = [{ url: await closedUrl(t) }, await startBackend(t, 'hang')]
  const healthCheck = { type: 'tcp', interval: '50ms', timeout: '1m', fall: 1 }
  const proxy = await startTestProxy(t, [dead.url, busy.url], { pool: { healthCheck } })
  const targets = () => proxy.running.pools.get('main')?.pool.targets ?? []
  const before = targets()
  const open = (await connect(t, proxy.port)).get('/')
  await busy.until(() => busy.requests.length === 1)
  await proxy.running.reload(config([dead.url, { url: busy.url, weight: 3 }], { pool: { strategy: 'least-connections', healthCheck: { ...healthCheck, interval: '1h' } } }))
  t.strictSame(targets().map(({ id }) => id), before.map(({ id }) => id))
  t.ok(targets().every((target, i) => target === before[i]))
  t.strictSame(targets().map(({ healthy }) => healthy), [false, true])
  t.strictSame(targets().map(({ inflight }) => inflight), [0, 1])
  t.equal(targets()[1]?.weight, 3)
  await proxy.running.reload(config([dead.url, busy.url]))
  t.strictSame(targets().map(({ vetoedBy }) => vetoedBy), [[], []], 'without a check nobody is down by it')
  open.leave()
})

t.test('a health check that comes with a reload does not take out who has served until now; a new target is probed before it serves', async t => {
  const [old, dead] = [await startBackend(t), { url: await closedUrl(t) }]
  const proxy = await startTestProxy(t, [old.url], { pool: { whenAllDown: 'fail' } })
  await proxy.running.reload(config([old.url, dead.url], { pool: { whenAllDown: 'fail', healthCheck: { type: 'tcp', interval: '1h', timeout: '1m', fall: 1 } } }))
  t.strictSame(proxy.running.pools.get('main')?.pool.eligible.map(({ url }) => url), [old.url])
  const fresh = await startBackend(t)
  await proxy.running.reload(config([fresh.url], { pool: { whenAllDown: 'fail', healthCheck: { type: 'tcp', interval: '1h', timeout: '1m', fall: 1 } } }))
  t.equal((await get(t, proxy.port, '/')).status, 200, 'it serves from the first moment on')
})

t.test('pools and routes come and go; a WebSocket on a surviving target lives on', async t => {
  const sockets = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  t.teardown(async () => { await new Promise<void>(resolve => { sockets.close(() => { resolve() }) }) })
  sockets.on('connection', socket => { socket.on('message', message => { socket.send(`echo ${String(message)}`) }) })
  await new Promise(resolve => { sockets.once('listening', resolve) })
  const address = sockets.address()
  const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
  const other = await startBackend(t)
  const proxy = await startTestProxy(t, [url])
  const client = new WebSocket(`ws://127.0.0.1:${proxy.port}/chat`)
  await new Promise(resolve => { client.once('open', resolve) })
  await proxy.running.reload(config([url], {
    top: { pools: { main: { targets: [url] }, api: { targets: [other.url] } } },
    routes: [{ prefix: '/api', pool: 'api' }, { prefix: '/', pool: 'main' }]
  }))
  t.equal((await get(t, proxy.port, '/api')).status, 200)
  client.send('hello')
  t.equal(await new Promise(resolve => { client.once('message', message => { resolve(String(message)) }) }), 'echo hello')
  await proxy.running.reload(config([url]))
  t.notOk(proxy.running.pools.has('api'))
  client.send('again')
  t.equal(await new Promise(resolve => { client.once('message', message => { resolve(String(message)) }) }), 'echo again')
  client.close()
  await proxy.untilInflight(0)
})

t.test('a pool that comes with a reload is watched and logged like any other', async t => {
  const [one, two] = [await startBackend(t), await startBackend(t)]
  const proxy = await startTestProxy(t, [one.url])
  await proxy.running.reload(config([one.url], {
    top: { pools: { main: { targets: [one.url] }, api: { targets: [two.url, { url: one.url, drain: true }], healthCheck: { type: 'tcp', interval: '50ms', timeout: '1m', fall: 1 } } } }
  }))
  t.match(await proxy.log.wait('target is up', 2), [{ pool: 'api' }, { pool: 'api' }])
  await two.close()
  t.match(await proxy.log.wait('target is down'), [{ pool: 'api' }])
})

t.test('what is found of a target before it joins is told like all that is found later', async t => {
  const [one, two] = [await startBackend(t), await startBackend(t)]
  const dead = `http://127.0.0.1:${await closedPort(t)}`
  const healthCheck = { type: 'tcp', interval: '1h', timeout: '1m' }
  const proxy = await startTestProxy(t, [one.url], { pool: { healthCheck }, config: { admin: { port: 0 } } })
  await proxy.log.wait('target is up')
  await proxy.running.reload(config([], { top: { admin: { port: 0 }, pools: { main: { targets: [one.url, two.url, dead], healthCheck } } } }))
  t.match((await proxy.log.wait('target is up', 2))[1], { pool: 'main', target: two.url })
  t.match(await proxy.log.wait('target is down'), [{ pool: 'main', target: dead, reason: /ECONNREFUSED/ }])
  const ask = async (path: string): Promise<unknown> => await (await fetch(new URL(path, proxy.running.adminAddress ?? ''))).json()
  t.match(await ask('/pools/main'), { targets: [{ state: 'up' }, { state: 'up', lastCheck: { passed: true } }, { state: 'down', lastCheck: { passed: false, reason: /ECONNREFUSED/ } }] })
  t.match(await ask('/events?since=0'), { events: [{ kind: 'up', target: one.url }, {}, { kind: 'up', target: two.url }, { kind: 'down', target: dead }] })
})

t.test('a config that can not be had changes nothing', async t => {
  const backend = await startBackend(t)
  const occupied = Number(new URL(backend.url).port)
  const proxy = await startTestProxy(t, [backend.url])
  const { running } = proxy
  const before = [running.config, running.addresses, [...running.pools.keys()]]
  await t.rejects(running.reload(config(['http://127.0.0.1:1'], { top: { listen: { host: '127.0.0.1', port: occupied } } })), { code: 'EADDRINUSE' })
  t.strictSame([running.config, running.addresses, [...running.pools.keys()]], before)
  t.equal((await get(t, proxy.port, '/')).status, 200)
})

t.test('addresses and limits on clients change', async t => {
  const backend = await startBackend(t)
  const proxy = await startTestProxy(t, [backend.url])
  const old = proxy.port
  const idle = await connect(t, old)
  await idle.get('/').response()
  const free = await stablePort(systemRandom)
  await proxy.running.reload(config([backend.url], { top: { listen: { host: '127.0.0.1', port: free }, timeouts: { clientKeepAlive: '0s' } } }))
  t.strictSame(proxy.running.addresses, [`http://127.0.0.1:${free}`])
  const response = await get(t, free, '/')
  t.equal(response.status, 200)
  t.equal(response.header('connection'), 'close')
  await t.rejects(connect(t, old), { code: 'ECONNREFUSED' })
})

t.test('connections of an address that a reload removes are served on, and told to close', async t => {
  const release: Array<() => void> = []
  const backend = await startBackend(t, {
    onRequest: reply => {
      if (reply.request.url === '/slow') release.push(() => { reply.answer({ body: 'late' }) })
      else reply.answer({ body: 'ok' })
    }
  })
  const proxy = await startTestProxy(t, [backend.url])
  const { port } = proxy
  const [idle, silent, busy] = [await connect(t, port), await connect(t, port), await connect(t, port)]
  await idle.get('/').response()
  busy.get('/slow')
  await eventually(() => release.length === 1)
  const path = join(await directory(t), 'proxy.sock')
  await proxy.running.reload(config([backend.url], { top: { listen: { path } } }))
  await t.rejects(connect(t, port), { code: 'ECONNREFUSED' })
  release[0]?.()
  t.match(await busy.response(), { status: 200, body: 'late' })
  for (const client of [idle, silent, busy]) {
    const response = await client.get('/').response()
    t.equal(response.status, 200)
    t.equal(response.header('connection'), 'close', 'it is told')
    await client.end()
  }
  t.equal((await get(t, path, '/')).header('connection'), 'keep-alive')
})

t.test('a reload in between loses no request: 100 of them under load, with a backend killed', async t => {
  const backends = [await startBackend(t, behaviours.ok({ body: 'x'.repeat(2000) })), await startBackend(t), await startBackend(t)]
  const pool = { healthCheck: { type: 'tcp', interval: '100ms', timeout: '1m', fall: 1, rise: 1 } }
  const urls = backends.map(({ url }) => url)
  const proxy = await startTestProxy(t, urls, { pool, config: { log: { access: false } } })
  const load = { over: false }
  const bad: number[] = []
  let answered = 0
  const worker = async (): Promise<void> => {
    const client = await connect(t, proxy.port)
    while (!load.over) {
      const { status } = await client.get('/').response()
      answered++
      if (status !== 200) bad.push(status)
    }
    client.leave()
  }
  const workers = Array.from({ length: 8 }, worker)
  const strategies = ['round-robin', 'least-connections', 'peak-ewma', 'random']
  for (let i = 0; i < 100; i++) {
    if (i === 30) await backends[2]?.close()
    const targets = urls.slice(0, i % 3 === 0 ? 2 : 3).map((url, j) => ({ url, weight: 1 + (i + j) % 3 }))
    await proxy.running.reload(config(targets, { pool: { ...pool, strategy: strategies[i % 4] }, top: { log: { access: false } } }))
    await eventually(() => answered >= 10 * (i + 1))
  }
  load.over = true
  await Promise.all(workers)
  t.strictSame(bad, [])
  t.ok(answered >= 1000)
})

t.test('what is put in the place of the file and is none, or is too long to be a config, is refused unread: requests go on', async t => {
  const backend = await startBackend(t)
  const file = await configFile(t, { listen: { host: '127.0.0.1', port: 0 }, pools: { api: { targets: [backend.url] } } })
  const program = runProgram(t, ['--config', file])
  await program.until(() => program.addresses.length === 1)
  const refused = (): unknown => program.named('config not reloaded: the one before goes on').at(-1)
  await rm(file)
  execFileSync('mkfifo', [file])
  program.kill('SIGHUP')
  await program.until(() => program.named('config not reloaded: the one before goes on').length === 1)
  t.match(refused(), { faults: [{ message: /cannot read ".*": it is no file$/ }] })
  t.equal((await get(t, program.port, '/')).status, 200)
  await rm(file)
  await writeFile(file, '')
  await truncate(file, 300_000_000)
  program.kill('SIGHUP')
  await program.until(() => program.named('config not reloaded: the one before goes on').length === 2)
  t.match(refused(), { faults: [{ message: /it has 300000000 bytes, more than 16000000$/ }] })
  t.equal((await get(t, program.port, '/')).status, 200)
})

t.test('the program: SIGHUP and a changed file; a bad file is reported with its faults and changes nothing', async t => {
  const [first, second] = [await startBackend(t), await startBackend(t)]
  const file = join(await directory(t), 'config.json')
  const write = async (content: unknown): Promise<void> => {
    await writeFile(`${file}.new`, typeof content === 'string' ? content : JSON.stringify(content))
    await rename(`${file}.new`, file)
  }
  const listen = { host: '127.0.0.1', port: 0 }
  await write({ listen, pools: { api: { targets: [first.url] } } })
  const program = runProgram(t, ['--config', file])
  await program.until(() => program.addresses.length === 1)
  const { port } = program
  t.equal((await get(t, port, '/')).status, 200)
  t.equal(first.requests.length, 1)

  await write({ listen, watch: true, pools: { api: { targets: [second.url], strategy: 'random' } } })
  program.kill('SIGHUP')
  await program.until(() => program.named('config reloaded').length === 1)
  t.match(program.named('config reloaded'), [{ cause: 'SIGHUP', changes: ['pool api: removes 1 target', 'pool api: adds 1 target', 'changes the strategy from round-robin to random', 'changes watch from false to true'].map(text => new RegExp(text)) }])
  await get(t, port, '/')
  t.equal(second.requests.length, 1)

  await write({ listen, pools: { api: { targets: ['nonsense'], strategi: 1 } } })
  await program.until(() => program.named('config not reloaded: the one before goes on').length === 1)
  t.match(program.named('config not reloaded: the one before goes on'), [{ faults: [{ path: 'pools.api.strategi' }, { path: 'pools.api.targets[0]' }] }])
  t.equal((await get(t, port, '/')).status, 200)
  t.equal(second.requests.length, 2)

  await write({ listen, pools: { api: { targets: [first.url] } } })
  await program.until(() => program.named('config reloaded').length === 2)
  await get(t, port, '/')
  t.equal(first.requests.length, 2)
  await eventually(() => program.exit === null)
  program.kill('SIGTERM')
  t.same(await program.exited, { code: 0, signal: null })
})

t.test('the file is watched as the config says, whoever has asked for the reload that changes it, and wherever a link leads', async t => {
  const [first, second] = [await startBackend(t), await startBackend(t)]
  const releases = t.testdir({ one: {}, two: {}, three: {} })
  const release = async (name: string, watch: boolean, { url }: { readonly url: string }): Promise<void> => {
    await writeFile(join(releases, name, 'config.json'), JSON.stringify({ listen: { host: '127.0.0.1', port: 0 }, admin: { port: 0 }, watch, pools: { api: { targets: [url] } } }))
    await symlink(join(releases, name), join(releases, 'next'))
    await rename(join(releases, 'next'), join(releases, 'current'))
  }
  await release('one', false, first)
  const program = runProgram(t, ['--config', join(releases, 'current', 'config.json')])
  await program.until(() => program.named('admin listening').length === 1)
  await release('two', true, first)
  const admin = String(program.named('admin listening')[0]?.['address'])
  t.match(await (await fetch(`${admin}/reload`, { method: 'POST' })).json(), { changes: ['changes watch from false to true'] })
  await release('three', true, second)
  await program.until(() => program.named('config reloaded').length === 2)
  t.match(program.named('config reloaded'), [{ cause: 'the admin API' }, { cause: 'the file has changed' }])
  await get(t, program.port, '/')
  t.equal(second.requests.length, 1)
  t.same(await program.stop(), { code: 0, signal: null })
})

for (const workers of [1, 2]) {
  t.test(`the log begins when a reload takes it out of silence, and again; workers: ${workers}`, async t => {
    const backend = await startBackend(t)
    const configAt = (level: string) => ({ listen: { host: '127.0.0.1', port: 0 }, admin: { port: 0 }, workers, log: { level }, pools: { api: { targets: [backend.url] } } })
    const file = await configFile(t, configAt('silent'))
    const program = runProgram(t, ['--config', file])
    await program.until(() => program.named('admin listening').length === 1 && program.addresses.length === 1)
    const reload = async (level: string): Promise<void> => {
      await writeFile(file, JSON.stringify(configAt(level)))
      t.equal((await fetch(`${String(program.named('admin listening')[0]?.['address'])}/reload`, { method: 'POST' })).status, 200)
    }
    await get(t, program.port, '/unheard')
    await reload('info')
    await get(t, program.port, '/first')
    await program.until(() => program.named('request').length === 1)
    await reload('silent')
    await get(t, program.port, '/unheard')
    await reload('info')
    await get(t, program.port, '/second')
    await program.until(() => program.named('request').length === 2)
    t.strictSame(program.named('request').map(({ path }) => path), ['/first', '/second'])
    t.same(await program.stop(), { code: 0, signal: null })
  })
}

t.test('a SIGHUP while the program starts is made up for when it serves', async t => {
  let answer = (): void => {}
  const backend = await startBackend(t, behaviours.slow(new Promise(resolve => { answer = resolve })))
  const config = { listen: { host: '127.0.0.1', port: 0 }, pools: { api: { targets: [backend.url], healthCheck: { type: 'http', path: '/', interval: '1h', timeout: '1h' } } } }
  const file = await configFile(t, config)
  const program = runProgram(t, ['--config', file])
  await backend.until(() => backend.requests.length === 1)
  await writeFile(file, JSON.stringify({ ...config, zone: 'here' }))
  program.kill('SIGHUP')
  answer()
  await program.until(() => program.named('config reloaded').length === 1)
  t.match(program.named('config reloaded'), [{ cause: 'SIGHUP', changes: [/zone/] }])
  t.same(await program.stop(), { code: 0, signal: null })
})

t.test('a SIGHUP to a process whose successor starts is for that one too: it may have read the file already', async t => {
  let answer = (): void => {}
  const [quick, slow] = [await startBackend(t), await startBackend(t, behaviours.slow(new Promise(resolve => { answer = resolve })))]
  const config = { listen: { host: '127.0.0.1', port: 0 }, pools: { api: { targets: [quick.url] } } }
  const file = await configFile(t, config)
  const program = runProgram(t, ['--config', file])
  endSuccessors(t, program)
  await program.until(() => program.addresses.length === 1)
  await writeFile(file, JSON.stringify({ ...config, pools: { api: { targets: [slow.url], healthCheck: { type: 'http', path: '/', interval: '1h', timeout: '1h' } } } }))
  program.kill('SIGUSR2')
  await slow.until(() => slow.requests.length === 1)
  await writeFile(file, JSON.stringify({ ...config, zone: 'here' }))
  program.kill('SIGHUP')
  await program.until(() => program.named('config reloaded').length === 1)
  answer()
  // The two processes write to one pipe, each in its own time.
  await program.until(() => program.named('config reloaded').length === 2 && program.named('handed over').length === 1)
  const [old, successor] = program.named('config reloaded').map(({ pid }) => Number(pid))
  t.equal(old, program.pid)
  t.equal(successor, program.named('handed over')[0]?.['successor'])
  t.match(program.named('config reloaded')[1], { cause: 'SIGHUP', changes: [/removes 1 target/, /adds 1 target/] })
  await stopAll(program)
})
