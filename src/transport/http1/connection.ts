import type { Socket } from 'node:net'
import { ProxyError, type FailureCode } from '../../base/errors.js'
import type { Attempt, AttemptCarrier } from './attempt.js'
import type { ConnectionOwner } from './connection-owner.js'
import { LazyDeadline } from './lazy-deadline.js'
import { ResponseReader } from './response-reader.js'
import { socketFailure, type ConnectionPhase } from './socket-failure.js'

/** Milliseconds without traffic until the kernel asks whether the target is still there. */
const KEEP_ALIVE_PROBE = 30_000

type State = 'connecting' | 'idle' | 'busy' | 'closed'

/**
 * One connection: a socket, and at most one attempt on it. Listeners are attached once. It is its own deadline; what the end of
 * that means follows from the state.
 */
export class Connection extends LazyDeadline implements AttemptCarrier {
  readonly #owner: ConnectionOwner<Connection>
  readonly #socket: Socket
  readonly #reader: ResponseReader
  /** Is the socket read as a stream, so that it can be handed over? */
  readonly #streamed: boolean
  #state: State = 'connecting'
  /** The one under way, or the one for which the connection is being made. */
  #attempt: Attempt | null
  #served = 0
  /** It stands, but is not secured yet. */
  #securing = false
  #endSeen = false
  #reset = false
  /** When it fell idle; until it stands, when it began to connect. */
  #restingSince: number

  /** Begins to connect. @param reservedFor the attempt that starts as soon as it stands; null = whichever is next. */
  constructor (owner: ConnectionOwner<Connection>, reservedFor: Attempt | null) {
    super(owner.clock, owner.wheel)
    this.#owner = owner
    this.#attempt = reservedFor
    if (reservedFor !== null) reservedFor.carrier = this
    this.#streamed = reservedFor !== null && reservedFor.head.upgrade !== null
    this.#reader = new ResponseReader(!this.#streamed)
    this.#socket = this.#open()
    const now = owner.clock.now()
    this.#restingSince = now
    this.postpone(owner.connectTimeout, now)
  }

  /** May it still be given a request? Asked before an idle connection is used: the wheel may be late. */
  fresh (now: number): boolean {
    return this.#state === 'idle' && this.pending(now)
  }

  /** Milliseconds since it fell idle. */
  idleFor (now: number): number {
    return now - this.#restingSince
  }

