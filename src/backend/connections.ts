import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { ServerHttp2Session } from 'node:http2'
import { Server as NetServer, Socket } from 'node:net'
import { Server as TlsServer } from 'node:tls'
import type { Clock } from '../base/clock.js'

interface Connection {
  /** How many of its requests are not over. */
  requests: number
  /** When it last became idle. */
  since: number
  /** How much had come by then. More says that a request is on its way, or that it was upgraded. */
  bytesRead: number
}

/**
 * The connections of a server. What Node closes as idle when a server closes may have had its last response a moment ago, and its
 * client be writing the next request: here each connection rests for a while before it is closed.
 */
export class Connections {
  readonly #server: NetServer
  readonly #clock: Clock
  readonly #open = new Map<Socket, Connection>()
  /** Connections below TLS, those that are still shaking hands among them. */
  readonly #raw = new Set<Socket>()
  readonly #sessions = new Set<ServerHttp2Session>()
  /** Called when a connection has closed. */
  onClose: () => void = () => {}

  constructor (server: Server, clock: Clock) {
    this.#server = server
    this.#clock = clock
    const secure = server instanceof TlsServer
    server.on('connection', (socket: Socket) => {
      if (secure) this.#addRaw(socket)
      else this.#add(socket)
    })
    if (secure) server.on('secureConnection', (socket: Socket) => { this.#add(socket) })
    server.on('session', (session: ServerHttp2Session) => {
      this.#sessions.add(session)
      session.once('close', () => { this.#sessions.delete(session) })
    })
  }

  /** How many there are. */
  get size (): number {
    return this.#open.size
  }

  /** A request has come. */
  begin (request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request
    // `inject` makes requests that have none; those of HTTP/2 share theirs.
    if (request.httpVersionMajor >= 2 || !(socket instanceof Socket)) return
    // An app that listens on "localhost" has a second server, whose connections become known by their requests.
    const connection = this.#add(socket)
    connection.requests++
    response.once('close', () => {
      // A client may have its answer before it has sent all of its request.
      if (request.complete) this.#end(socket, connection)
      else request.once('close', () => { this.#end(socket, connection) })
    })
  }

  /** Accepts no more connections. Those that are open stay. */
  stopAccepting (): void {
    // Not the HTTP server's own `close`, which closes idle connections in the same breath.
    if (this.#server.listening) NetServer.prototype.close.call(this.#server)
    for (const session of this.#sessions) session.close()
  }

  /** Closes what has been idle for `rest` ms. @returns when the next one will have been, in milliseconds of the clock; Infinity if none is idle. */
  closeIdle (rest: number): number {
    const now = this.#clock.now()
    let next = Number.POSITIVE_INFINITY
    for (const [socket, { requests, since, bytesRead }] of this.#open) {
      if (requests > 0 || socket.bytesRead !== bytesRead || socket.writableEnded) continue
      if (since + rest <= now) socket.destroySoon()
      else next = Math.min(next, since + rest)
    }
    return next
  }

  /** Closes every connection now. @returns how many there were. */
  cut (): number {
    const { size } = this.#open
    for (const socket of this.#open.keys()) socket.destroy()
    for (const socket of this.#raw) socket.destroy()
    return size
  }

  #addRaw (socket: Socket): void {
    this.#raw.add(socket)
    socket.once('close', () => { this.#raw.delete(socket) })
  }

  #add (socket: Socket): Connection {
    const known = this.#open.get(socket)
    if (known !== undefined) return known
    const connection: Connection = { requests: 0, since: this.#clock.now(), bytesRead: 0 }
    this.#open.set(socket, connection)
    socket.once('close', () => {
      this.#open.delete(socket)
      this.onClose()
    })
    return connection
  }

  #end (socket: Socket, connection: Connection): void {
    connection.requests--
    connection.since = this.#clock.now()
    connection.bytesRead = socket.bytesRead
  }
}
