import { readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { behaviours, startBackend } from '../fixtures/backend.js'
import { connect, exchange, get } from '../fixtures/client.js'
import { directory } from '../fixtures/directory.js'
import { configFile, runProgram } from '../fixtures/program.js'
import { eventually } from '../fixtures/proxy.js'
import { endSuccessors, restart, startRestartable, stopAll } from '../fixtures/restarts.js'

t.test('a config that can not be had: the old process goes on, and says why', async t => {
  const backend = await startBackend(t)
  const file = await configFile(t, { listen: { host: '127.0.0.1', port: 0 }, timeouts: { drain: '1s' }, pools: { api: { targets: [backend.url] } } })
  const program = runProgram(t, ['--config', file])
  endSuccessors(t, program)
  await program.until(() => program.addresses.length === 1)
  const { port } = program
  const idle = await connect(t, port)
  await writeFile(file, JSON.stringify({ pools: { api: { targets: ['nonsense'] } } }))
  program.kill('SIGUSR2')
  await program.until(() => program.named('not handed over: this process goes on').length === 1)
  t.match(program.named('not handed over: this process goes on'), [{ reason: /^pools\.api\.targets\[0\]: / }])
  // Another pipe, which may be read later.
  await program.until(() => /targets\[0\]/.test(program.stderr))
  t.equal((await idle.get('/').response()).header('connection'), 'keep-alive')
  await writeFile(file, JSON.stringify({ listen: { host: '127.0.0.1', port: backend.port }, pools: { api: { targets: [backend.url] } } }))
  program.kill('SIGUSR2')
  await program.until(() => program.named('not handed over: this process goes on').length === 2)
  t.match(program.named('not handed over: this process goes on')[1], { reason: /EADDRINUSE/ })
  t.equal((await get(t, port)).status, 200)
  await writeFile(file, JSON.stringify({ listen: { host: '127.0.0.1', port: 0 }, pools: { api: { targets: [backend.url] } } }))
  await restart(program)
  t.equal((await get(t, port)).status, 200, 'the third one has it')
  await stopAll(program)
})

t.test('one handover at a time, and a process that is told to stop hands nothing over', async t => {
  const backend = await startBackend(t)
  // The new process does not listen before it knows how its targets are.
  const silent = await startBackend(t, 'hang')
  const file = await configFile(t, { listen: { host: '127.0.0.1', port: 0 }, pools: { api: { targets: [backend.url] } } })
  const program = runProgram(t, ['--config', file])
  endSuccessors(t, program)
  await program.until(() => program.addresses.length === 1)
  await writeFile(file, JSON.stringify({ listen: { host: '127.0.0.1', port: 0 }, pools: { api: { targets: [silent.url], healthCheck: { type: 'http', path: '/', timeout: '1h', interval: '1h' } } } }))
  program.kill('SIGUSR2')
  await silent.until(() => silent.requests.length === 1)
  program.kill('SIGUSR2')
  await program.until(() => program.named('handover ignored: one is under way').length === 1)
  t.equal((await get(t, program.port)).status, 200)
  t.same(await program.stop(), { code: 0, signal: null }, 'nobody is left who could hold its output')
  t.equal(program.named('handed over').length, 0)
})

t.test('sockets that the new config does not want are closed, others are opened', async t => {
  const backend = await startBackend(t)
  const pools = { api: { targets: [backend.url] } }
  const path = join(await directory(t), 'proxy.sock')
  const file = await configFile(t, { listen: [{ host: '127.0.0.1', port: 0 }, { path }], pools })
  const program = runProgram(t, ['--config', file])
  endSuccessors(t, program)
  await program.until(() => program.addresses.length === 2)
  const { port } = program
  await writeFile(file, JSON.stringify({ listen: [{ path }, { host: '127.0.0.1', port: 0 }], pools }))
  await restart(program)
  // Each process writes its lines in its own time.
  await program.until(() => program.addresses.length === 4)
  const [, , first, second] = program.addresses
  t.equal(first, `unix:${path}`)
  t.not(second, `http://127.0.0.1:${port}`, 'the free port of the second place is another than that of the first')
  await program.until(() => program.named('drained').length === 1)
  await t.rejects(connect(t, port), { code: 'ECONNREFUSED' })
  t.equal((await get(t, path)).status, 200)
  t.equal((await get(t, Number(new URL(second ?? '').port))).status, 200)
  await stopAll(program)
})

t.test('a Unix socket outlives the process that has made it, and ends with the last one', async t => {
  const backend = await startBackend(t)
  const path = join(await directory(t), 'proxy.sock')
  const program = await startRestartable(t, backend, { listen: { path } })
  const { ino } = await stat(path)
  for (let i = 1; i <= 2; i++) {
    await restart(program)
    await program.until(() => program.named('drained').length === i)
    t.equal((await stat(path)).ino, ino)
    t.equal((await get(t, path)).status, 200)
  }
  await stopAll(program)
  await t.rejects(stat(path), { code: 'ENOENT' })
})

t.test('a handover that fails leaves the files of Unix sockets to the process that goes on, and the one that takes its place removes them in the end', async t => {
  const backend = await startBackend(t)
  const pools = { api: { targets: [backend.url] } }
  const folder = await directory(t)
  const [path, admin] = [join(folder, 'proxy.sock'), { path: join(folder, 'admin.sock') }]
  const config = (listen: readonly object[]) => ({ listen, admin, pools })
  const file = await configFile(t, config([{ path }]))
  const program = runProgram(t, ['--config', file])
  endSuccessors(t, program)
  await program.until(() => program.named('admin listening').length === 1)
  const served = async () => [(await get(t, path)).status, (await exchange(t, admin.path, ['GET /livez HTTP/1.1', 'Host: any.example'])).status]
  await writeFile(file, JSON.stringify(config([{ path }, { host: '127.0.0.1', port: backend.port }])))
  program.kill('SIGUSR2')
  await program.until(() => program.named('not handed over: this process goes on').length === 1)
  t.match(program.named('not handed over: this process goes on'), [{ reason: /EADDRINUSE/ }])
  t.strictSame((await readdir(folder)).sort(), ['admin.sock', 'proxy.sock'])
  t.strictSame(await served(), [200, 200])
  await writeFile(file, JSON.stringify(config([{ path }])))
  await restart(program)
  await program.until(() => program.named('drained').length === 1)
  t.strictSame(await served(), [200, 200])
  await stopAll(program)
  t.strictSame(await readdir(folder), [])
})

t.test('the file of a Unix socket that the new process does not want is removed', async t => {
  const backend = await startBackend(t)
  const pools = { api: { targets: [backend.url] } }
  const folder = await directory(t)
  const [kept, given] = [{ path: join(folder, 'kept.sock') }, { path: join(folder, 'given.sock') }]
  const file = await configFile(t, { listen: [kept, given], admin: { path: join(folder, 'admin.sock') }, pools })
  const program = runProgram(t, ['--config', file])
  endSuccessors(t, program)
  await program.until(() => program.named('admin listening').length === 1)
  await writeFile(file, JSON.stringify({ listen: [kept], pools }))
  await restart(program)
  await program.until(() => program.named('drained').length === 1)
  t.strictSame(await readdir(folder), ['kept.sock'])
  t.equal((await get(t, kept.path)).status, 200)
  await stopAll(program)
  t.strictSame(await readdir(folder), [])
})

t.test('a WebSocket on the old process lives on; a request under way is finished; a silent connection is told', async t => {
  const release: Array<() => void> = []
  const upgrade = behaviours.upgrade()
  const backend = await startBackend(t, {
    onRequest: reply => {
      if (reply.request.url === '/tunnel') upgrade.onRequest?.(reply)
      else if (reply.request.url === '/slow') release.push(() => { reply.answer({ body: 'late' }) })
      else reply.answer({ body: 'ok' })
    }
  })
  const program = await startRestartable(t, backend, { timeouts: { drain: '1h' } })
  const tunnel = (await connect(t, program.port)).get('/tunnel', 'Connection: Upgrade', 'Upgrade: echo')
  t.equal((await tunnel.response()).status, 101)
  const [silent, idle, busy] = [await connect(t, program.port), await connect(t, program.port), await connect(t, program.port)]
  await idle.get('/').response()
  busy.get('/slow')
  await eventually(() => release.length === 1)
  await restart(program)
  for (const client of [silent, idle]) {
    const response = await client.get('/').response()
    t.equal(response.status, 200)
    t.equal(response.header('connection'), 'close', 'it is told')
    await client.end()
  }
  release[0]?.()
  t.match(await busy.response(), { status: 200, body: 'late' })
  tunnel.send('still here')
  await tunnel.until(() => tunnel.received === 'still here')
  t.equal((await get(t, program.port)).status, 200)
  t.equal(program.named('drained').length, 0)
  tunnel.leave()
  await program.until(() => program.named('drained').length === 1)
  await stopAll(program)
})

t.test('at the deadline a WebSocket on the old process is cut', async t => {
  const backend = await startBackend(t, behaviours.upgrade())
  const program = await startRestartable(t, backend, { timeouts: { drain: '1s' } })
  const tunnel = (await connect(t, program.port)).get('/', 'Connection: Upgrade', 'Upgrade: echo')
  t.equal((await tunnel.response()).status, 101)
  await restart(program)
  await tunnel.end()
  await program.until(() => program.lines.some(({ msg }) => msg.startsWith('drained:')))
  t.match(program.lines.find(({ msg }) => msg.startsWith('drained:')), { cut: 1 })
  await stopAll(program)
})

t.test('a connection that stays silent does not keep the old process', async t => {
  const backend = await startBackend(t)
  const program = await startRestartable(t, backend, { timeouts: { drain: '8s' } })
  const [silent, idle] = [await connect(t, program.port), await connect(t, program.port)]
  await idle.get('/').response()
  await restart(program)
  await Promise.all([silent.end(), idle.end()])
  await program.until(() => program.named('drained').length === 1)
  t.equal((await get(t, program.port)).status, 200)
  await stopAll(program)
})

t.test('the admin listener goes over, too', async t => {
  const backend = await startBackend(t)
  const path = join(await directory(t), 'admin.sock')
  for (const admin of [{ host: '127.0.0.1', port: 0 }, { path }]) {
    const program = await startRestartable(t, backend, { admin })
    await program.until(() => program.named('admin listening').length === 1)
    const at = 'path' in admin ? path : Number(new URL(String(program.named('admin listening')[0]?.['address'])).port)
    const live = async (): Promise<number> => (await exchange(t, at, ['GET /livez HTTP/1.1', `Host: ${'path' in admin ? 'any.example' : '127.0.0.1'}`])).status
    t.equal(await live(), 200)
    await restart(program)
    await program.until(() => program.named('drained').length === 1)
    t.equal(await live(), 200)
    await stopAll(program)
  }
  await t.rejects(stat(path), { code: 'ENOENT' })
})