  /** Gives an idle connection its next request. */
  start (attempt: Attempt, now: number): void {
    const { connections } = this.#owner.counts
    if (this.#state === 'idle') connections.idle--
    this.#state = 'busy'
    this.#attempt = attempt
    attempt.carrier = this
    attempt.reused = this.#served++ > 0
    if (attempt.reused) connections.reused++
    this.#socket.ref()
    this.#reader.begin(attempt.head.method, attempt.head.upgrade !== null, attempt.sink)
    this.postpone(0, now)
    attempt.start(this.#socket)
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
    if (!this.#streamed) this.#socket.resume()
    reader.readHeld()
    this.#act()
    if (this.#state !== 'busy' || reader.paused) return
    if (this.#streamed) this.#pull()
    if (this.#endSeen) this.#ended()
  }

  // What the reader says

  /** Acts on what the reader made of a piece. */
  #act (): void {
    const attempt = this.#attempt
    if (attempt === null) return
    const reader = this.#reader
    if (reader.paused) {
      if (!this.#streamed) this.#socket.pause()
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
    const usable = persistent && !this.#endSeen && attempt.sent === 'all' && !this.#streamed && this.#socket.writableLength === 0
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
    this.#owner.counts.connections.idle++
    this.#restingSince = now
    this.#socket.unref()
    this.postpone(limit, now)
    this.#owner.free(this)
  }

  #handOver (attempt: Attempt): void {
    const socket = this.#socket
    const { trailers, surplus } = this.#reader
    this.#detach()
    // It still takes up one of the target's connections.
    socket.once('close', () => {
      this.#owner.counts.connections.open--
      this.#owner.gone(this)
    })
    attempt.finish()
    attempt.sink.upgraded(trailers, socket, surplus)
  }

  // The socket

  #open (): Socket {
    const { connector } = this.#owner
    const socket = connector.open(this.#reader.onread(length => { this.#read(length) }))
    socket.on(connector.readyEvent, this.#onReady)
    if (connector.secure) socket.once('connect', () => { this.#secure() })
    socket.on('drain', this.#onDrain)
    socket.on('end', this.#onEnd)
    socket.on('error', this.#onError)
    socket.on('close', this.#onEnd)
    if (this.#streamed) socket.on('readable', this.#onReadable)
    return socket
  }

  readonly #onReady = (): void => {
    if (this.#state !== 'connecting') return
    this.#socket.setNoDelay(true)
    this.#socket.setKeepAlive(true, KEEP_ALIVE_PROBE)
    const now = this.#owner.clock.now()
    this.#stands(now)
    if (this.#attempt === null) this.#rest(this.#owner.idleLimit(-1, now), now)
    else this.start(this.#attempt, now)
  }

  #stands (now: number): void {
    const { connections, connectTimes } = this.#owner.counts
    connections.open++
    connections.opened++
    connectTimes.add(now - this.#restingSince)
  }

  #secure (): void {
    if (this.#state !== 'connecting') return
    this.#securing = true
    this.postpone(this.#owner.tlsTimeout, this.#owner.clock.now())
  }

  readonly #onReadable = (): void => { this.#pull() }

  #read (length: number): void {
    // Bytes that answer no request: whatever they are, the connection can't be trusted any more (GHSA-35p6-xmwp-9g52).
    if (this.#state !== 'busy') return this.#destroy()
    if (this.#reader.readBuffer(length)) this.#act()
  }

  #pull (): void {
    while (this.#state !== 'closed' && !this.#reader.paused) {
      // A socket without an encoding gives Buffers.
      const chunk = this.#socket.read() as Buffer | null
      if (chunk === null) return
      if (this.#state !== 'busy') return this.#destroy()
      if (this.#reader.readChunk(chunk)) this.#act()
    }
  }

  readonly #onDrain = (): void => { this.#attempt?.drained() }

  readonly #onEnd = (): void => {
    if (this.#state === 'closed') return
    // A reset that comes together with bytes looks like an end; but a socket that was reset has no peer any more.
    this.#reset ||= !this.#socket.destroyed && this.#owner.connector.tcp && this.#socket.remoteAddress === undefined
    if (this.#state === 'busy' && this.#reader.paused) this.#endSeen = true
    else this.#ended()
  }

  /** The target closed its side. */
  #ended (): void {
    if (this.#state === 'idle') return this.#diedIdle()
    if (this.#state === 'connecting') return this.#onError(new Error('closed while connecting'))
    this.#endSeen = true
    if (!this.#reset) this.#reader.finish()
    if (this.#reader.state === 'ended' && this.#attempt !== null) return this.#complete(this.#attempt)
    this.#fail(this.#reader.headSeen ? 'http_response_incomplete' : 'connection_terminated', 'the target closed the connection')
  }

  readonly #onError = (error: Error): void => {
    if (this.#state === 'closed') return
    if (this.#state === 'idle') return this.#diedIdle()
    const failure = socketFailure(error, this.#phase, this.#owner.where)
    if (this.#state === 'connecting') this.#refuse(failure)
    else this.broken(failure)
  }

  #diedIdle (): void {
    const now = this.#owner.clock.now()
    if (this.#served > 0) this.#owner.closedIdle(now - this.#restingSince, now)
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
    const { connections } = this.#owner.counts
    if (this.#state !== 'connecting') connections.open--
    if (this.#state === 'idle') connections.idle--
    this.#close()
    this.#socket.destroy()
  }

  #close (): void {
    this.#state = 'closed'
    this.#reader.stop()
    this.disarm()
  }

  /** Takes everything of ours off the socket. */
  #detach (): void {
    const socket = this.#socket
    this.#close()
    this.#attempt = null
    socket.removeListener(this.#owner.connector.readyEvent, this.#onReady)
    socket.removeListener('drain', this.#onDrain)
    socket.removeListener('end', this.#onEnd)
    socket.removeListener('error', this.#onError)
    socket.removeListener('close', this.#onEnd)
    socket.removeListener('readable', this.#onReadable)
    this.#owner.connector.release(socket)
  }

  // Time

  /** Sets the deadline that the state of request and response asks for. */
  #rewatch (now: number): void {
    const attempt = this.#attempt
    if (attempt === null) return
    const { responseHead, idleBody } = attempt.head.timeouts
    if (attempt.blocked) this.postpone(idleBody, now)
    else if (this.#reader.paused) this.postpone(0, now)
    else if (this.#reader.headSeen) this.postpone(idleBody, now)
    else this.postpone(this.#targetsTurn(attempt) ? responseHead : idleBody, now)
  }

  /** Is it the target that has to say something, be it only a 100? */
  #targetsTurn (attempt: Attempt): boolean {
    return attempt.sent === 'all' || (attempt.hesitates && !this.#reader.continued)
  }

  #late (): ProxyError {
    const { where } = this.#owner
    return this.#securing
      ? new ProxyError('tls_timeout', `${where}: the TLS handshake was not complete in time`)
      : new ProxyError('connection_timeout', `${where}: no connection in time`)
  }

  protected override ranOut (): void {
    if (this.#state === 'idle') return this.#destroy()
    if (this.#state === 'connecting') return this.#refuse(this.#late())
    if (this.#attempt?.blocked === true) return this.#fail('connection_write_timeout', 'the target does not read the request')
    if (this.#reader.headSeen) return this.#fail('connection_read_timeout', 'the response body stalls')
    if (this.#attempt !== null && this.#targetsTurn(this.#attempt)) return this.#fail('http_response_timeout', 'no response head in time')
    this.#fail('http_request_timeout', 'the request body stalls')
  }
}
