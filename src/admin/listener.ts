import { createServer, type Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Clock, Timer } from '../base/clock.js'
import type { Log } from '../proxy/access-log.js'
import type { Control } from './control.js'
import { createAdminApp } from './http/admin-app.js'
import { AdminProblem } from './http/admin-problem.js'
import { Connections } from './http/connections.js'
import { Guard } from './http/guard.js'
import { Streams } from './http/streams.js'

export interface AdminListenerOptions {
  readonly control: Control
  /** What requests must carry; null = nothing. `adminFaults` says when there has to be one. */
  readonly token: string | null
  readonly clock: Clock
  readonly log: Log
  /** Directory of the built dashboard. Default: where the build puts it. */
  readonly assets?: URL
}

/** The admin listener of a process. */
export interface AdminListener {
  /** It does not listen yet: that is for the one who knows of the process's sockets. */
  readonly server: Server
  /** Stops listening, ends the streams, and waits a moment for requests under way. */
  close (): Promise<void>
}

/** Milliseconds. */
const LIMITS = { headers: 10_000, request: 30_000, keepAlive: 5000, close: 1000 }

/** Milliseconds between two looks whether a connection is beyond the first two limits. */
const CHECK_INTERVAL = 1000

/** Many more than streams: those are bounded by themselves. */
const MOST_CONNECTIONS = 256

/** Makes the admin API and the dashboard. Import this file only where they are wanted: it brings Fastify with it. */
export async function createAdminListener (options: AdminListenerOptions): Promise<AdminListener> {
  const streams = new Streams(options)
  const server = createServer({
    headersTimeout: LIMITS.headers,
    requestTimeout: LIMITS.request,
    keepAliveTimeout: LIMITS.keepAlive,
    connectionsCheckingInterval: CHECK_INTERVAL,
    // The guard answers in its own way.
    requireHostHeader: false
  })
  // Node does not know the name of a Unix socket that it was given open.
  const guard = new Guard(options.token, () => server.listening && (typeof server.address() === 'string' || server.address() === null))
  const app = await createAdminApp({ assets: new URL('../dashboard/', import.meta.url), ...options, streams, guard })
  const connections = new Connections(MOST_CONNECTIONS, socket => streams.uses(socket))
  server.on('connection', socket => { connections.opened(socket) })
  server.on('request', (request, response) => {
    connections.asked(request.socket)
    app.routing(request, response)
  })
  server.on('clientError', (_error, socket) => { answerClientError(socket as Socket) })
  return {
    server,
    close: async () => {
      streams.close()
      await closed(server, options.clock)
      await app.close()
    }
  }
}

function closed (server: Server, clock: Clock): Promise<void> {
  return new Promise(resolve => {
    let timer: Timer | null = null
    server.close(() => {
      timer?.cancel()
      resolve()
    })
    timer = clock.after(LIMITS.close, () => { server.closeAllConnections() }, true)
  })
}

/** What cannot be read as a request. Once an answer has begun there is nothing to be said but that it is over. */
function answerClientError (socket: Socket): void {
  if (!socket.writable || socket.bytesWritten > 0) {
    socket.destroy()
    return
  }
  const { body } = new AdminProblem(400, 'bad_request')
  socket.end(`HTTP/1.1 400 Bad Request\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n${body}`)
  // The client may never end its side.
  socket.destroySoon()
}
