import { ProxyError, type FailureCode } from '../../base/errors.js'
import type { Attempt, AttemptCarrier } from './attempt.js'
import type { ConnectionOwner } from './connection-owner.js'
import { ConnectionRecord } from './connection-record.js'
import { LazyDeadline } from './lazy-deadline.js'
import { ResponseReader } from './response-reader.js'
import { socketFailure, type ConnectionPhase } from './socket-failure.js'
import { connectStallFailure, stallFailure, stallLimit } from './stall.js'
import { Wire, type WireUser } from './wire.js'

type State = 'connecting' | 'idle' | 'busy' | 'closed'

/** One connection: a wire, and at most one attempt on it. It is its own deadline; what the end of that means follows from the state. */
export class Connection extends LazyDeadline implements AttemptCarrier, WireUser {
  readonly #owner: ConnectionOwner<Connection>
  readonly #reader: ResponseReader
  readonly #wire: Wire
  readonly #record: ConnectionRecord
  #state: State = 'connecting'
  /** The one under way, or the one for which the connection is being made. */
  #attempt: Attempt | null
  /** The target has closed its side. */
  #endSeen = false

  /** Begins to connect. @param reservedFor the attempt that starts as soon as it stands; null = whichever is next. */
  constructor (owner: ConnectionOwner<Connection>, reservedFor: Attempt | null) {
    super(owner.clock, owner.wheel)
    this.#owner = owner
    this.#attempt = reservedFor
    if (reservedFor !== null) reservedFor.carrier = this
    // One that may be handed over is read as a stream.
    this.#reader = new ResponseReader(reservedFor === null || reservedFor.head.upgrade === null)
    this.#wire = new Wire(owner.connector, this.#reader, this)
    const now = owner.clock.now()
    this.#record = new ConnectionRecord(owner.counts, now)
    this.postpone(owner.connectTimeout, now)
  }

  /** May it still be given a request? Asked before an idle connection is used: the wheel may be late. */
  fresh (now: number): boolean {
    return this.#state === 'idle' && this.pending(now)
  }

  /** Milliseconds since it fell idle. */
  idleFor (now: number): number {
    return this.#record.idleFor(now)
  }

