import { once } from 'node:events'
import net from 'node:net'
import t, { type Test } from 'tap'
import { InheritedSockets } from '../../src/server/inherited-sockets.js'
import { Listeners } from '../../src/server/listeners.js'
import { eventually } from '../fixtures/proxy.js'

const loopback = { host: '127.0.0.1', port: 0 }

function create (t: Test) {
  const made: net.Server[] = []
  const listeners = new Listeners(new InheritedSockets(), () => {
    const server = net.createServer(socket => { socket.on('error', () => {}).pipe(socket) })
    made.push(server)
    return server
  })
  t.teardown(() => { for (const server of made) server.close() })
  return { listeners, made }
}

async function open (url: string): Promise<net.Socket> {
  const socket = net.connect(Number(new URL(url).port), '127.0.0.1')
  await new Promise((resolve, reject) => { socket.once('connect', resolve).once('error', reject) })
  return socket
}

/** Resolves when the server at `url` has heard of its next connection, which may be after the client has. */
async function heard (made: readonly net.Server[], url: string): Promise<void> {
  const server = made.find(server => {
    const address = server.address()
    return typeof address === 'object' && String(address?.port) === new URL(url).port
  })
  if (server === undefined) throw new Error(`nobody listens at ${url}`)
  await once(server, 'connection')
}

t.test('an address that stays is not touched; one that is gone takes nothing new and lets its connections end', async t => {
  const { listeners, made } = create(t)
  const first = await listeners.prepare([loopback, loopback])
  t.equal(listeners.sockets.length, 0, 'they are not the ones yet')
  first.commit()
  const [stays = '', goes = ''] = first.urls
  const accepted = heard(made, goes)
  const client = await open(goes)
  await accepted
  const next = await listeners.prepare([loopback])
  t.strictSame(next.urls, [stays])
  next.commit()
  await t.rejects(open(goes), { code: 'ECONNREFUSED' })
  t.equal(listeners.servers.length, 2, 'one listens, one has a connection')
  const ended = new Promise(resolve => { client.once('close', resolve) })
  client.resume().end()
  await ended
  await eventually(() => listeners.servers.length === 1)
  ;(await open(stays)).destroy()
})

t.test('one address that can not be had: nothing has changed, and the others are let go', async t => {
  const { listeners, made } = create(t)
  const first = await listeners.prepare([loopback])
  first.commit()
  const taken = Number(new URL(first.urls[0] ?? '').port)
  await t.rejects(listeners.prepare([loopback, { host: '127.0.0.1', port: 0 }, { host: '127.0.0.1', port: taken }]), { code: 'EADDRINUSE' })
  t.strictSame(made.map(({ listening }) => listening), [true, false, false])
  ;(await open(first.urls[0] ?? '')).destroy()
})

t.test('what is made ready and not wanted is let go', async t => {
  const { listeners, made } = create(t)
  ;(await listeners.prepare([loopback])).commit()
  ;(await listeners.prepare([loopback, loopback])).abort()
  t.strictSame(made.map(({ listening }) => listening), [true, false])
})

t.test('closing waits for the last connection', async t => {
  const { listeners, made } = create(t)
  const { urls: [url = ''], commit } = await listeners.prepare([loopback])
  commit()
  const accepted = heard(made, url)
  const client = await open(url)
  await accepted
  let closed = false
  const closing = listeners.close(false).then(() => { closed = true })
  await t.rejects(open(url), { code: 'ECONNREFUSED' })
  t.notOk(closed)
  client.resume().end()
  await closing
  t.ok(closed)
})
