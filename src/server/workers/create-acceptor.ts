import { createServer, type Server, type Socket } from 'node:net'
import type { InheritedSockets } from '../inherited-sockets.js'
import { Listeners } from '../listeners.js'

/** What listens as an HTTP server would, and hands on connections of which nothing has been read: see `Front.serve` for the rest. */
export function createAcceptor (inherited: InheritedSockets, accept: (socket: Socket) => void): Listeners<Server> {
  return new Listeners(inherited, () => createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true, keepAlive: true }, accept))
}
