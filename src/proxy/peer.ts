import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'

/** Decides whether an address is one whose forwarding fields are believed. */
export type TrustProxy = (address: string) => boolean

/** What a proxied request says of the connection on which it came. The same for all requests of a connection. */
export interface Peer {
  /** Address of the other end; null on a Unix socket. */
  readonly address: string | null
  /** Our port on this connection; null on a Unix socket. */
  readonly port: string | null
  readonly protocol: 'http' | 'https'
  /** Are its `X-Forwarded-*` and `Forwarded` believed? */
  readonly trusted: boolean
}

const peers = new WeakMap<Socket, { readonly peer: Peer, readonly judgedBy: TrustProxy }>()

/**
 * Reads the peer of a connection, once per connection: the system is asked for the addresses only then. Another `trustProxy` (of a new
 * config, of another registration on the same server) makes up its own mind.
 */
export function peerOf (socket: Socket, trustProxy: TrustProxy): Peer {
  const known = peers.get(socket)
  if (known?.judgedBy === trustProxy) return known.peer
  const peer = readPeer(socket, trustProxy)
  peers.set(socket, { peer, judgedBy: trustProxy })
  return peer
}

function readPeer (socket: Socket, trustProxy: TrustProxy): Peer {
  const address = unmapped(socket.remoteAddress)
  return {
    address,
    port: socket.localPort === undefined ? null : String(socket.localPort),
    protocol: socket instanceof TLSSocket ? 'https' : 'http',
    trusted: address !== null && trustProxy(address)
  }
}

/** An IPv4 address that arrived on a dual-stack listener is shown as what it is. */
function unmapped (address: string | undefined): string | null {
  if (address === undefined) return null
  return address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address
}
