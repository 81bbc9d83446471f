import { rename, writeFile } from 'node:fs/promises'
import t, { type Test } from 'tap'
import { behaviours, startBackend } from '../fixtures/backend.js'
import { connect, type Client } from '../fixtures/client.js'
import { startCrew } from '../fixtures/crew.js'
import { eventually } from '../fixtures/proxy.js'
import { pids, restart, startRestartable, stopAll } from '../fixtures/restarts.js'

/** As many as are asked for by `npm run restarts`; the tests make do with a few. */
const RESTARTS = Number(process.env['RESTARTS'] ?? 3)
const RELOADS = Number(process.env['RELOADS'] ?? 12)

const BODY = 'x'.repeat(2000)

function pause (ms: number): Promise<void> {
  return new Promise(resolve => { setTimeout(resolve, ms) })
}

/** Clients that never try a request again: some busy, some that connect anew for each request, some that are idle most of the time. */
function startLoad (t: Test, port: number) {
  const failed: string[] = []
  let answered = 0
  const state = { over: false }
  const ask = async (client: Client): Promise<boolean> => {
    const { status, body, header } = await client.get('/').response()
    answered++
    if (status !== 200 || body !== BODY) failed.push(`${status}, ${body.length} bytes`)
    return header('connection') !== 'close'
  }
  /** @param think ms between two requests. @param most requests on one connection. */
  const worker = async (think: () => number, most: number): Promise<void> => {
    while (!state.over) {
      try {
        const client = await connect(t, port)
        for (let i = 0; i < most && await ask(client) && !state.over; i++) await pause(think())
        client.leave()
      } catch (error) {
        failed.push(String(error))
      }
    }
  }
  const workers = [
    ...Array.from({ length: 6 }, () => worker(() => 4, Infinity)),
    ...Array.from({ length: 2 }, () => worker(() => 8, 1)),
    ...Array.from({ length: 8 }, () => worker(() => 1000 * Math.random(), Infinity))
  ]
  return {
    failed,
    get answered () { return answered },
    end: async (): Promise<void> => {
      state.over = true
      await Promise.all(workers)
    }
  }
}

for (const workers of [1, 2]) {
  t.test(`${RESTARTS} restarts under load, ${workers === 1 ? 'one process' : `${workers} workers`}: no request fails, though no client tries one again`, async t => {
    const backend = await startBackend(t, behaviours.ok({ body: BODY }))
    const program = await startRestartable(t, backend, { log: { access: false }, workers, timeouts: { drain: '1m' } })
    const load = startLoad(t, program.port)
    for (let i = 0; i < RESTARTS; i++) {
      await restart(program)
      const before = load.answered
      await eventually(() => load.answered > before + 20, () => 'it is served', 30_000)
    }
    await load.end()
    t.strictSame(load.failed, [])
    t.ok(load.answered > 20 * RESTARTS)
    t.comment(`${workers} workers: ${load.answered} requests, ${load.failed.length} failed, ${pids(program).length - 1} restarts`)
    await stopAll(program)
    t.equal(program.named('draining').length, RESTARTS + 1)
    t.equal(program.stderr, '')
  })
}

t.test(`${RELOADS} reloads under load with 2 workers, with a backend killed in between: no request fails`, async t => {
  const backends = await Promise.all(Array.from({ length: 3 }, () => startBackend(t, behaviours.ok({ body: BODY }))))
  const urls = backends.map(({ url }) => url)
  const config = (i: number): object => ({
    listen: { host: '127.0.0.1', port: 0 },
    admin: { port: 0 },
    workers: 2,
    log: { access: false },
    pools: {
      api: {
        targets: urls.slice(0, i % 3 === 0 ? 2 : 3).map((url, j) => ({ url, weight: 1 + (i + j) % 3 })),
        strategy: ['round-robin', 'least-connections', 'peak-ewma', 'random'][i % 4],
        healthCheck: { path: '/', interval: '100ms', timeout: '1m' }
      }
    }
  })
  const { program, file } = await startCrew(t, config(0))
  const load = startLoad(t, program.port)
  for (let i = 1; i <= RELOADS; i++) {
    if (i === Math.ceil(RELOADS / 3)) await backends[2]?.close()
    await writeFile(`${file}.new`, JSON.stringify(config(i)))
    await rename(`${file}.new`, file)
    const before = load.answered
    program.kill('SIGHUP')
    await program.until(() => program.named('config reloaded').length === i)
    await eventually(() => load.answered > before + 10, () => 'it is served', 30_000)
  }
  await load.end()
  t.strictSame(load.failed, [])
  t.comment(`${load.answered} requests, ${load.failed.length} failed, ${RELOADS} reloads`)
  t.equal(program.named('config not reloaded: the one before goes on').length, 0)
  t.same(await program.stop(), { code: 0, signal: null })
})
