import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { errors, util, type Dispatcher } from 'undici'
import type { ProxyError } from '../base/errors.js'
import type { RawHeaders } from '../transport/transport.js'
import type { Client } from './client.js'
import type { BodyWatcher, DispatchBody } from './dispatch-body.js'
import { dispatchError } from './dispatch-error.js'
import type { Exchange } from './exchange.js'
import type { ResponseHandler } from './legacy-handler.js'

/**
 * Tells an undici handler how its request goes, and is the controller with which the handler pauses, resumes and aborts. The
 * handler hears of exactly one end: `onResponseEnd`, `onResponseError` or `onRequestUpgrade`.
 */
export class DispatchClient implements Client, Dispatcher.DispatchController, BodyWatcher {
  /** Names and values in turn, as the target sent them. */
  rawHeaders: Buffer[] = []
  rawTrailers: Buffer[] = []
  readonly #handler: ResponseHandler
  readonly #ended: (client: DispatchClient) => void
  #exchange: Exchange | null = null
  #body: DispatchBody | null = null
  #over = false
  #paused = false
  #reason: Error | null = null
  /** What came while paused: a target may have sent more by the time it hears of the pause. */
  #held: Buffer[] = []
  #heldEnd: RawHeaders | null = null

  /** @param ended called once, before the handler hears of its end. */
  constructor (handler: ResponseHandler, ended: (client: DispatchClient) => void) {
    this.#handler = handler
    this.#ended = ended
  }

  get aborted (): boolean { return this.#reason !== null }
  get paused (): boolean { return this.#paused }
  get reason (): Error | null { return this.#reason }

  /** Tells the handler that its request begins, and begins it, unless the handler thinks better of it. */
  start (exchange: Exchange, body: DispatchBody | null): void {
    this.#body = body
    this.#guard(() => { this.#handler.onRequestStart?.(this, {}) })
    if (this.#over) return
    this.#exchange = exchange
    exchange.start()
    if (body === null) this.requestSent()
  }

  /** Ends a request that cannot be begun. */
  refuse (error: Error): void {
    if (this.#over) return
    this.#finish()
    this.#fail(error)
  }

  // What the handler wants

  pause (): void {
    this.#paused = true
  }

  resume (): void {
    if (!this.#paused) return
    this.#paused = false
    while (this.#held.length > 0 && this.#flowing) this.#pass(this.#held.shift())
    if (!this.#flowing) return
    if (this.#heldEnd !== null) this.#complete(this.#heldEnd)
    else this.#exchange?.resume()
  }

  abort (reason?: Error): void {
    if (this.#over) return
    this.#reason = reason ?? new errors.RequestAbortedError()
    this.#exchange?.clientClosed()
    this.refuse(this.#reason)
  }

  // What the body says

  bodyBroken (error: Error): void {
    this.abort(error)
  }

  bodySent (chunk: Buffer): void {
    if (!this.#over) this.#guard(() => { this.#handler.onRequestBodySent?.(chunk) })
  }

  requestSent (): void {
    if (!this.#over) this.#guard(() => { this.#handler.onRequestSent?.() })
  }

  // What the exchange says

  informational (status: number, headers: RawHeaders): void {
    // undici shows its handlers no 100: it is about the body, which is nothing to them.
    if (status !== 100) this.#start(status, headers)
  }

  head (status: number, headers: RawHeaders): void {
    this.#start(status, headers)
  }

  data (chunk: Buffer): boolean {
    if (this.#over) return true
    if (this.#paused) this.#held.push(chunk)
    else this.#pass(chunk)
    return !this.#paused
  }

  end (trailers: RawHeaders): void {
    if (this.#over) return
    if (this.#paused) this.#heldEnd = trailers
    else this.#complete(trailers)
  }

  flush (): void {}

  upgraded (headers: RawHeaders, connection: Duplex, first: Buffer, closed: () => void): void {
    if (connection.closed) closed()
    else connection.once('close', () => { closed() })
    if (first.length > 0 && !connection.destroyed) connection.unshift(first)
    this.rawHeaders = buffers(headers)
    this.#finish()
    try {
      if (this.#handler.onRequestUpgrade === undefined) throw new errors.SocketError('bad upgrade')
      this.#handler.onRequestUpgrade(this, 101, util.parseHeaders(this.rawHeaders), connection)
    } catch (error) {
      connection.destroy()
      this.#fail(asError(error))
    }
  }

  fail (error: ProxyError, started: boolean): void {
    this.refuse(dispatchError(error, started))
  }

  get #flowing (): boolean {
    return !this.#paused && !this.#over
  }

  #start (status: number, headers: RawHeaders): void {
    if (this.#over) return
    this.rawHeaders = buffers(headers)
    this.#guard(() => {
      this.#handler.onResponseStart?.(this, status, util.parseHeaders(this.rawHeaders), STATUS_CODES[status] ?? '')
    })
  }

  #pass (chunk: Buffer | undefined): void {
    if (chunk !== undefined) this.#guard(() => { this.#handler.onResponseData?.(this, chunk) })
  }

  #complete (trailers: RawHeaders): void {
    this.#finish()
    this.rawTrailers = buffers(trailers)
    try {
      this.#handler.onResponseEnd?.(this, util.parseHeaders(this.rawTrailers))
    } catch (error) {
      this.#fail(asError(error))
    }
  }

  #finish (): void {
    this.#over = true
    this.#held = []
    this.#body?.release()
    this.#ended(this)
  }

  /** A handler that throws gives its request up. */
  #guard (call: () => void): void {
    try {
      call()
    } catch (error) {
      this.abort(asError(error))
    }
  }

  #fail (error: Error): void {
    try {
      this.#handler.onResponseError?.(this, error)
    } catch (thrown) {
      // There is nobody left to tell but the process; the transport, on whose stack this is, must not suffer for it.
      queueMicrotask(() => { throw thrown })
    }
  }
}

function buffers (fields: RawHeaders): Buffer[] {
  return fields.map(text => Buffer.from(text, 'latin1'))
}

function asError (thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown })
}
