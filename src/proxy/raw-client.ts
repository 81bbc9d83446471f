import type { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex, Readable } from 'node:stream'
import type { ProxyError } from '../base/errors.js'
import { afterTurn, type AfterTurn } from '../base/event-loop.js'
import { CallbackDeadline } from '../base/timer-wheel.js'
import type { RawHeaders } from '../transport/transport.js'
import { giveBack } from '../transport/lent-buffers.js'
import { tunnel } from '../transport/tunnel.js'
import { addedFields, debugFields } from './added-fields.js'
import { answer } from './answer.js'
import type { Client } from './client.js'
import type { Exchange } from './exchange.js'
import { failures } from './failure.js'
import { messageHead } from './message-head.js'
import { failureProblem } from './problem.js'
import { mergeReplyFields } from './reply-fields.js'
import { awaitsContinue, upgradeOf } from './request-marks.js'
import { reset } from './reset.js'
import { allowedTrailers, responseHeaders, upgradeHeaders } from './response-headers.js'
import type { Route } from './route.js'

/** Bytes up to which a body that came whole is put behind its head as text: Node then makes one write of the two. */
const SHORT = 8192

/** Milliseconds for which a client that has its answer may go on sending the request. */
const LINGER = 5000

/**
 * Passes a response straight on to the raw response of a Node server, without a stream in between. It ends the exchange when the
 * client's connection does: 'close' of the response is the one event that always fires.
 */
export class RawClient implements Client, AfterTurn {
  protected readonly route: Route
  protected readonly response: ServerResponse
  protected exchange: Exchange | null = null
  readonly #request: IncomingMessage
  /** Hands the response head to the app's hooks, which end in `relay`. */
  #onHead: OnHead | null = null
  #status = 0
  #headers: RawHeaders = []
  #headPending = false
  /** A short first piece of the body, held back until it is known whether it is the last. */
  #held: Buffer | null = null
  #watching = false
  #continued = false

  constructor (route: Route, request: IncomingMessage, response: ServerResponse) {
    this.route = route
    this.#request = request
    this.response = response
  }

  /** Starts the exchange and ties its life to that of the response, in one synchronous step (docs/lifecycle.md). */
  start (exchange: Exchange, onHead: OnHead): void {
    this.exchange = exchange
    this.#onHead = onHead
    this.response.on('close', () => { exchange.clientClosed() })
    // While the app's hooks took their time the client may have left: 'close' has come and will not come again.
    if (this.response.destroyed) exchange.clientClosed()
    else exchange.start()
  }

