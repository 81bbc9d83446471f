import t from 'tap'
import { behaviours, startBackend, type Backend, type Behaviour } from '../fixtures/backend.js'
import { connect, statuses, type Client } from '../fixtures/client.js'
import { startProgram, type Program } from '../fixtures/program.js'
import { duringAttack, othersAreServed } from './other-clients.js'

const MB = 1024 ** 2
/** `HEADRACE_TEST_FULL=1` holds 5,000 connections open; by default it is fewer, to keep the run short. */
const IDLE = process.env['HEADRACE_TEST_FULL'] === undefined ? 1000 : 5000

interface Teardown { teardown (fn: () => Promise<void> | void): void }

async function start (t: Teardown, behaviour: Behaviour = behaviours.ok(), timeouts: object = {}): Promise<{ backend: Backend, program: Program }> {
  const backend = await startBackend(t, behaviour)
  const program = await startProgram(t, { log: { level: 'error' }, timeouts, pools: { api: { targets: [backend.url], healthCheck: false } } })
  return { backend, program }
}

async function connections (t: Teardown, program: Program, count: number): Promise<Client[]> {
  const clients: Client[] = []
  // As many at once as a listening socket lets wait.
  for (let left = count; left > 0; left -= 100) {
    clients.push(...await Promise.all(Array.from({ length: Math.min(100, left) }, () => connect(t, program.port))))
  }
  return clients
}

t.test(`${IDLE} idle connections: silent ones, and ones that have had an answer`, async t => {
  const { program } = await start(t, behaviours.ok(), { clientHeaders: '5m', clientKeepAlive: '5m' })
  await othersAreServed(t, program.port)
  const before = program.rss
  let clients: Client[] = []
  await duringAttack(t, program.port, `${IDLE} idle connections`, async () => {
    clients = await connections(t, program, IDLE)
    const used = clients.filter((_, i) => i % 2 === 0)
    for (const client of used) client.get('/once')
    for (const client of used) t.equal((await client.response()).status, 200)
  })
  t.comment(`memory for each: ${Math.round((program.rss - before) / IDLE / 1024)} kB`)
  t.ok(clients.every(({ ending }) => ending === 'open'), 'they are let be')
  const again = clients.filter((_, i) => i % 10 === 0)
  for (const client of again) client.get('/again')
  for (const client of again) t.equal((await client.response()).status, 200, 'and may ask again')
  for (const client of clients) client.leave()
  await othersAreServed(t, program.port)
})

t.test('header floods by size: 431, the connection is closed, nothing reaches the target', async t => {
  const { backend, program } = await start(t)
  await duringAttack(t, program.port, 'header floods', async () => {
    const many = await connections(t, program, 100)
    for (const [i, client] of many.entries()) {
      const flood = i % 2 === 0 ? `X: ${'y'.repeat(MB)}\r\n` : 'X-Field: value\r\n'.repeat(65_536)
      client.send(`GET /flood HTTP/1.1\r\nHost: a\r\n${flood}\r\n`)
    }
    for (const client of many) {
      const received = await client.end()
      // Whoever still sends when the connection closes may lose the answer to a reset.
      t.ok(received === '' || received.startsWith('HTTP/1.1 431 '), received.slice(0, 20))
      t.ok(statuses(received).length <= 1, 'one answer at most')
    }
  })
  t.notOk(backend.requests.some(({ url }) => url === '/flood'))
})

t.test('request targets of 100,000 bytes: 431 or 414, the connection is closed, nothing reaches the target', async t => {
  const { backend, program } = await start(t)
  await duringAttack(t, program.port, 'long targets', async () => {
    const many = await connections(t, program, 100)
    for (const client of many) client.get(`/long${'x'.repeat(100_000)}`)
    for (const client of many) t.match(await client.end(), /^(?:HTTP\/1\.1 4(?:31|14) [^]*)?$/)
  })
  t.notOk(backend.requests.some(({ url }) => url.startsWith('/long')))
})

t.test('a flood of pipelined requests whose answers nobody reads: it is answered in order, once they are', async t => {
  const count = 2000
  // The client has nothing to say until all others have been served for a while.
  const { program } = await start(t, behaviours.echo(), { clientHeaders: '5m' })
  const client = await connect(t, program.port)
  await duringAttack(t, program.port, `${count} pipelined requests`, async () => {
    client.socket.pause()
    for (let i = 0; i < count; i++) client.send(`POST /flood HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n${String(i).padStart(5, '0')}`)
  })
  client.socket.resume()
  await client.until(() => client.received.endsWith(`\r\n\r\n${String(count - 1).padStart(5, '0')}`))
  const bodies = [...client.received.matchAll(/\r\n\r\n(\d{5})/g)].map(([, body]) => Number(body))
  t.same(bodies, Array.from({ length: count }, (_, i) => i), 'each has its own answer, in its turn')
  client.leave()
})

t.test('200 clients that abandon downloads: each ends at the target too', async t => {
  const download = behaviours.download(64 * MB)
  const quick = behaviours.ok()
  const { backend, program } = await start(t, {
    onRequest: reply => { (reply.request.url === '/download' ? download : quick).onRequest?.(reply) }
  })
  const downloads = (): Backend['requests'] => backend.requests.filter(({ url }) => url === '/download')
  await duringAttack(t, program.port, '200 abandoned downloads', async () => {
    const clients = await connections(t, program, 200)
    for (const client of clients) {
      client.countOnly().socket.once('data', () => { client.socket.pause() })
      client.get('/download')
    }
    for (const [i, client] of clients.entries()) {
      await client.until(() => client.bytes > 0)
      client.leave(i % 2 === 0)
    }
  })
  await backend.until(() => downloads().length === 200 && downloads().every(({ aborted }) => aborted))
  t.ok(downloads().every(({ aborted }) => aborted), 'the target sees every one of its connections closed')
  await othersAreServed(t, program.port)
})
