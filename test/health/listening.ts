import { once } from 'node:events'
import type { Server, Socket } from 'node:net'
import type { TargetAddress } from '../../src/upstream/address.js'
import { parseAddress } from '../../src/upstream/address.js'

interface Teardown { teardown (fn: () => unknown): void }

/** A server that listens, and what became of its connections. */
export interface Listening {
  readonly address: TargetAddress
  readonly port: number
  /** Connections so far. */
  readonly connections: number
  /** Resolves when the server has heard of the first, which may be after its client has. */
  readonly connected: Promise<unknown>
  /** Resolves when none of them is open. */
  quiet (): Promise<void>
}

/** Lets `server` listen on a free port of 127.0.0.1, or on `path`, until the test ends. */
export async function listening (t: Teardown, server: Server, { path, protocol = 'http:' }: { path?: string, protocol?: 'http:' | 'https:' } = {}): Promise<Listening> {
  const open = new Set<Socket>()
  let connections = 0
  const connected = new Promise(resolve => { server.once('connection', resolve) })
  server.on('connection', (socket: Socket) => {
    connections++
    open.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => open.delete(socket))
  })
  server.on('tlsClientError', () => {})
  t.teardown(async () => {
    for (const socket of open) socket.destroy()
    server.close()
  })
  if (path === undefined) server.listen(0, '127.0.0.1')
  else server.listen(path)
  await once(server, 'listening')
  const bound = server.address()
  const port = bound === null || typeof bound === 'string' ? 0 : bound.port
  return {
    port,
    address: parseAddress(path === undefined ? `${protocol}//127.0.0.1:${port}` : `unix:${path}`),
    get connections () { return connections },
    connected,
    quiet: async () => { for (const socket of open) await new Promise(resolve => { socket.closed ? resolve(null) : socket.once('close', resolve) }) }
  }
}
