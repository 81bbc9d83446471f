import type { ServerResponse } from 'node:http'
import { TLSSocket } from 'node:tls'

/** Cuts the connection, so that the client can't take what it has for the whole. */
export function reset (response: ServerResponse): void {
  const { socket } = response
  // Only a plain TCP socket can send a reset: a TLS one breaks off without its closing alert, a Unix socket just closes.
  if (socket === null || socket instanceof TLSSocket || socket.remoteAddress === undefined) response.destroy()
  else socket.resetAndDestroy()
}
