import { once } from 'node:events'
import net from 'node:net'
import t from 'tap'
import { connect } from '../fixtures/client.js'
import { eventually } from '../fixtures/proxy.js'
import { startAdmin, type AdminWorld } from './admin-world.js'

interface Teardown { teardown (fn: () => void): void }

t.test('silent connections do not keep a probe out', async t => {
  const world = await startAdmin(t, { token: 'a-token-that-nobody-guesses' })
  // However long it takes to make them, they are silent within the limit.
  world.listener.server.headersTimeout = world.listener.server.requestTimeout = 600_000
  const silent = await many(t, world, 256)
  t.equal((await world.ask('/livez')).status, 200)
  await eventually(() => silent.some(socket => socket.destroyed))
  t.equal(silent.filter(socket => socket.destroyed).length, 1, 'only one had to go')
  t.ok(silent[0]?.destroyed, 'the one that has been silent for longest')
})

t.test('who asks goes on, and so do streams', async t => {
  const world = await startAdmin(t)
  // However long the others take.
  const { server } = world.listener
  server.headersTimeout = server.requestTimeout = server.keepAliveTimeout = 600_000
  const stream = await world.stream('/events')
  t.teardown(() => { stream.leave() })
  const asking = await connect(t, world.port)
  const ask = async (): Promise<number> => (await asking.request(['GET /livez HTTP/1.1', 'Host: localhost']).response()).status
  await ask()
  await many(t, world, 250)
  t.equal(await ask(), 200)
  await many(t, world, 200)
  t.equal(await ask(), 200)
  world.control.events.add('up', 'still there')
  t.equal((await stream.wait(1)).length, 1)
  t.equal(await connections(world), 256)
})

t.test('a silent connection is closed soon after the limit', async t => {
  const world = await startAdmin(t)
  const client = await connect(t, world.port)
  // Node looks at the limit only now and then: by default less often than this test waits.
  world.listener.server.headersTimeout = 1
  await client.end()
  t.equal(await connections(world), 0)
})

t.test('a refused connection does not stay until its client ends it', async t => {
  const world = await startAdmin(t)
  let closed = false
  world.listener.server.once('connection', accepted => { accepted.once('close', () => { closed = true }) })
  const socket = net.connect({ port: world.port, host: '127.0.0.1', allowHalfOpen: true })
  t.teardown(() => { socket.destroy() })
  socket.on('error', () => {})
  socket.write('nonsense\r\n\r\n')
  let answer = ''
  socket.setEncoding('utf8').on('data', (text: string) => { answer += text })
  await once(socket, 'end')
  t.match(answer, /^HTTP\/1\.1 400 /)
  // The client has not ended its side.
  await eventually(() => closed)
})

/** Connections that say nothing. */
async function many (t: Teardown, world: AdminWorld, count: number): Promise<net.Socket[]> {
  const sockets: net.Socket[] = []
  t.teardown(() => { for (const socket of sockets) socket.destroy() })
  for (let i = 0; i < count; i++) {
    const socket = net.connect(world.port, '127.0.0.1')
    socket.on('error', () => {})
    sockets.push(socket)
    await once(socket, 'connect')
  }
  return sockets
}

/** How many there are, as the server sees it. */
function connections ({ listener: { server } }: AdminWorld): Promise<number> {
  return new Promise((resolve, reject) => {
    server.getConnections((error, count) => {
      if (error === null) resolve(count)
      else reject(error)
    })
  })
}
