import { rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { behaviours, startBackend } from '../fixtures/backend.js'
import { connect, get, type Client } from '../fixtures/client.js'
import { runs, startCrew } from '../fixtures/crew.js'
import { directory } from '../fixtures/directory.js'
import { configFile, runProgram, type Program } from '../fixtures/program.js'
import { eventually } from '../fixtures/proxy.js'
import { rawRequest } from '../fixtures/raw-client.js'

t.test('connections go to the worker with the fewest; each target is probed once; limits are those of all workers together', async t => {
  const began = performance.now()
  const backend = await startBackend(t)
  const crew = await startCrew(t, { pools: { api: { targets: [backend.url], maxConnections: 5, queue: { max: 0 }, healthCheck: { path: '/health', interval: '100ms', timeout: '1m', jitter: 0 } } } })
  const { program, port } = crew
  const clients = await Promise.all(Array.from({ length: 12 }, () => connect(t, port)))
  for (const [i, client] of clients.entries()) t.equal((await client.get(`/${i}`).response()).status, 200)
  t.strictSame((await crew.workers()).map(({ connections }) => connections), [6, 6])
  clients[0]?.leave()
  clients[1]?.leave()
  await program.until(() => program.named('request').length === 12)
  t.strictSame([crew.requests(1).length, crew.requests(2).length], [6, 6])
  t.equal(new Set(program.named('request').map(({ pid }) => pid)).size, 2, 'each worker writes its own lines')

  await backend.until(() => backend.requests.filter(({ url }) => url === '/health').length >= 12)
  const probes = backend.requests.filter(({ url }) => url === '/health').length
  t.ok(probes <= (performance.now() - began) / 100 + 1, `${probes} probes in ${performance.now() - began} ms`)

  backend.behave({ onRequest: reply => { if (reply.request.url === '/health') reply.answer() } })
  for (const client of clients.slice(2)) client.get('/limited')
  const limited = (): number => backend.requests.filter(({ url }) => url === '/limited').length
  await program.until(() => program.named('request').filter(({ status }) => status === 503).length === 5)
  await backend.until(() => limited() >= 5)
  t.equal(limited(), 5)
  const { pools, processes } = await crew.snapshot()
  t.match(pools, [{ inflight: 5, maxConnections: 5, queue: { refused: 5 }, targets: [{ requests: 17, state: 'up' }] }])
  t.strictSame(processes.map(({ role }) => role), ['primary', 'worker', 'worker'])
  backend.behave('ok')
  for (const client of clients) client.leave()

  const draining = await startBackend(t, behaviours.ok({ headers: ['Headrace-Backend', 'draining'], body: 'ok' }))
  await rewrite(crew.file, { targets: [{ url: backend.url, weight: 0 }, draining.url], healthCheck: { type: 'tcp', interval: '1h', timeout: '1m' } })
  program.kill('SIGHUP')
  await program.until(() => program.named('config reloaded').length === 1)
  t.equal((await get(t, port, '/last')).status, 200)
  await program.until(() => program.named('target is down').length === 1)
  t.match(program.named('target is down'), [{ target: draining.url, reason: 'the target is draining', pid: program.pid }])
  await rewrite(crew.file, { targets: [backend.url, draining.url], healthCheck: { type: 'tcp', interval: '1h', timeout: '1m' } })
  program.kill('SIGHUP')
  await program.until(() => program.named('config reloaded').length === 2)
  for (let i = 0; i < 4; i++) await get(t, port, '/other')
  t.equal(draining.requests.filter(({ url }) => url === '/other').length, 0, 'what one worker has heard holds for all')
  t.same(await program.stop(), { code: 0, signal: null })
})

t.test('kill -9 of a worker under load: only its own connections are lost, and it is replaced', async t => {
  const backend = await startBackend(t, behaviours.ok({ body: 'x'.repeat(500) }))
  const crew = await startCrew(t, { timeouts: { queue: '1m' }, pools: { api: { targets: [backend.url] } } })
  const { program, port } = crew
  const load = { over: false }
  const lost: string[] = []
  let answered = 0
  const keeps = async (name: string): Promise<void> => {
    let client: Client | null = null
    while (!load.over) {
      client ??= await connect(t, port)
      try {
        const { status } = await client.get(name).response()
        if (status !== 200) lost.push(`${name}: ${status}`)
        answered++
      } catch {
        lost.push(name)
        client = null
      }
    }
    client?.leave()
  }
  const connects = async (): Promise<void> => {
    while (!load.over) {
      const client = await connect(t, port)
      await client.get('/short', 'Connection: close').response().catch(() => { lost.push('/short') })
      client.leave()
      answered++
    }
  }
  const clients = [...Array.from({ length: 20 }, (_, i) => keeps(`/kept-${i}`)), ...Array.from({ length: 4 }, connects)]
  await eventually(() => answered > 400)
  const kept = (lines: ReturnType<Program['named']>): Set<string> => new Set(lines.map(({ path }) => String(path)).filter(path => path.startsWith('/kept')))
  // Until it is known of all whose they are: the log comes later than the answers.
  await program.until(() => kept(program.named('request')).size === 20)
  const ofFirst = kept(crew.requests(1))
  const [first] = await crew.workers()
  // For a moment nobody is there who could replace it.
  program.kill('SIGSTOP')
  process.kill(first?.pid ?? 0, 'SIGKILL')
  const before = answered
  await eventually(() => answered > before + 100, () => `the other one serves meanwhile: ${answered - before} answers`)
  program.kill('SIGCONT')
  await program.until(() => program.named('worker has died').length === 1)
  t.match(program.named('worker has died'), [{ worker: 1, workerPid: first?.pid, how: 'SIGKILL' }])
  await program.until(() => program.named('worker has started').length === 1)
  const again = program.named('worker has started')[0]?.['workerPid']
  await program.until(() => crew.requests(1).some(({ pid }) => pid === again))
  load.over = true
  await Promise.all(clients)
  const lostKept = lost.filter(name => name !== '/short')
  const short = lost.length - lostKept.length
  t.comment(`${answered} answered; lost: ${lostKept.length} of ${ofFirst.size} kept connections of the dead worker, ${short} of at most 4 short ones`)
  t.strictSame(lostKept.sort(), [...ofFirst].sort(), 'all connections of the dead worker, and no other')
  t.ok(short <= 4, 'no more than were under way')
  t.equal((await crew.snapshot()).workerRestarts, 1)

  for (const { pid } of await crew.workers()) process.kill(pid, 'SIGKILL')
  const waiting = await Promise.all(Array.from({ length: 6 }, () => get(t, port, '/patient')))
  t.strictSame(waiting.map(({ status }) => status), [200, 200, 200, 200, 200, 200], 'when all are dead, connections wait for one')
  await program.until(() => program.named('worker has died').length >= 3)
  t.equal(program.named('worker has died').length, 3)
  t.same(await program.stop(), { code: 0, signal: null })
})

t.test('a worker that hangs is replaced; a reload waits for that and succeeds; what the dead have counted stays counted', async t => {
  const backend = await startBackend(t)
  const crew = await startCrew(t, { pools: { api: { targets: [backend.url] } } })
  const { program, port } = crew
  const clients = await Promise.all(Array.from({ length: 4 }, () => connect(t, port)))
  for (let i = 0; i < 20; i++) for (const client of clients) t.equal((await client.get('/').response()).status, 200)
  const requests = async () => {
    const { pools: [pool], routes: [route] } = await crew.snapshot()
    return [pool?.targets[0]?.requests, route?.requests.reduce((sum, { count }) => sum + count, 0)]
  }
  // One that has nothing to say within a second is counted as it was known last, so at first not at all.
  const untilRequests = (count: number): Promise<void> => eventually(async () => (await requests()).every(each => each === count), () => `${count} requests`)
  await untilRequests(80)
  const [first, second] = await crew.workers()
  process.kill(first?.pid ?? 0, 'SIGSTOP')
  t.strictSame(await requests(), [80, 80], 'it does not answer, but what it last said is known')
  const admin = String(program.named('admin listening')[0]?.['address'])
  const ready = async () => (await fetch(`${admin}/readyz`)).status
  t.equal(await ready(), 200, 'the other one serves')
  process.kill(second?.pid ?? 0, 'SIGSTOP')
  await eventually(async () => await ready() === 503)
  process.kill(second?.pid ?? 0, 'SIGCONT')
  await eventually(async () => await ready() === 200)
  program.kill('SIGHUP')
  await program.until(() => program.named('config reloaded').length === 1)
  t.match(program.named('worker has died'), [{ worker: 1, workerPid: first?.pid, how: /hung/ }])
  await program.until(() => program.named('worker has started').length === 1)
  t.notOk(runs(first?.pid ?? 0))
  t.strictSame(await requests(), [80, 80])
  for (const client of clients) client.leave()
  t.equal((await get(t, port, '/')).status, 200)
  await untilRequests(81)
  t.match(program.named('worker has died'), [{ worker: 1, workerPid: first?.pid, how: /hung/ }], 'and nobody else')
  t.same(await program.stop(), { code: 0, signal: null })
})

t.test('a reload is for all workers or for none', async t => {
  const [first, second] = [await startBackend(t, behaviours.ok({ body: 'first' })), await startBackend(t, behaviours.ok({ body: 'second' }))]
  const folder = await directory(t)
  const module = join(folder, 'choosy.cjs')
  await writeFile(module, 'if (require("node:cluster").worker?.id === 2) throw new Error("not in this process"); module.exports = targets => targets[0]')
  const healthCheck = { type: 'tcp', interval: '1h', timeout: '1m' }
  const crew = await startCrew(t, { pools: { api: { targets: [first.url], healthCheck } } })
  const { program, port } = crew
  const clients = await Promise.all(Array.from({ length: 4 }, () => connect(t, port)))
  const bodies = async () => await Promise.all(clients.map(async client => (await client.get('/').response()).body))
  t.strictSame(await bodies(), ['first', 'first', 'first', 'first'])

  await rewrite(crew.file, { targets: [second.url], strategy: { module } })
  program.kill('SIGHUP')
  await program.until(() => program.named('config not reloaded: the one before goes on').length === 1)
  t.match(program.named('config not reloaded: the one before goes on'), [{ faults: [{ message: /not in this process/ }] }])
  t.strictSame(await bodies(), ['first', 'first', 'first', 'first'])

  await rewrite(crew.file, { targets: [second.url], healthCheck, whenAllDown: 'fail' })
  program.kill('SIGHUP')
  await program.until(() => program.named('config reloaded').length === 1)
  t.strictSame(await bodies(), ['second', 'second', 'second', 'second'], 'a target that joins serves from the first moment on')

  await rewrite(crew.file, { targets: [second.url] }, { workers: 3 })
  program.kill('SIGHUP')
  await program.until(() => program.named('config not reloaded: the one before goes on').length === 2)
  t.match(program.named('config not reloaded: the one before goes on')[1], { faults: [{ path: 'workers' }] })

  const [worker] = await crew.workers()
  process.kill(worker?.pid ?? 0, 'SIGKILL')
  await program.until(() => program.named('worker has started').length === 1)
  const fresh = await Promise.all(Array.from({ length: 8 }, () => get(t, port, '/')))
  t.ok(fresh.every(({ body }) => body === 'second'), 'one that is forked later has the config of the others')

  // A target that an admin drains gets nothing from any worker.
  const admin = String(program.named('admin listening')[0]?.['address'])
  const put = await fetch(`${admin}/pools/api/targets/${encodeURIComponent(second.url)}`, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: '{"state":"drain"}' })
  t.equal(put.status, 200)
  t.strictSame((await Promise.all(Array.from({ length: 4 }, () => get(t, port, '/')))).map(({ status }) => status), [503, 503, 503, 503])
  for (const client of clients) client.leave()
  t.same(await program.stop(), { code: 0, signal: null })
})

