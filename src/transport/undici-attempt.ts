import type { Duplex } from 'node:stream'
import type { Dispatcher } from 'undici'
import { ProxyError } from '../base/errors.js'
import { CallbackDeadline, type TimerWheel } from '../base/timer-wheel.js'
import type { BodySource, RawHeaders, RequestHead, ResponseSink, Sending, Sent } from './transport.js'
import { UndiciBody, type BodyProgress } from './undici-body.js'
import type { ConnectionState, Passenger } from './undici-connection.js'
import { asProxyError, type Phase } from './undici-errors.js'

const NO_BYTES = Buffer.alloc(0)

/** One request under way in undici: turns undici's events into calls of the sink, and keeps the time. */
export class UndiciAttempt implements Sending, Dispatcher.DispatchHandler, BodyProgress, Passenger {
  readonly #head: RequestHead
  readonly #sink: ResponseSink
  readonly #wheel: TimerWheel
  readonly #expectsContinue: boolean
  readonly #connectTimeout: number
  readonly body: UndiciBody | null
  #connection: ConnectionState | null = null
  reused = false
  #controller: Dispatcher.DispatchController | null = null
  #phase: Phase = 'connecting'
  #sent: Sent = 'nothing'
  #done = false
  #paused = false
  #flushing = false
  #bodySide: 'source' | 'target' = 'source'
  readonly #responseDeadline = new CallbackDeadline(() => { this.#responseTimedOut() })
  readonly #requestDeadline = new CallbackDeadline(() => { this.#requestTimedOut() })

  constructor (head: RequestHead, body: BodySource | null, sink: ResponseSink, wheel: TimerWheel, expectsContinue: boolean, connectTimeout: number) {
    this.#head = head
    this.#sink = sink
    this.#wheel = wheel
    this.#expectsContinue = expectsContinue
    this.#connectTimeout = connectTimeout
    this.body = body === null ? null : new UndiciBody(body, this)
    if (body === null) this.#arm(this.#responseDeadline, head.timeouts.responseHead)
    this.#arm(this.#requestDeadline, connectTimeout)
  }

  get done (): boolean {
    return this.#done
  }

