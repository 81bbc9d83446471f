import { ServerResponse, type IncomingMessage, type Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { markUpgrade } from '../proxy/request-marks.js'
import { parseRequestTarget } from '../proxy/request-target.js'
import { routingPath } from '../proxy/routing-path.js'
import { currentResponse, whenAnswered } from './current-response.js'
import type { RequestHandler } from './request-handler.js'

/** Sends an upgrade request the way of all requests, hooks included, with a response object that writes to its socket. */
export function handleUpgrade (request: IncomingMessage, connection: Duplex, first: Buffer, handler: RequestHandler): void {
  // A server made by node:http hands out the net.Socket that it accepted.
  const socket = connection as Socket
  markUpgrade(request, first)
  // The HTTP server has let go of the socket: what it does for its responses is done here, for those still under way too.
  socket.on('error', () => { socket.destroy() })
  socket.on('drain', () => { currentResponse(socket)?.emit('drain') })
  // Until there is a tunnel an end means, as ever, that the client has left.
  socket.once('end', () => { if (currentResponse(socket) !== null) socket.destroy() })
  whenAnswered(socket, () => {
    const response = new ServerResponse(request)
    response.shouldKeepAlive = false
    response.assignSocket(socket)
    response.once('finish', () => { socket.destroySoon() })
    handler(request, response)
  })
}

/**
 * Takes the upgrades of a server that is not ours, as far as they concern our prefixes: other listeners (a WebSocket endpoint of
 * the app) keep theirs. One that nobody else could want is routed too, and gets its 404.
 * @returns a function that cuts the tunnels that are open.
 */
export function listenForUpgrades (server: Server, prefixes: readonly string[], handler: RequestHandler): () => void {
  const sockets = new Set<Duplex>()
  // First in line, whatever was registered before: whoever comes later finds the socket taken and leaves it alone.
  server.prependListener('upgrade', (request: IncomingMessage, connection: Duplex, first: Buffer) => {
    if (server.listenerCount('upgrade') > 1 && !concerns(request, prefixes)) return
    sockets.add(connection)
    connection.once('close', () => { sockets.delete(connection) })
    handleUpgrade(request, connection, first, handler)
  })
  return () => { for (const socket of sockets) socket.destroy() }
}

function concerns (request: IncomingMessage, prefixes: readonly string[]): boolean {
  const target = parseRequestTarget(request.url ?? '/', request.method ?? 'GET')
  if (target === null) return false
  const { path } = routingPath(target.path)
  return prefixes.some(prefix => prefix === '/' || path === prefix || path.startsWith(`${prefix}/`))
}
