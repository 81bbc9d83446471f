import type { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Clock } from '../base/clock.js'

/** Milliseconds for a client to take its last answer. */
const FAREWELL = 5000

/**
 * Ends our side of a connection and reads on for a while. A connection that is closed with bytes unread is reset, and a client that is still
 * sending would lose the answer that it has not read yet (RFC 9112, section 9.6). What is read is no request any more: no parser sees it.
 * @param last what to send before; none = nothing more.
 */
export function part (socket: Socket, clock: Clock, last?: string): void {
  const timer = clock.after(FAREWELL, () => { socket.destroy() })
  socket.once('close', () => { timer.cancel() })
  socket.once('end', () => { socket.destroy() })
  // Where the HTTP server has let go of it, nobody else listens.
  socket.on('error', () => { socket.destroy() })
  if (last === undefined) socket.end()
  else socket.end(last)
  // The server's own listener feeds the parser.
  socket.removeAllListeners('data')
  socket.on('data', () => {})
  socket.resume()
}

/** A message that comes while the last answer is on its way out is none of ours: it is not parsed further, and nobody is told. */
export function ignoreBehindLast (socket: Duplex): void {
  socket.on('error', () => { socket.destroy() })
  socket.resume()
}

/** Lets an HTTP server part with a connection whose last answer has been given before all of its request was read, instead of closing it. */
export function partInMidRequest (socket: Socket, clock: Clock): void {
  socket.destroySoon = () => {
    if (!socket.writableEnded && isInMidRequest(socket)) part(socket, clock)
    else Socket.prototype.destroySoon.call(socket)
  }
}

/** Is the head of a request read, and its body not all? */
export function isInMidRequest (socket: Socket): boolean {
  // Node keeps its parser in this field, and in that the request whose body it reads.
  const { parser } = socket as { parser?: { readonly incoming?: IncomingMessage | null } | null }
  return parser?.incoming?.complete === false
}