  abort (): void {
    if (this.#done) return
    this.#finish()
    this.#disconnect(new ProxyError('client_closed', 'the request was given up'))
  }

  resume (): void {
    if (!this.#paused || this.#done) return
    this.#paused = false
    this.#arm(this.#responseDeadline, this.#head.timeouts.idleBody)
    // undici's parser cannot be entered from within a callback of another connection's parser.
    queueMicrotask(() => { if (!this.#paused && !this.#done) this.#controller?.resume() })
  }

  /** Ends a request that undici never got, or that is cut off. */
  fail (error: ProxyError): void {
    if (this.#done) return
    const sent = this.#sent
    this.#finish()
    this.#sink.failed(error, sent)
  }

  placed (connection: ConnectionState): void {
    this.#connection = connection
    if (!this.#done) this.#arm(this.#requestDeadline, this.#connectTimeout)
  }

  bodyOpened (): void {
    if (this.#expectsContinue && !this.#done) this.#sink.informational(100, [])
  }

  bodyWaits (side: 'source' | 'target'): void {
    if (this.#done) return
    this.#bodySide = side
    if (this.body?.delivered === true) this.#sent = 'partly'
    this.#arm(this.#requestDeadline, this.#head.timeouts.idleBody)
  }

  bodySent (): void {
    if (this.#done) return
    this.#sent = 'all'
    this.#wheel.disarm(this.#requestDeadline)
    if (this.#phase !== 'receiving') this.#arm(this.#responseDeadline, this.#head.timeouts.responseHead)
  }

  bodyFailed (error: ProxyError): void {
    this.#cut(error)
  }

  onRequestStart (controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#done) {
      controller.abort(new ProxyError('client_closed', 'the request was given up before it was sent'))
      return
    }
    this.#phase = 'waiting'
    if (this.body === null) {
      this.#sent = 'all'
      this.#wheel.disarm(this.#requestDeadline)
    }
    if (this.#connection !== null) {
      this.reused = this.#connection.used
      this.#connection.used = true
    }
  }

  onResponseStart (controller: Dispatcher.DispatchController, status: number): void {
    if (this.#done) return
    this.#flushLater()
    const headers = rawHeaders(controller.rawHeaders)
    if (status < 200) {
      this.#sink.informational(status, headers)
      return
    }
    this.#phase = 'receiving'
    this.#arm(this.#responseDeadline, this.#head.timeouts.idleBody)
    this.#sink.head(status, headers)
  }

  onResponseData (controller: Dispatcher.DispatchController, chunk: Buffer): void {
    // After a pause undici may begin with an empty piece.
    if (this.#done || chunk.length === 0) return
    this.#flushLater()
    this.#arm(this.#responseDeadline, this.#head.timeouts.idleBody)
    const more = this.#sink.data(chunk)
    // The sink may have aborted from within `data`; a pause would then leave nothing to resume.
    if (more || this.done) return
    this.#paused = true
    this.#wheel.disarm(this.#responseDeadline)
    controller.pause()
  }

  onResponseEnd (controller: Dispatcher.DispatchController): void {
    if (this.#done) return
    if (this.#connection?.broken === true) {
      // undici takes a reset for the regular end of a body that lasts until the connection closes.
      this.fail(new ProxyError('http_response_incomplete', 'the connection was reset within the response body'))
      return
    }
    this.#finish()
    this.#sink.end(rawHeaders(controller.rawTrailers))
  }

  onRequestUpgrade (controller: Dispatcher.DispatchController, _status: number, _headers: unknown, socket: Duplex): void {
    if (this.#done) {
      socket.destroy()
      return
    }
    this.#finish()
    const first: unknown = socket.read()
    this.#sink.upgraded(rawHeaders(controller.rawHeaders), socket, Buffer.isBuffer(first) ? first : NO_BYTES)
  }

  onResponseError (_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    this.fail(asProxyError(error, this.#phase))
  }

  #responseTimedOut (): void {
    this.#cut(this.#phase === 'receiving'
      ? new ProxyError('connection_read_timeout', `no response data for ${this.#head.timeouts.idleBody} ms`)
      : new ProxyError('http_response_timeout', `no response head within ${this.#head.timeouts.responseHead} ms`))
  }

  #requestTimedOut (): void {
    if (this.#phase === 'connecting' && this.body?.delivered !== true) {
      this.#cut(this.#connection === null
        ? new ProxyError('connection_limit_reached', `no connection came free within ${this.#connectTimeout} ms`)
        : new ProxyError('connection_timeout', `no connection stood within ${this.#connectTimeout} ms`))
      return
    }
    const limit = this.#head.timeouts.idleBody
    this.#cut(this.#bodySide === 'source'
      ? new ProxyError('http_request_timeout', `no request data for ${limit} ms`)
      : new ProxyError('connection_write_timeout', `the target took no request data for ${limit} ms`))
  }

  #cut (error: ProxyError): void {
    if (this.#done) return
    this.#disconnect(error)
    this.fail(error)
  }

  /**
   * Destroys the connection, if the request is on one. undici's own `abort` would take the request for one that waits, and
   * make a new connection for it only to find that it was given up.
   */
  #disconnect (error: ProxyError): void {
    if (this.#phase !== 'connecting') this.#connection?.socket?.destroy(error)
  }

  #finish (): void {
    this.#done = true
    this.#wheel.disarm(this.#responseDeadline)
    this.#wheel.disarm(this.#requestDeadline)
    this.body?.destroy()
  }

  #arm (deadline: CallbackDeadline, delay: number): void {
    if (delay > 0) this.#wheel.arm(deadline, delay)
    else this.#wheel.disarm(deadline)
  }

  /** undici does not say where a batch ends, but hands it over without a break: the next microtask comes after it. */
  #flushLater (): void {
    if (this.#flushing) return
    this.#flushing = true
    queueMicrotask(() => {
      this.#flushing = false
      if (!this.#done) this.#sink.flush()
    })
  }
}

function rawHeaders (raw: Dispatcher.DispatchController['rawHeaders']): RawHeaders {
  if (!Array.isArray(raw)) return []
  return raw.map(text => typeof text === 'string' ? text : text.toString('latin1'))
}
