import { createServer, type Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Clock } from '../base/clock.js'
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
  /** The same for another process that has begun to accept on the same socket: clients hear of it in their next answer, so that none loses a request. @param deadline ms. */
  leave (deadline: number): Promise<void>
}

/** Milliseconds. The last one is for connections that nothing is asked on. */
const LIMITS = { headers: 10_000, request: 30_000, keepAlive: 5000, close: 1000, leave: 6000 }

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
  let leaving = false
  const connections = new Connections(MOST_CONNECTIONS, socket => streams.uses(socket))
  server.on('connection', socket => { connections.opened(socket) })
  server.on('request', (request, response) => {
    connections.asked(request.socket)
    if (leaving) response.shouldKeepAlive = false
    app.routing(request, response)
  })
  server.on('clientError', (_error, socket) => { answerClientError(socket as Socket) })
  return {
    server,
    close: async () => {
      streams.close()
      server.close()
      await closed(server, options.clock, LIMITS.close)
      await app.close()
    },
    leave: async deadline => {
      leaving = true
      streams.close()
      await closed(server, options.clock, Math.min(deadline, LIMITS.leave))
      // What a server of node:http has to end besides: it looks for slow clients until its own `close` is called.
      server.close()
      await app.close()
    }
  }
}

/** Resolves when the last connection has ended of a server that does not listen any more. @param deadline ms, after which they are cut. */
function closed (server: Server, clock: Clock, deadline: number): Promise<void> {
  return new Promise(resolve => {
    const timer = clock.after(deadline, () => { server.closeAllConnections() }, true)
    server.once('close', () => {
      timer.cancel()
      resolve()
    })
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
