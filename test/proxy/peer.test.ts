import { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import t from 'tap'
import { peerOf } from '../../src/proxy/peer.js'

const nobody = (): boolean => false

/** A socket with these addresses; undefined = a Unix socket. */
function socketOf (remoteAddress: string | undefined, localPort: number | undefined, socket = new Socket()): Socket {
  Object.defineProperty(socket, 'remoteAddress', { value: remoteAddress })
  Object.defineProperty(socket, 'localPort', { value: localPort })
  return socket
}

t.test('what a connection tells', async t => {
  t.strictSame({ ...peerOf(socketOf('192.0.2.7', 8080), nobody) }, { address: '192.0.2.7', port: '8080', protocol: 'http', trusted: false })
  t.strictSame({ ...peerOf(socketOf('2001:db8::1', 443), nobody) }, { address: '2001:db8::1', port: '443', protocol: 'http', trusted: false })
})

t.test('an IPv4 address on a dual-stack listener is an IPv4 address, to whoever judges it too', async t => {
  const asked: string[] = []
  const peer = peerOf(socketOf('::ffff:10.1.2.3', 80), address => { asked.push(address); return address === '10.1.2.3' })
  t.equal(peer.address, '10.1.2.3')
  t.ok(peer.trusted)
  t.strictSame(asked, ['10.1.2.3'])
})

t.test('a Unix socket has no address, and nobody vouches for it', async t => {
  t.strictSame({ ...peerOf(socketOf(undefined, undefined), () => true) }, { address: null, port: null, protocol: 'http', trusted: false })
})

t.test('TLS is https', async t => {
  const raw = new Socket()
  const socket = new TLSSocket(raw)
  t.equal(peerOf(socketOf('192.0.2.7', 443, socket), nobody).protocol, 'https')
  socket.destroy()
  raw.destroy()
})

t.test('a connection is read once', async t => {
  let asked = 0
  const trust = (): boolean => { asked++; return true }
  const socket = socketOf('192.0.2.7', 80)
  t.equal(peerOf(socket, trust), peerOf(socket, trust))
  t.equal(asked, 1)
})

t.test('a kept connection is judged anew by another trustProxy: that of another registration, or of a reloaded config', async t => {
  const socket = socketOf('192.0.2.7', 80)
  t.ok(peerOf(socket, () => true).trusted)
  t.notOk(peerOf(socket, nobody).trusted)
})