t.test('a second signal cuts in all workers; the first one waits', async t => {
  const backend = await startBackend(t, 'hang')
  const crew = await startCrew(t, { timeouts: { drain: '1h' }, pools: { api: { targets: [backend.url] } } })
  const { program, port } = crew
  const clients = await Promise.all(Array.from({ length: 4 }, async () => (await connect(t, port)).get('/')))
  await backend.until(() => backend.requests.length === 4)
  program.kill('SIGTERM')
  await program.until(() => program.named('draining').length === 1)
  t.same(await program.stop('SIGTERM'), { code: 0, signal: null })
  for (const client of clients) t.equal(await client.end(), '')
  t.equal(program.lines.find(({ msg }) => msg.startsWith('cutting'))?.['cut'], 4)
})

t.test('the primary is killed: workers finish what they have and end by themselves', async t => {
  let release = (): void => {}
  const backend = await startBackend(t, behaviours.slow(new Promise(resolve => { release = resolve })))
  const crew = await startCrew(t, { pools: { api: { targets: [backend.url] } } })
  const { program, port } = crew
  const clients = await Promise.all(Array.from({ length: 2 }, async () => (await connect(t, port)).get('/slow')))
  await backend.until(() => backend.requests.length === 2)
  const pids = (await crew.workers()).map(({ pid }) => pid)
  program.kill('SIGKILL')
  await program.until(() => program.named('the primary process is gone: draining').length === 2)
  release()
  for (const client of clients) t.equal((await client.response()).body, 'late')
  await eventually(() => !pids.some(runs))
})

