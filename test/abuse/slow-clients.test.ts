import { writeSync } from 'node:fs'
import type net from 'node:net'
import t from 'tap'
import { behaviours, startBackend, type Backend, type Behaviour } from '../fixtures/backend.js'
import { connect, type Client } from '../fixtures/client.js'
import { startProgram, type Program } from '../fixtures/program.js'
import { duringAttack } from './other-clients.js'

const ATTACKERS = 200
/** Their unread bytes fill the buffers of both systems: megabytes for each. */
const SLOW_READERS = 50
const MB = 1024 ** 2
/** How often, in ms, a slow client gives or takes a little. */
const DRIP = 100

interface Teardown { teardown (fn: () => Promise<void> | void): void }

async function start (t: Teardown, behaviour: Behaviour, timeouts: object): Promise<{ backend: Backend, program: Program }> {
  const backend = await startBackend(t, behaviour)
  const program = await startProgram(t, {
    log: { level: 'warn' },
    timeouts,
    pools: { api: { targets: [backend.url], healthCheck: false } }
  })
  return { backend, program }
}

/** Many clients that send `first`, and then `drip` again and again for as long as they are let. */
async function dripping (t: Teardown, program: Program, first: string, drip: string): Promise<Client[]> {
  const clients = await Promise.all(Array.from({ length: ATTACKERS }, async () => {
    const client = await connect(t, program.port)
    // At once: whoever has sent nothing at all when its time is over gets no answer.
    client.send(first)
    return client
  }))
  const timer = setInterval(() => { for (const client of clients) if (client.ending === 'open') sendPast(client.socket, drip) }, DRIP)
  t.teardown(() => { clearInterval(timer) })
  return clients
}

/**
 * Sends a little without the stream's knowledge. If the other side has closed the connection, a write of the stream's own would end it, and with it
 * go the answer that is there but not read yet.
 */
function sendPast (socket: net.Socket, bytes: string): void {
  // What Node does not declare: the handle of a socket on a file descriptor.
  const { _handle: handle } = socket as unknown as { readonly _handle: { readonly fd: number } | null }
  if (handle === null || handle.fd < 0) return
  try {
    writeSync(handle.fd, bytes)
  } catch {
    // The connection has ended, which its reading will show.
  }
}

t.test('slow heads: each is answered 408 and let go of, the others are served', async t => {
  const { backend, program } = await start(t, behaviours.ok(), { clientHeaders: '5s', clientRequest: '5s' })
  let clients: Client[] = []
  await duringAttack(t, program.port, 'slow heads', async () => {
    clients = await dripping(t, program, 'GET /slow HTTP/1.1\r\nHost: a\r\n', 'X: y\r\n')
  })
  const received = await Promise.all(clients.map(client => client.end()))
  t.equal(received.filter(text => text.startsWith('HTTP/1.1 408 ')).length, ATTACKERS)
  t.notOk(backend.requests.some(({ url }) => url === '/slow'), 'nothing of them reaches the target')
})

t.test('slow bodies: each is let go of, at the target too, the others are served', async t => {
  const { backend, program } = await start(t, behaviours.ok(), { clientHeaders: '5s', clientRequest: '5s' })
  let clients: Client[] = []
  await duringAttack(t, program.port, 'slow bodies', async () => {
    clients = await dripping(t, program, 'POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n', 'x')
    await backend.until(() => backend.requests.filter(({ url }) => url === '/slow').length === ATTACKERS)
  })
  const received = await Promise.all(clients.map(client => client.end()))
  t.equal(received.filter(text => text.startsWith('HTTP/1.1 408 ')).length, ATTACKERS)
  const slow = backend.requests.filter(({ url }) => url === '/slow')
  await backend.until(() => slow.every(({ aborted }) => aborted))
  t.notOk(slow.some(({ complete }) => complete), 'the target takes none of them for whole')
})

t.test('slow readers: what they do not take is not kept in memory, the others are served', async t => {
  const download = behaviours.download(64 * MB)
  const quick = behaviours.ok()
  const { backend, program } = await start(t, {
    onRequest: reply => { (reply.request.url === '/slow' ? download : quick).onRequest?.(reply) }
    // They have nothing to say until all others have been served for a while.
  }, { clientHeaders: '5m' })
  const before = program.rss
  const clients = await Promise.all(Array.from({ length: SLOW_READERS }, () => connect(t, program.port)))
  await duringAttack(t, program.port, 'slow readers', async () => {
    for (const client of clients) {
      client.countOnly().socket.on('data', () => { client.socket.pause() })
      client.get('/slow')
    }
    let turn = 0
    const timer = setInterval(() => { for (let i = 0; i < SLOW_READERS / 10; i++) clients[turn++ % SLOW_READERS]?.socket.resume() }, DRIP)
    t.teardown(() => { clearInterval(timer) })
    await backend.until(() => backend.requests.filter(({ url }) => url === '/slow').length === SLOW_READERS)
    for (const client of clients) await client.until(() => client.bytes > 0)
  })
  const grown = Math.round((program.rss - before) / MB)
  t.comment(`${SLOW_READERS} slow readers of ${64 * SLOW_READERS} MB: memory grew by ${grown} MB`)
  t.ok(grown < 256, `${grown} MB`)
  for (const client of clients) client.leave()
  await backend.until(() => backend.requests.filter(({ url }) => url === '/slow').every(({ aborted }) => aborted))
})