  informational (status: number, headers: RawHeaders): void {
    const { socket } = this.response
    if (socket === null || this.response.headersSent || this.#request.httpVersion !== '1.1') return
    if (status === 100) {
      if (awaitsContinue(this.#request)) {
        this.#continued = true
        this.response.writeContinue()
      }
      return
    }
    // Node writes only 103 with a Link; any 1xx is passed on as it is.
    const fields = responseHeaders(headers, status, this.route.responseRules)
    socket.write(messageHead(`HTTP/1.1 ${status} ${status === 103 ? 'Early Hints' : 'Processing'}`, fields), 'latin1')
  }

  head (status: number, headers: RawHeaders): void {
    this.#status = status
    this.#headers = headers
    this.#onHead?.(status)
  }

  /** Writes the head that has come, with fields that hooks of the app have put on the reply. */
  relay (reply: RelayReply): void {
    const { status, fields } = this.takeHead()
    mergeReplyFields(fields, reply.getHeaders())
    reply.hijack()
    this.#writeHead(status, fields)
  }

  /** Writes the head that has come, where there is no app whose hooks could add to it. */
  relayDirectly (): void {
    const { status, fields } = this.takeHead()
    this.#writeHead(status, fields)
  }

  #writeHead (status: number, fields: string[]): void {
    this.response.writeHead(status, fields)
    this.#headPending = true
  }

  /** The head that has come, as the client is to get it. */
  protected takeHead (): { readonly status: number, readonly fields: string[] } {
    const fields = responseHeaders(this.#headers, this.#status, this.route.responseRules)
    this.#headers = []
    for (const item of this.#added) fields.push(item)
    if (this.route.services.draining) this.response.shouldKeepAlive = false
    this.#closeUnlessContinued()
    return { status: this.#status, fields }
  }

  get #added (): readonly string[] {
    return this.exchange === null ? [] : addedFields(this.exchange)
  }

  data (chunk: Buffer): boolean {
    const first = this.#headPending
    this.#headPending = false
    if (first && chunk.length <= SHORT) {
      this.#held = chunk
      return true
    }
    const held = this.#held
    if (held !== null) {
      this.#held = null
      this.response.write(held)
    }
    return this.#write(chunk)
  }

  end (trailers: RawHeaders): void {
    this.#headPending = false
    this.#boundRest()
    if (trailers.length !== 0 && this.response.chunkedEncoding) this.response.addTrailers(pairs(allowedTrailers(trailers, this.route.responseRules)))
    afterTurn(this)
  }

  /** @internal */
  turnOver (): void {
    const held = this.#held
    this.#held = null
    if (held === null) this.response.end()
    else this.response.end(held.toString('latin1'), 'latin1')
    if (this.response.writableLength > 0) this.watchReader()
  }

  flush (): void {
    const held = this.#held
    if (held !== null) {
      this.#held = null
      this.#write(held)
    } else if (this.#headPending) {
      this.#headPending = false
      this.response.flushHeaders()
    }
  }

  #write (chunk: Buffer): boolean {
    if (this.response.write(chunk, error => { if (!(error instanceof Error)) giveBack(chunk) })) return true
    this.watchReader()
    return false
  }

  /** The client reads slower than the target sends: it is waited for, but not for ever. Node tells progress from none. */
  protected watchReader (): void {
    if (!this.#watching) {
      this.#watching = true
      this.response.on('drain', () => { this.drained() })
      // The limit is this response's. Node has one of its own for the time until the next, and sets it right after this.
      this.response.prependListener('finish', () => { this.limitIdle(0) })
      this.response.on('timeout', () => {
        // What is left after its end waits in the socket.
        if (this.exchange?.ended === true) reset(this.response)
        else this.exchange?.clientStalled()
      })
    }
    this.limitIdle(this.route.config.timeouts.idleBody)
  }

  /** The client has taken what waited. */
  protected drained (): void {
    this.limitIdle(0)
    this.exchange?.resume()
  }

  /** @param limit milliseconds for which the client's connection may stand still; 0 = for ever. */
  protected limitIdle (limit: number): void {
    const { socket } = this.response
    // What `inject` makes has no socket that could stand still.
    if (socket instanceof Socket) socket.setTimeout(limit)
  }

  upgraded (headers: RawHeaders, connection: Duplex, first: Buffer, closed: (sent?: number) => void): void {
    const { socket } = this.response
    if (socket === null) {
      connection.destroy()
      closed()
      return
    }
    // The response object has done its part: from here on the socket belongs to the tunnel.
    this.response.detachSocket(socket)
    const fields = [...upgradeHeaders(headers, this.route.responseRules), ...this.#added]
    socket.write(messageHead('HTTP/1.1 101 Switching Protocols', fields), 'latin1')
    if (first.length > 0) socket.write(first)
    const early = upgradeOf(this.#request)?.first
    if (early !== undefined && early.length > 0) connection.write(early)
    const { services, config } = this.route
    tunnel(socket, connection, { idleTimeout: config.timeouts.tunnelIdle, wheel: services.wheel }, end => {
      if (this.exchange !== null) this.exchange.bytes = first.length + end.toClient
      closed((early?.length ?? 0) + end.toTarget)
    })
  }

  fail (error: ProxyError, started: boolean): void {
    if (started) {
      reset(this.response)
      return
    }
    this.#closeUnlessContinued()
    if (failures[error.code].fault === 'client') this.response.shouldKeepAlive = false
    this.#boundRest()
    const problem = failureProblem(error.code, this.exchange?.request.requestId ?? '')
    const debug = this.exchange === null ? [] : debugFields(this.exchange)
    if (this.exchange !== null && this.#request.method !== 'HEAD') this.exchange.bytes = Buffer.byteLength(problem.body)
    answer(this.response, { ...problem, headers: [...problem.headers, ...debug] })
  }

  /**
   * After an early answer the rest of the request is read and dropped, so that the client gets to read the answer instead of a
   * reset. Not for ever.
   */
  #boundRest (): void {
    const request = this.#request
    if (request.complete) return
    this.route.services.wheel.arm(new CallbackDeadline(() => { if (!request.complete) request.socket.destroy() }), LINGER)
  }

  /**
   * A client that waited for a 100 and gets its answer instead may or may not send the body: what comes next on this
   * connection could be read either way, so nothing may (RFC 9110, section 10.1.1).
   */
  #closeUnlessContinued (): void {
    if (!this.#continued && awaitsContinue(this.#request) && !this.#request.complete) this.response.shouldKeepAlive = false
  }
}

/** The part of Fastify's reply that a response passes through. */
export interface RelayReply {
  getHeaders (): Readonly<Record<string, unknown>>
  hijack (): unknown
  code (status: number): unknown
  header (name: string, value: unknown): unknown
  send (payload: Readable): unknown
}

/** Hears the status of a response whose head has come. */
export type OnHead = (status: number) => void

function pairs (flat: RawHeaders): Array<[string, string]> {
  const list: Array<[string, string]> = []
  for (let i = 0; i < flat.length; i += 2) list.push([flat[i] ?? '', flat[i + 1] ?? ''])
  return list
}
