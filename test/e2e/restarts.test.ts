import t from 'tap'
import { behaviours, startBackend } from '../fixtures/backend.js'
import { connect, type Client } from '../fixtures/client.js'
import { eventually } from '../fixtures/proxy.js'
import { pids, restart, startRestartable, stopAll } from '../fixtures/restarts.js'

function pause (ms: number): Promise<void> {
  return new Promise(resolve => { setTimeout(resolve, ms) })
}

/** As many as are asked for by `npm run restarts`; the tests make do with a few. */
const RESTARTS = Number(process.env['RESTARTS'] ?? 5)

t.test(`${RESTARTS} restarts under load: no request fails, though no client tries one again`, async t => {
  const backend = await startBackend(t, behaviours.ok({ body: 'x'.repeat(2000) }))
  const program = await startRestartable(t, backend, { log: { access: false }, timeouts: { drain: '4s' } })
  const { port } = program
  const failed: string[] = []
  let answered = 0
  const state = { over: false }
  const ask = async (client: Client): Promise<boolean> => {
    const { status, body, header } = await client.get('/').response()
    answered++
    if (status !== 200 || body.length !== 2000) failed.push(`${status}, ${body.length} bytes`)
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
  for (let i = 0; i < RESTARTS; i++) {
    await restart(program)
    const before = answered
    await eventually(() => answered > before + 20, () => 'it is served', 30_000)
  }
  state.over = true
  await Promise.all(workers)
  t.strictSame(failed, [])
  t.ok(answered > 20 * RESTARTS)
  t.comment(`${answered} requests, ${failed.length} failed, ${pids(program).length - 1} restarts`)
  await stopAll(program)
  t.equal(program.named('draining').length, RESTARTS + 1)
  t.equal(program.stderr, '')
})