  /** Gives an idle connection its next request. */
  start (attempt: Attempt, now: number): void {
    this.#state = 'busy'
    this.#attempt = attempt
    attempt.carrier = this
    attempt.reused = this.#record.serves()
    this.#wire.socket.ref()
    this.#reader.begin(attempt.head.method, attempt.head.upgrade !== null, attempt.sink)
    this.postpone(0, now)
    attempt.start(this.#wire.socket)
  }

  /** Closes one that has no attempt. */
  retire (): void {
    this.#destroy()
  }

  // What the attempt says

  dropped (): void {
    this.#attempt = null
    this.#destroy()
  }

  broken (error: ProxyError): void {
    const attempt = this.#attempt
    this.#attempt = null
    this.#destroy()
    attempt?.fail(error)
  }

  progressed (): void {
    if (this.#state === 'busy') this.#rewatch(this.#owner.clock.now())
  }

  resumed (): void {
    const reader = this.#reader
    if (!reader.paused) return
    reader.resume()
    // Before anything else: an idle connection must hear of its end.
    this.#wire.resume()
    reader.readHeld()
    this.#act()
    if (this.#state !== 'busy' || reader.paused) return
    if (this.#wire.streamed) this.readable()
    if (this.#endSeen) this.#finish()
  }

  // What the reader says

  /** Acts on what the reader made of a piece. */
  #act (): void {
    const attempt = this.#attempt
    if (attempt === null) return
    const reader = this.#reader
    if (reader.paused) {
      this.#wire.pause()
      this.#rewatch(this.#owner.clock.now())
      attempt.sink.flush()
      return
    }
    switch (reader.state) {
      case 'ended':
        return this.#complete(attempt)
      case 'failed':
        return this.#fail(reader.fault?.code ?? 'proxy_internal_error', reader.fault?.message ?? '')
      case 'upgraded':
        return this.#handOver(attempt)
      default:
        if (reader.headSeen || (attempt.hesitates && reader.continued)) this.#rewatch(this.#owner.clock.now())
        attempt.sink.flush()
    }
  }

  /** The response is complete. */
  #complete (attempt: Attempt): void {
    const { trailers, persistent, keepAlive } = this.#reader
    const usable = persistent && !this.#endSeen && attempt.sent === 'all' && !this.#wire.streamed && this.#wire.flushed
    this.#attempt = null
    this.#reader.stop()
    attempt.finish()
    const now = this.#owner.clock.now()
    const limit = usable ? this.#owner.idleLimit(keepAlive, now) : 0
    if (limit > 0) this.#rest(limit, now)
    else this.#destroy()
    attempt.sink.end(trailers)
  }

  /** Falls idle and says so; it may be busy again when this returns. */
  #rest (limit: number, now: number): void {
    this.#state = 'idle'
    this.#record.rests(now)
    this.#wire.socket.unref()
    this.postpone(limit, now)
    this.#owner.free(this)
  }

  #handOver (attempt: Attempt): void {
    const { trailers, surplus } = this.#reader
    this.#close()
    this.#attempt = null
    const socket = this.#wire.release()
    // It still takes up one of the target's connections.
    socket.once('close', () => {
      this.#record.ended()
      this.#owner.gone(this)
    })
    attempt.finish()
    attempt.sink.upgraded(trailers, socket, surplus)
  }

  // What the wire says

  securing (): void {
    if (this.#state === 'connecting') this.postpone(this.#owner.tlsTimeout, this.#owner.clock.now())
  }

  ready (): void {
    if (this.#state !== 'connecting') return
    const now = this.#owner.clock.now()
    this.#record.stood(now)
    if (this.#attempt === null) this.#rest(this.#owner.idleLimit(-1, now), now)
    else this.start(this.#attempt, now)
  }

  arrived (length: number): void {
    // Bytes that answer no request: whatever they are, the connection can't be trusted any more (GHSA-35p6-xmwp-9g52).
    if (this.#state !== 'busy') return this.#destroy()
    if (this.#reader.readBuffer(length)) this.#act()
  }

  readable (): void {
    while (this.#state !== 'closed' && !this.#reader.paused) {
      const chunk = this.#wire.read()
      if (chunk === null) return
      if (this.#state !== 'busy') return this.#destroy()
      if (this.#reader.readChunk(chunk)) this.#act()
    }
  }

  drained (): void {
    this.#attempt?.drained()
  }

  ended (): void {
    if (this.#state === 'busy' && this.#reader.paused) this.#endSeen = true
    else if (this.#state !== 'closed') this.#finish()
  }

  failed (error: Error): void {
    if (this.#state === 'closed') return
    if (this.#state === 'idle') return this.#diedIdle()
    const failure = socketFailure(error, this.#phase, this.#owner.where)
    if (this.#state === 'connecting') this.#refuse(failure)
    else this.broken(failure)
  }

  /** Nothing more will come. */
  #finish (): void {
    if (this.#state === 'idle') return this.#diedIdle()
    if (this.#state === 'connecting') return this.failed(new Error('closed while connecting'))
    this.#endSeen = true
    if (!this.#wire.reset) this.#reader.finish()
    if (this.#reader.state === 'ended' && this.#attempt !== null) return this.#complete(this.#attempt)
    this.#fail(this.#reader.headSeen ? 'http_response_incomplete' : 'connection_terminated', 'the target closed the connection')
  }

  #diedIdle (): void {
    const now = this.#owner.clock.now()
    if (this.#record.used) this.#owner.closedIdle(this.#record.idleFor(now), now)
    this.#destroy()
  }

  get #phase (): ConnectionPhase {
    if (this.#state === 'connecting') return this.#owner.connector.secure ? 'securing' : 'connecting'
    return this.#reader.headSeen ? 'receiving' : 'waiting'
  }

  #refuse (error: ProxyError): void {
    if (this.#attempt !== null) return this.broken(error)
    this.#discard()
    this.#owner.refused(this, error)
  }

  #fail (code: FailureCode, message: string): void {
    this.broken(new ProxyError(code, `${this.#owner.where}: ${message}`))
  }

  #destroy (): void {
    if (this.#state === 'closed') return
    this.#discard()
    this.#owner.gone(this)
  }

  #discard (): void {
    this.#record.ended()
    this.#close()
    this.#wire.socket.destroy()
  }

  #close (): void {
    this.#state = 'closed'
    this.#reader.stop()
    this.disarm()
  }

  // Time

  /** Sets the deadline that the state of request and response asks for. */
  #rewatch (now: number): void {
    if (this.#attempt !== null) this.postpone(stallLimit(this.#attempt, this.#reader), now)
  }

  protected override ranOut (): void {
    if (this.#state === 'idle') return this.#destroy()
    if (this.#state === 'connecting') return this.#refuse(connectStallFailure(this.#wire.securing, this.#owner.where))
    if (this.#attempt !== null) this.broken(stallFailure(this.#attempt, this.#reader, this.#owner.where))
  }
}
