import type { Socket } from 'node:net'
import { ProxyError } from '../../base/errors.js'
import { Deadline } from '../../base/timer-wheel.js'
import type { BodySink, BodySource, RawHeaders, RequestHead, ResponseSink, Sending, Sent } from '../transport.js'
import { afterStep, afterTurn, type AfterTurn } from '../../base/event-loop.js'
import type { TargetCounts } from '../../upstream/target-counts.js'
import { serialiseLastChunk } from './request-head.js'

/** What carries an attempt: a connection, or the queue for one. */
export interface AttemptCarrier {
  /** The client gave up. */
  dropped (attempt: Attempt): void
  /** The client wants more. */
  resumed (): void
  /** The request cannot be completed. */
  broken (error: ProxyError): void
  /** Something of the request was written, or all of it, or the target does not take it fast enough. */
  progressed (): void
  /** Waited too long for a connection. */
  expired (attempt: Attempt): void
}

/** One request on its way to one target: writes it, and knows how much of it was written. */
export class Attempt extends Deadline implements Sending, BodySink, AfterTurn {
  readonly head: RequestHead
  readonly sink: ResponseSink
  /** True until `send` has returned: until then the sink must not be called. */
  sending = true
  reused = false
  /** Nothing more is to be told to the sink. */
  over = false
  sent: Sent = 'nothing'
  /** The socket holds as much as it should: the source was told to pause. */
  blocked = false
  /** Does the client send the body only when the target has asked for it? */
  hesitates = false
  carrier: AttemptCarrier

  readonly #text: string
  readonly #body: BodySource | null
  readonly #counts: TargetCounts
  #socket: Socket | null = null
  #bodyOpen = false
  /** Body bytes still due; meaningless for a body of unknown length. */
  #left = 0
  #corked = false
  /** The client is gone: not even a failure that is on its way may reach the sink. */
  #aborted = false

  /** @param text the head as it goes on the wire. */
  constructor (head: RequestHead, text: string, body: BodySource | null, sink: ResponseSink, carrier: AttemptCarrier, counts: TargetCounts) {
    super()
    this.head = head
    this.sink = sink
    this.carrier = carrier
    this.#text = text
    this.#body = body
    this.#counts = counts
  }

  /** Writes the request to a connection that stands, together with what others write in this turn. */
  start (socket: Socket): void {
    this.#socket = socket
    afterTurn(this)
  }

  /** @internal */
  turnOver (): void {
    const socket = this.#socket
    // The connection may have ended meanwhile: then nothing was sent, and any request may go elsewhere.
    if (this.over || socket === null) return
    const body = this.#body
    if (body === null) {
      this.sent = 'all'
      socket.write(this.#text, 'latin1')
      this.carrier.progressed()
      return
    }
    this.sent = 'partly'
    this.hesitates = expects(this.head.headers)
    this.#left = body.length ?? 0
    this.#bodyOpen = true
    // Head and first piece leave together if that comes within this tick.
    this.#corked = true
    socket.cork()
    socket.write(this.#text, 'latin1')
    body.open(this)
    if (this.#bodyOpen) afterStep(uncork, this)
    this.carrier.progressed()
  }

  /** @internal */
  uncork (): void {
    if (!this.#corked) return
    this.#corked = false
    this.#socket?.uncork()
  }

  data (chunk: Buffer): void {
    const socket = this.#socket
    if (!this.#bodyOpen || socket === null || chunk.length === 0) return
    this.hesitates = false
    this.#counts.bytesIn += chunk.length
    let ready: boolean
    if (this.#body?.length === null) {
      socket.cork()
      socket.write(`${chunk.length.toString(16)}\r\n`, 'latin1')
      socket.write(chunk)
      ready = socket.write('\r\n', 'latin1')
      socket.uncork()
    } else {
      this.#left -= chunk.length
      if (this.#left < 0) return this.#misdeclared('more')
      ready = socket.write(chunk)
    }
    if (!ready && !this.blocked) {
      this.blocked = true
      this.#body?.pause()
    }
    this.carrier.progressed()
  }

  end (trailers: RawHeaders): void {
    const socket = this.#socket
    if (!this.#bodyOpen || socket === null) return
    if (this.#body?.length === null) {
      let last: string
      try {
        last = serialiseLastChunk(trailers)
      } catch (error) {
        return this.#break(error)
      }
      socket.write(last, 'latin1')
    } else if (this.#left > 0) {
      return this.#misdeclared('less')
    }
    this.#bodyOpen = false
    this.sent = 'all'
    this.uncork()
    this.carrier.progressed()
  }

  failed (error: ProxyError): void {
    if (!this.#bodyOpen) return
    this.#bodyOpen = false
    this.carrier.broken(error)
  }

  /** The socket has taken what it held. */
  drained (): void {
    if (!this.blocked) return
    this.blocked = false
    if (this.#bodyOpen) this.#body?.resume()
    this.carrier.progressed()
  }

  /** The response is complete, or will never be: the rest of the body is not wanted. */
  finish (): void {
    this.over = true
    this.#closeBody()
  }

  /** Tells the sink, once. */
  fail (error: ProxyError): void {
    if (this.over) return
    this.finish()
    if (this.sending) afterStep(error => { this.#report(error) }, error)
    else this.#report(error)
  }

  abort (): void {
    this.#aborted = true
    if (this.over) return
    this.finish()
    this.carrier.dropped(this)
  }

  resume (): void {
    if (!this.over) this.carrier.resumed()
  }

  override expired (): void {
    this.carrier.expired(this)
  }

  #report (error: ProxyError): void {
    if (!this.#aborted) this.sink.failed(error, this.sent)
  }

  #closeBody (): void {
    if (!this.#bodyOpen) return
    this.#bodyOpen = false
    this.#body?.close()
  }

  #misdeclared (what: string): void {
    this.#break(new ProxyError('http_request_error', `${what} body than its length says`))
  }

  #break (error: unknown): void {
    this.#closeBody()
    this.carrier.broken(error instanceof ProxyError ? error : new ProxyError('proxy_internal_error', String(error)))
  }
}

function uncork (attempt: Attempt): void {
  attempt.uncork()
}

function expects (headers: RawHeaders): boolean {
  for (let i = 0; i < headers.length; i += 2) if (headers[i]?.length === 6 && headers[i]?.toLowerCase() === 'expect') return true
  return false
}
