import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Clock, Timer } from '../base/clock.js'
import type { Log } from '../proxy/access-log.js'
import { markAwaitsContinue } from '../proxy/raw-client.js'
import { answerClientError, clientErrorStatus, isDeparture, rawAnswer, type ClientError } from './client-error.js'
import { currentResponse, whenAnswered } from './current-response.js'
import { holdBack } from './pipelined.js'
import { ProxyIncomingMessage, upgradeIgnored } from './incoming-message.js'
import type { RequestHandler } from './request-handler.js'
import { removeStaleSocket } from './stale-socket.js'
import { handleUpgrade } from './upgrades.js'
import type { ListenAddress } from '../config/config.js'

export interface FrontOptions {
  /** Milliseconds. */
  readonly timeouts: { readonly clientHeaders: number, readonly clientRequest: number, readonly clientKeepAlive: number }
  readonly clock: Clock
  readonly log: Log
}

/** How often, in ms, limits on slow clients are checked, and connections that fell idle are looked for while draining. */
const CHECK_INTERVAL = 1000
const DRAIN_INTERVAL = 50

/** Owns the listening sockets and hands each request to whoever handles them now. */
export class Front {
  readonly #options: FrontOptions
  readonly #servers: Server[] = []
  readonly #sockets = new Set<Socket>()
  #handler: RequestHandler
  #draining = false
  /** Called when the last connection has closed. */
  #onEmpty: () => void = () => {}

  constructor (options: FrontOptions, handler: RequestHandler) {
    this.#options = options
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
    const urls: string[] = []
    for (const address of addresses) {
      const server = this.#createServer()
      await listening(server, address)
      this.#servers.push(server)
      urls.push(urlOf(server, address))
    }
    return urls
  }

  /**
   * Stops accepting, asks clients to close, lets what is under way end, and cuts what is left after `deadline` ms.
   * @returns how many connections were cut.
   */
  async drain (deadline: number): Promise<number> {
    this.#draining = true
    const closed = this.#servers.map(server => new Promise<void>(resolve => { server.close(() => { resolve() }) }))
    for (const socket of this.#sockets) if (socket.bytesRead === 0) socket.destroy()
    const cut = await this.#emptied(deadline)
    await Promise.all(closed)
    return cut
  }

  /** Cuts every connection now. @returns how many there were. */
  cut (): number {
    const { size } = this.#sockets
    for (const socket of this.#sockets) socket.destroy()
    return size
  }

  /** The timer keeps no process alive, but connections do; so the end of the last one must be heard of as it happens. */
  #emptied (deadline: number): Promise<number> {
    const { clock } = this.#options
    const end = clock.now() + deadline
    return new Promise(resolve => {
      let timer: Timer | null = null
      const finish = (cut: number): void => {
        timer?.cancel()
        this.#onEmpty = () => {}
        resolve(cut)
      }
      const check = (): void => {
        for (const server of this.#servers) server.closeIdleConnections()
        if (this.#sockets.size === 0) finish(0)
        else if (clock.now() >= end) finish(this.cut())
        else timer = clock.after(DRAIN_INTERVAL, check)
      }
      this.#onEmpty = () => { finish(0) }
      check()
    })
  }

  #createServer (): Server {
    const { clientHeaders, clientRequest, clientKeepAlive } = this.#options.timeouts
    const server = createServer({
      IncomingMessage: ProxyIncomingMessage,
      requireHostHeader: false,
      insecureHTTPParser: false,
      noDelay: true,
      keepAlive: true,
      // Node refuses a head that may take longer than its request.
      headersTimeout: clientRequest === 0 ? clientHeaders : Math.min(clientHeaders, clientRequest),
      requestTimeout: clientRequest,
      keepAliveTimeout: clientKeepAlive,
      connectionsCheckingInterval: CHECK_INTERVAL
    })
    // Node drops fields above a number, silently; the size of the head is bounded in any case.
    server.maxHeadersCount = 0
    server.on('connection', this.#onConnection)
    server.on('request', this.#onRequest)
    server.on('checkContinue', this.#onCheckContinue)
    // RFC 9110, section 10.1.1: an expectation that nobody knows may be ignored; it is not passed on.
    server.on('checkExpectation', this.#onRequest)
    server.on('upgrade', this.#onUpgrade)
    server.on('connect', onConnect)
    server.on('clientError', this.#onClientError)
    return server
  }

  readonly #onConnection = (socket: Socket): void => {
    this.#sockets.add(socket)
    socket.once('close', () => {
      this.#sockets.delete(socket)
      if (this.#sockets.size === 0) this.#onEmpty()
    })
  }

  readonly #onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    if (response.socket === null) holdBack(request.socket, response)
    if (this.#draining || this.#options.timeouts.clientKeepAlive === 0 || upgradeIgnored(request)) response.shouldKeepAlive = false
    this.#handler(request, response)
  }

  readonly #onCheckContinue = (request: IncomingMessage, response: ServerResponse): void => {
    markAwaitsContinue(request)
    this.#onRequest(request, response)
  }

  readonly #onUpgrade = (request: IncomingMessage, connection: Duplex, first: Buffer): void => {
    handleUpgrade(request, connection, first, this.#handler)
  }

  readonly #onClientError = (error: ClientError, connection: Duplex): void => {
    const socket = connection as Socket
    if (error.code === 'HPE_CLOSED_CONNECTION') return endAfterAnswer(socket)
    if (!isDeparture(error, socket)) {
      this.#options.log.info({ client: socket.remoteAddress, status: clientErrorStatus(error), outcome: 'refused', error: error.code, reason: error.message }, 'request')
    }
    answerClientError(error, socket)
  }
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
function onConnect (_request: IncomingMessage, connection: Duplex): void {
  // A server made by node:http hands out the net.Socket that it accepted.
  const socket = connection as Socket
  socket.on('error', () => { socket.destroy() })
  socket.on('drain', () => { currentResponse(socket)?.emit('drain') })
  whenAnswered(socket, () => {
    socket.end(rawAnswer(405, 'method_not_allowed', 'The method is not allowed', ['Allow', 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS']))
    socket.destroySoon()
  })
}

async function listening (server: Server, address: ListenAddress): Promise<void> {
  if ('path' in address) await removeStaleSocket(address.path)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen('path' in address ? { path: address.path } : { host: address.host, port: address.port }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

function urlOf (server: Server, address: ListenAddress): string {
  if ('path' in address) return `unix:${address.path}`
  // A TCP server that listens has an AddressInfo.
  const { port, family, address: host } = server.address() as AddressInfo
  return `http://${family === 'IPv6' ? `[${host}]` : host}:${port}`
}
