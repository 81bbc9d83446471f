import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Requests that may wait on one connection behind the one that is answered, but for what came in the same read. */
const MOST = 16

/** The parts of its sockets with which a Node HTTP server stops reading from a client that does not take its answers. */
interface ServerSocket extends Socket {
  _paused?: boolean
  parser?: { resume (): void } | null
}

const waiting = new WeakMap<Socket, number>()

/**
 * Counts a request that came before those ahead of it were answered. Each one costs a hundred times its bytes in memory: when there
 * are too many, the socket is not read until they have begun. Node does so only if answers pile up.
 */
export function holdBack (socket: ServerSocket, response: ServerResponse): void {
  const count = (waiting.get(socket) ?? 0) + 1
  waiting.set(socket, count)
  if (count > MOST && socket._paused !== true) {
    socket._paused = true
    socket.pause()
  }
  response.once('socket', () => {
    const left = (waiting.get(socket) ?? 1) - 1
    waiting.set(socket, left)
    if (left > 0 || socket._paused !== true || socket.writableNeedDrain) return
    socket._paused = false
    socket.parser?.resume()
    socket.resume()
  })
}
