import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Clock, Timer } from '../base/clock.js'
import { afterReading } from '../base/event-loop.js'
import type { Log } from '../proxy/access-log.js'
import { markAwaitsContinue } from '../proxy/request-marks.js'
import type { Strays } from '../proxy/strays.js'
import { answerClientError, clientErrorStatus, isDeparture, rawAnswer, type ClientError } from './client-error.js'
import { currentResponse, whenAnswered } from './current-response.js'
import { holdBack } from './pipelined.js'
import { ProxyIncomingMessage, upgradeIgnored } from './incoming-message.js'
import { InheritedSockets } from './inherited-sockets.js'
import { Listeners, type NextListeners } from './listeners.js'
import type { ListeningSocket } from './listening-socket.js'
import { ignoreBehindLast, part, partInMidRequest } from './parting.js'
import type { RequestHandler } from './request-handler.js'
import { handleUpgrade } from './upgrades.js'
import type { ListenAddress } from '../config/config.js'

/** Milliseconds. */
export interface ClientTimeouts {
  readonly clientHeaders: number
  readonly clientRequest: number
  readonly clientKeepAlive: number
}

export interface FrontOptions {
  readonly timeouts: ClientTimeouts
  readonly clock: Clock
  readonly log: Log
  /** Sockets that are not to be opened, for they are. Default: none. */
  readonly inherited?: InheritedSockets
  /** Default: nobody. */
  readonly strays?: Strays | null
}

/** How often, in ms, limits on slow clients are checked, and connections that fell idle are looked for while draining. */
const CHECK_INTERVAL = 1000
const DRAIN_INTERVAL = 50

/** For how long, in ms, a connection on which a response has ended may be idle before a process that has a successor closes it. */
const SILENCE = 1000

/** Owns the listening sockets and hands each request to whoever handles them now. */
export class Front {
  readonly #options: FrontOptions
  #timeouts: ClientTimeouts
  readonly #listeners: Listeners<Server>
  /** Serves connections that were accepted elsewhere; null = there were none. */
  #unbound: Server | null = null
  readonly #sockets = new Set<Socket>()
  #handler: RequestHandler
  #draining = false
  /** Called when the last connection has closed. */
  #onEmpty: () => void = () => {}

  constructor (options: FrontOptions, handler: RequestHandler) {
    this.#options = options
    this.#listeners = new Listeners(options.inherited ?? new InheritedSockets(), () => this.#createServer())
    this.#timeouts = options.timeouts
    this.#handler = handler
  }

  /** From now on new requests go to this handler; those under way are not touched. */
  use (handler: RequestHandler): void {
    this.#handler = handler
  }

  get draining (): boolean {
    return this.#draining
  }

  /** Client connections that stand, tunnels included. */
  get connections (): number {
    return this.#sockets.size
  }

  /** Starts listening. @returns the addresses as URLs, with the real ports. @throws the system's error. */
  async listen (addresses: readonly ListenAddress[]): Promise<string[]> {
    const next = await this.prepare(addresses)
    next.commit()
    return [...next.urls]
  }

  /**
   * Listens on addresses beside the present ones; a present one among them goes on.
   * @throws the system's error; then nothing has changed.
   */
  prepare (addresses: readonly ListenAddress[]): Promise<NextListeners> {
    return this.#listeners.prepare(addresses)
  }

  /** Takes a connection that another process has accepted. */
  serve (socket: Socket): void {
    this.#unbound ??= this.#createUnbound()
    // As on all sockets of an HTTP server: it sees for itself what the end of a client's side means.
    socket.allowHalfOpen = true
    this.#unbound.emit('connection', socket)
  }

  /** Goes by other time limits from now on. */
  configure (timeouts: ClientTimeouts): void {
    this.#timeouts = timeouts
    for (const server of this.#servers) limit(server, timeouts)
  }

  /** What it listens on. */
  get sockets (): readonly ListeningSocket[] {
    return this.#listeners.sockets
  }

  get #servers (): readonly Server[] {
    return this.#unbound === null ? this.#listeners.servers : [...this.#listeners.servers, this.#unbound]
  }

