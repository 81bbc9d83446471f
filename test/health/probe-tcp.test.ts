import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { TcpProbe } from '../../src/health/probe-tcp.js'
import { createProbe } from '../../src/health/probes.js'
import { parseAddress } from '../../src/upstream/address.js'
import { closedPort } from '../fixtures/closed-port.js'
import { directory } from '../fixtures/directory.js'
import { listening } from './listening.js'

const never = new AbortController().signal

t.test('passes when a connection stands, and closes it without a word', async t => {
  let bytes = 0
  const server = await listening(t, createServer(socket => { socket.on('data', chunk => { bytes += chunk.length }) }))
  await new TcpProbe(null).check(server.address, never)
  await server.connected
  await server.quiet()
  t.equal(server.connections, 1)
  t.equal(bytes, 0)
})

t.test('fails when it is refused', async t => {
  const port = await closedPort(t)
  await t.rejects(new TcpProbe(null).check(parseAddress(`http://127.0.0.1:${port}`), never), /ECONNREFUSED/)
})

t.test('another port may be probed, and an https target is not greeted', async t => {
  const server = await listening(t, createServer(socket => { socket.resume() }))
  const port = await closedPort(t)
  const schedule = { interval: 1, intervalDown: 1, jitter: 0, timeout: 1, rise: 1, fall: 1 }
  await createProbe({ type: 'tcp', port: server.port, ...schedule }, {}).check(parseAddress(`https://127.0.0.1:${port}`), never)
  await server.connected
  await server.quiet()
  t.equal(server.connections, 1)
})

t.test('Unix sockets, where a port has no meaning', async t => {
  const path = join(await directory(t), 's')
  const server = await listening(t, createServer(socket => { socket.resume() }), { path })
  await new TcpProbe(9).check(server.address, never)
  await server.connected
  await server.quiet()
  await t.rejects(new TcpProbe(null).check(parseAddress(`unix:${path}-not`), never), /ENOENT/)
})

t.test('an abort ends it, before, during and after', async t => {
  const server = createServer(socket => { socket.resume() })
  const { address, quiet } = await listening(t, server)
  await t.rejects(new TcpProbe(null).check(address, AbortSignal.abort(new Error('too late'))), /too late/)
  const controller = new AbortController()
  const checked = new TcpProbe(null).check(address, controller.signal)
  controller.abort(new Error('enough'))
  await t.rejects(checked, /enough/)
  const after = new AbortController()
  const connected = once(server, 'connection')
  await new TcpProbe(null).check(address, after.signal)
  after.abort()
  await connected
  await quiet()
})
