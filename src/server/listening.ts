import type { AddressInfo, Server } from 'node:net'
import type { ListenAddress } from '../config/config.js'
import { removeStaleSocket } from './stale-socket.js'

/** What tells addresses apart. The same one may be in the list more than once if its port is 0. @param index its place in the list. */
export function addressKey (address: ListenAddress, index: number): string {
  return JSON.stringify('port' in address && address.port === 0 ? [address, index] : address)
}

/** Listens on an address. A socket file that nobody listens on any more is replaced. @throws the system's error. */
export async function listen (server: Server, address: ListenAddress): Promise<void> {
  if ('path' in address) await removeStaleSocket(address.path)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen('path' in address ? { path: address.path } : { host: address.host, port: address.port }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/** Where a server listens, with its real port: `http://127.0.0.1:8080`, `unix:/run/headrace.sock`. */
export function urlOf (server: Server, address: ListenAddress): string {
  if ('path' in address) return `unix:${address.path}`
  // A TCP server that listens has an AddressInfo.
  const { port, family, address: host } = server.address() as AddressInfo
  return `http://${family === 'IPv6' ? `[${host}]` : host}:${port}`
}
