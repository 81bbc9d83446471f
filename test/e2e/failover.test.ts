import t from 'tap'
import { connect, get } from '../fixtures/client.js'
import { startBackendProcess } from '../fixtures/backend-process.js'
import { eventually } from '../fixtures/proxy.js'
import { startProgram } from '../fixtures/program.js'

const CLIENTS = 50

for (const [name, healthCheck] of [['with health checks', { interval: '200ms', timeout: '20s' }], ['by failed traffic alone', false]] as const) {
  t.test(`kill -9 of one of three backends under ${CLIENTS} clients is not seen by any of them, ${name}`, async t => {
    const backends = await Promise.all(['a', 'b', 'c'].map(name => startBackendProcess(t, name)))
    const program = await startProgram(t, { log: { level: 'warn' }, pools: { api: { strategy: 'round-robin', targets: backends.map(({ url }) => url), healthCheck } } })
    const served = new Map<string, number>()
    let bad = 0
    const run = { going: true }
    const worker = async (): Promise<void> => {
      const client = await connect(t, program.port)
      while (run.going) {
        const { status, body } = await client.get('/').response()
        if (status < 200 || status > 299) bad++
        else served.set(body, (served.get(body) ?? 0) + 1)
      }
      client.leave()
    }
    const workers = Promise.all(Array.from({ length: CLIENTS }, worker))
    const total = (): number => [...served.values()].reduce((sum, count) => sum + count, 0)
    const under = (condition: () => boolean): Promise<void> => eventually(condition, () => `${total()} answers: ${JSON.stringify([...served])}`, 60_000)
    await under(() => total() > 1000 && served.size === 3)
    await backends[1]?.kill()
    const before = served.get('b') ?? 0
    const atKill = total()
    await under(() => total() > atKill + 2000)
    await backends[1]?.start()
    if (healthCheck !== false) await under(() => (served.get('b') ?? 0) > before + 10)
    run.going = false
    // A socket error of any client rejects here.
    await workers
    t.equal(bad, 0)
    t.equal((await get(t, program.port)).status, 200)
    t.same(await program.stop(), { code: 0, signal: null })
    t.equal(program.stderr, '')
  })
}