  /**
   * Stops accepting, asks clients to close, lets what is under way end, and cuts what is left after `deadline` ms.
   * @returns how many connections were cut.
   */
  async drain (deadline: number): Promise<number> {
    const { clock } = this.#options
    this.#draining = true
    const closed = this.#listeners.close(false)
    for (const socket of this.#sockets) if (socket.bytesRead === 0) socket.destroy()
    const closeIdle = (): void => { for (const server of this.#servers) server.closeIdleConnections() }
    const cut = await this.#emptied(clock.now() + deadline, closeIdle)
    await closed
    return cut
  }

  /**
   * Drains while another process accepts on the same sockets. Nobody would be refused, so clients can be told: a connection is closed with its
   * next response. One that stays silent is closed after half of the time: what its client sends at that very moment is lost, and the longer it
   * has been silent, the less likely that is.
   */
  async leave (deadline: number): Promise<number> {
    const { clock } = this.#options
    this.#draining = true
    const closed = this.#listeners.close(true)
    let silentAt = clock.now() + deadline / 2
    // Their heads have said that the connection is kept.
    for (const response of this.#begun) response.once('finish', () => { silentAt = Math.max(silentAt, clock.now() + SILENCE) })
    const closeSilent = (): void => {
      if (clock.now() < silentAt) return
      for (const server of this.#servers) server.closeIdleConnections()
      for (const socket of this.#sockets) if (socket.bytesRead === 0) socket.destroy()
    }
    const cut = await this.#emptied(clock.now() + deadline, () => { afterReading(closeSilent, undefined) })
    await closed
    return cut
  }

  /** Cuts every connection now. @returns how many there were. */
  cut (): number {
    const { size } = this.#sockets
    for (const socket of this.#sockets) socket.destroy()
    return size
  }

  /** Responses whose head has left. */
  get #begun (): readonly ServerResponse[] {
    return [...this.#sockets].map(currentResponse).filter(response => response !== null).filter(({ headersSent }) => headersSent)
  }

  /** The timer keeps no process alive, but connections do; so the end of the last one must be heard of as it happens. */
  #emptied (end: number, closeIdle: () => void): Promise<number> {
    const { clock } = this.#options
    return new Promise(resolve => {
      let timer: Timer | null = null
      const finish = (cut: number): void => {
        timer?.cancel()
        this.#onEmpty = () => {}
        resolve(cut)
      }
      const check = (): void => {
        closeIdle()
        if (this.#sockets.size === 0) finish(0)
        else if (clock.now() >= end) finish(this.cut())
        else timer = clock.after(DRAIN_INTERVAL, check)
      }
      this.#onEmpty = () => { finish(0) }
      check()
    })
  }

  /** Never listens. It must believe that it does: only then does it look for slow heads and idle connections. */
  #createUnbound (): Server {
    const server = this.#createServer()
    server.emit('listening')
    return server
  }

  #createServer (): Server {
    const server = createServer({
      IncomingMessage: ProxyIncomingMessage,
      requireHostHeader: false,
      insecureHTTPParser: false,
      noDelay: true,
      keepAlive: true,
      connectionsCheckingInterval: CHECK_INTERVAL
    })
    limit(server, this.#timeouts)
    const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
      if (this.#listeners.isLeaving(server)) response.shouldKeepAlive = false
      this.#onRequest(request, response)
    }
    // Node drops fields above a number, silently; the size of the head is bounded in any case.
    server.maxHeadersCount = 0
    server.on('connection', this.#onConnection)
    server.on('request', onRequest)
    server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
      markAwaitsContinue(request)
      onRequest(request, response)
    })
    // RFC 9110, section 10.1.1: an expectation that nobody knows may be ignored; it is not passed on.
    server.on('checkExpectation', onRequest)
    server.on('upgrade', this.#onUpgrade)
    server.on('connect', this.#onConnect)
    server.on('clientError', this.#onClientError)
    return server
  }

  readonly #onConnection = (socket: Socket): void => {
    this.#sockets.add(socket)
    partInMidRequest(socket, this.#options.clock)
    socket.once('close', () => {
      this.#sockets.delete(socket)
      if (this.#sockets.size === 0) this.#onEmpty()
    })
  }

  // What comes behind the last answer of a connection is no request any more, here and below.

  readonly #onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    if (request.socket.writableEnded) {
      request.resume()
      return
    }
    if (response.socket === null) holdBack(request.socket, response)
    if (this.#draining || this.#timeouts.clientKeepAlive === 0 || upgradeIgnored(request)) response.shouldKeepAlive = false
    this.#handler(request, response)
  }

  readonly #onUpgrade = (request: IncomingMessage, connection: Duplex, first: Buffer): void => {
    if (connection.writableEnded) return ignoreBehindLast(connection)
    handleUpgrade(request, connection, first, this.#handler)
  }

  readonly #onConnect = (_request: IncomingMessage, connection: Duplex): void => {
    if (connection.writableEnded) return ignoreBehindLast(connection)
    this.#options.strays?.refused()
    refuseConnect(connection, this.#options.clock)
  }

  readonly #onClientError = (error: ClientError, connection: Duplex): void => {
    const socket = connection as Socket
    // It has had its last answer, or that is on its way out.
    if (socket.writableEnded) return
    if (error.code === 'HPE_CLOSED_CONNECTION') return endAfterAnswer(socket)
    if (!isDeparture(error, socket)) {
      this.#options.log.info({ client: socket.remoteAddress, status: clientErrorStatus(error), outcome: 'refused', error: error.code, reason: error.message }, 'request')
      this.#options.strays?.refused()
    }
    answerClientError(error, socket, this.#options.clock)
  }
}

function limit (server: Server, { clientHeaders, clientRequest, clientKeepAlive }: ClientTimeouts): void {
  // Node refuses a head that may take longer than its request.
  server.headersTimeout = clientRequest === 0 ? clientHeaders : Math.min(clientHeaders, clientRequest)
  server.requestTimeout = clientRequest
  server.keepAliveTimeout = clientKeepAlive
}

/**
 * What comes behind the last request of a connection is not heard (RFC 9112, section 9.6), but that request still gets its answer.
 * It is the last one because of a `Connection: close` in its trailers, too: then its answer may have promised more.
 */
function endAfterAnswer (socket: Socket): void {
  const response = currentResponse(socket)
  if (response === null) {
    socket.destroy()
    return
  }
  response.shouldKeepAlive = false
  response.once('finish', () => { socket.destroySoon() })
}

/** CONNECT would turn the proxy into a way out to anywhere. */
function refuseConnect (connection: Duplex, clock: Clock): void {
  // A server made by node:http hands out the net.Socket that it accepted.
  const socket = connection as Socket
  socket.on('error', () => { socket.destroy() })
  socket.on('drain', () => { currentResponse(socket)?.emit('drain') })
  whenAnswered(socket, () => {
    part(socket, clock, rawAnswer(405, 'method_not_allowed', 'The method is not allowed', ['Allow', 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS']))
  })
}