t.test('all that clients do goes through a worker: tunnels, half-closed sides, Unix sockets, slow heads, idle connections; and Ctrl-C lets it end', async t => {
  const backend = await startBackend(t, behaviours.upgrade())
  const path = join(await directory(t), 'front.sock')
  const crew = await startCrew(t, {
    listen: [{ host: '127.0.0.1', port: 0 }, { path }],
    timeouts: { clientHeaders: '3s', clientKeepAlive: '500ms' },
    pools: { api: { targets: [backend.url] } }
  })
  const { program, port } = crew
  const slow = await connect(t, port)
  slow.send('GET / HTTP/1.1\r\nHost: a\r\n')
  const tunnel = (await connect(t, port)).get('/', 'Connection: Upgrade', 'Upgrade: echo')
  t.equal((await tunnel.response()).status, 101)
  tunnel.send('there and back')
  await tunnel.until(() => tunnel.received === 'there and back')
  tunnel.socket.end()
  await tunnel.end()

  backend.behave('ok')
  t.match(await rawRequest(port, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', { end: true }), /^$/, 'a client that closes its side has left, as in one process')
  t.equal((await get(t, path, '/')).status, 200)
  const idle = await connect(t, path)
  t.equal((await idle.get('/').response()).status, 200)
  t.equal(await idle.end(), '', 'idle for too long')
  t.match(await slow.end(), /^HTTP\/1\.1 408 /)

  let release = (): void => {}
  backend.behave(behaviours.slow(new Promise(resolve => { release = resolve })))
  const asked = backend.requests.length
  const clients = await Promise.all(Array.from({ length: 4 }, async () => (await connect(t, port)).get('/slow')))
  await backend.until(() => backend.requests.length === asked + 4)
  const pids = [...(await crew.workers()).map(({ pid }) => pid), program.pid]
  // As a terminal does to all processes of its foreground group.
  for (const pid of pids) process.kill(pid, 'SIGINT')
  await program.until(() => program.named('draining').length === 1)
  release()
  for (const client of clients) {
    const response = await client.response()
    t.equal(response.body, 'late')
    t.equal(response.header('connection'), 'close')
  }
  t.same(await program.exited, { code: 0, signal: null })
  t.notOk(pids.some(runs))
  t.equal(program.named('request').filter(line => line['path'] === '/slow').length, 4, 'the last lines of the workers are written')
  t.equal(program.named('worker has died').length, 0)
})

t.test('a config that a worker can not run ends the program', async t => {
  const folder = await directory(t)
  const module = join(folder, 'choosy.cjs')
  await writeFile(module, 'if (require("node:cluster").isWorker) throw new Error("not in a worker"); module.exports = targets => targets[0]')
  const program = runProgram(t, ['--config', await configFile(t, { listen: { port: 0 }, workers: 2, pools: { api: { targets: ['http://127.0.0.1:1'], strategy: { module } } } })])
  t.match(await program.exited, { code: 2 })
  t.match(program.stderr, /not in a worker/)
})

/** Replaces the pool of a config file, and keys beside it. */
async function rewrite (file: string, api: object, more: object = {}): Promise<void> {
  await writeFile(`${file}.new`, JSON.stringify({ listen: { host: '127.0.0.1', port: 0 }, admin: { port: 0 }, workers: 2, pools: { api }, ...more }))
  await rename(`${file}.new`, file)
}
