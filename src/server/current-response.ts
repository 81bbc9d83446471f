import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** The response that an HTTP server is giving on a connection; null if it owes none. */
export function currentResponse (socket: Socket): ServerResponse | null {
  // Node keeps it in this field; its own handler for client errors looks there too.
  const { _httpMessage: response } = socket as { _httpMessage?: ServerResponse | null }
  return response ?? null
}

/**
 * Calls back when every request that came before on this connection has been answered, at once if none is open: what was
 * pipelined behind them must not be answered in their place. Never, if the connection closes meanwhile.
 */
export function whenAnswered (socket: Socket, then: () => void): void {
  const response = currentResponse(socket)
  if (response === null) then()
  // The server puts the next response in place before this listener is called, or ends the connection.
  else response.once('finish', () => { if (socket.writable) whenAnswered(socket, then) })
}
