import type { Socket } from 'node:net'
import { ProxyError, type FailureCode } from '../../base/errors.js'
import type { Clock } from '../../base/clock.js'
import type { TimerWheel } from '../../base/timer-wheel.js'
import type { RawHeaders } from '../transport.js'
import type { Attempt, AttemptCarrier } from './attempt.js'
import type { Connector } from './connector.js'
import { LazyDeadline } from './lazy-deadline.js'
import { ReadBuffer } from './read-buffer.js'
import { ResponseParser, type ResponseEvents } from './response-parser.js'
import { socketFailure, type ConnectionPhase } from './socket-failure.js'

/** Milliseconds without traffic until the kernel asks whether the target is still there. */
const KEEP_ALIVE_PROBE = 30_000
/** Bytes of body still to come from which on it is worth reading into a buffer that can be handed over. */
const LONG_BODY = 32_768
const NOTHING = Buffer.alloc(0)

/** Who keeps a target's connections. */
export interface ConnectionOwner {
  readonly clock: Clock
  readonly wheel: TimerWheel
  readonly connector: Connector
  /** Names the target in messages. */
  readonly where: string
  /** Milliseconds until a connection must stand. */
  readonly connectTimeout: number
  /** The connection stands, or has finished a request that left it usable: it is idle. */
  free (connection: Connection): void
  /** It could not be made, and was reserved for nobody. */
  refused (connection: Connection, error: ProxyError): void
  /** It is gone, or somebody else's. */
  gone (connection: Connection): void
  /** The target closed it after it had been idle for `idle` milliseconds. */
  closedIdle (idle: number, now: number): void
  /** Milliseconds for which it may be idle now; 0 = not at all. @param announced by the target; -1 if it did not say. */
  idleLimit (announced: number, now: number): number
}

type State = 'connecting' | 'idle' | 'busy' | 'closed'

/**
 * One connection: a socket, and at most one attempt on it. Listeners are attached once. It is its own deadline; what the end of
 * that means follows from the state.
 */
export class Connection extends LazyDeadline implements ResponseEvents, AttemptCarrier {
  readonly #owner: ConnectionOwner
  readonly #socket: Socket
  readonly #parser: ResponseParser
  /** Null where the socket is read as a stream, so that it can be handed over. */
  readonly #buffer: ReadBuffer | null
  #state: State = 'connecting'
  /** The one under way, or the one for which the connection is being made. */
  #attempt: Attempt | null
  #served = 0
  #headSeen = false
  /** Is what the parser reads ours to give away, or must it be copied? */
  #owned = false
  /** What came while the client wanted no more. */
  #held: Buffer | null = null
  #endSeen = false
  /** Bytes of the last read. */
  #lastRead = 0
  #idleSince = 0

  /** Begins to connect. @param reservedFor the attempt that starts as soon as it stands; null = whichever is next. */
  constructor (owner: ConnectionOwner, reservedFor: Attempt | null) {
    super(owner.clock, owner.wheel)
    this.#owner = owner
    this.#attempt = reservedFor
    if (reservedFor !== null) reservedFor.carrier = this
    this.#parser = new ResponseParser(this)
    this.#buffer = reservedFor !== null && reservedFor.head.upgrade !== null ? null : new ReadBuffer()
    this.#socket = this.#open(this.#buffer)
    this.postpone(owner.connectTimeout, owner.clock.now())
  }

  /** May it still be given a request? Asked before an idle connection is used: the wheel may be late. */
  fresh (now: number): boolean {
    return this.#state === 'idle' && this.pending(now)
  }

  /** Milliseconds since it fell idle. */
  idleFor (now: number): number {
    return now - this.#idleSince
  }

  /** Gives an idle connection its next request. */
  start (attempt: Attempt, now: number): void {
    this.#state = 'busy'
    this.#attempt = attempt
    attempt.carrier = this
    attempt.reused = this.#served++ > 0
    this.#headSeen = false
    this.#socket.ref()
    this.#parser.begin(attempt.head.method, attempt.head.upgrade !== null)
    this.postpone(0, now)
    attempt.start(this.#socket)
    this.#rewatch(now)
  }

  /** Closes one that has no attempt. */
  retire (): void {
    this.#destroy()
  }

  // What the parser says

  informational (status: number, headers: RawHeaders): void {
    this.#attempt?.sink.informational(status, headers)
  }

  head (status: number, headers: RawHeaders): void {
    this.#headSeen = true
    this.#attempt?.sink.head(status, headers)
  }

  data (bytes: Buffer, start: number, end: number): boolean {
    const attempt = this.#attempt
    if (attempt === null) return false
    return attempt.sink.data(this.#owned ? piece(bytes, start, end) : copy(bytes, start, end))
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
    if (!this.#parser.paused) return
    const held = this.#held ?? NOTHING
    this.#held = null
    this.#owned = true
    this.#parser.resume()
    // Before anything else: an idle connection must hear of its end.
    if (this.#buffer !== null) this.#socket.resume()
    this.#understood(held, this.#parser.execute(held, 0, held.length), held.length)
    if (this.#state !== 'busy' || this.#parser.paused) return
    if (this.#buffer === null) this.#pull()
    if (this.#endSeen) this.#ended()
  }

  // Reading

  #read (length: number): void {
    const buffer = this.#buffer
    if (buffer === null) return
    const bytes = buffer.current
    this.#lastRead = length
    this.#owned = buffer.giveAway(length)
    this.#received(bytes, length)
  }

  #received (bytes: Buffer, length: number): void {
    // Bytes that answer no request: whatever they are, the connection can't be trusted any more (GHSA-35p6-xmwp-9g52).
    if (this.#state !== 'busy') return this.#destroy()
    if (this.#parser.paused) return this.#hold(bytes, 0, length)
    this.#understood(bytes, this.#parser.execute(bytes, 0, length), length)
  }

  /** Acts on what the parser made of a piece, of which it left everything after `at`. */
  #understood (bytes: Buffer, at: number, end: number): void {
    const attempt = this.#attempt
    if (attempt === null) return
    const parser = this.#parser
    if (parser.paused) {
      this.#hold(bytes, at, end)
      if (this.#buffer !== null) this.#socket.pause()
      this.#rewatch(this.#owner.clock.now())
      attempt.sink.flush()
      return
    }
    switch (parser.state) {
      case 'ended':
        return this.#complete(attempt, at < end)
      case 'failed':
        return this.#fail(parser.fault?.code ?? 'proxy_internal_error', parser.fault?.message ?? '')
      case 'upgraded':
        return this.#handOver(attempt, copy(bytes, at, end))
      default:
        if (this.#headSeen) this.#rewatch(this.#owner.clock.now())
        attempt.sink.flush()
    }
  }

  #hold (bytes: Buffer, start: number, end: number): void {
    if (start === end) return
    const more = copy(bytes, start, end)
    this.#held = this.#held === null ? more : Buffer.concat([this.#held, more])
  }

  /** The response is complete. */
  #complete (attempt: Attempt, surplus: boolean): void {
    const { trailers, persistent, keepAlive } = this.#parser
    const usable = persistent && !surplus && attempt.sent === 'all' && this.#buffer !== null && this.#socket.writableLength === 0
    this.#attempt = null
    this.#parser.stop()
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
    this.#idleSince = now
    this.#socket.unref()
    this.postpone(limit, now)
    this.#owner.free(this)
  }

  #handOver (attempt: Attempt, first: Buffer): void {
    const socket = this.#socket
    const { trailers } = this.#parser
    this.#detach()
    // It still takes up one of the target's connections.
    socket.once('close', () => { this.#owner.gone(this) })
    attempt.finish()
    attempt.sink.upgraded(trailers, socket, first)
  }

  // The socket

  #open (buffer: ReadBuffer | null): Socket {
    const { connector } = this.#owner
    const socket = connector.open(buffer === null
      ? null
      : { buffer: () => buffer.prepare(this.#expectsMuch()), callback: length => { this.#read(length); return true } })
    socket.on(connector.readyEvent, this.#onReady)
    socket.on('drain', this.#onDrain)
    socket.on('end', this.#onEnd)
    socket.on('error', this.#onError)
    socket.on('close', this.#onEnd)
    if (buffer === null) socket.on('readable', this.#onReadable)
    return socket
  }

  /** Is a long body on its way? */
  #expectsMuch (): boolean {
    if (this.#state !== 'busy' || !this.#headSeen) return false
    const { bodyLeft } = this.#parser
    return bodyLeft >= LONG_BODY || (bodyLeft === -1 && this.#lastRead >= LONG_BODY)
  }

  readonly #onReady = (): void => {
    if (this.#state !== 'connecting') return
    this.#socket.setNoDelay(true)
    this.#socket.setKeepAlive(true, KEEP_ALIVE_PROBE)
    const now = this.#owner.clock.now()
    if (this.#attempt === null) this.#rest(this.#owner.idleLimit(-1, now), now)
    else this.start(this.#attempt, now)
  }

  readonly #onReadable = (): void => { this.#pull() }

  #pull (): void {
    while (this.#state !== 'closed' && !this.#parser.paused) {
      // A socket without an encoding gives Buffers.
      const chunk = this.#socket.read() as Buffer | null
      if (chunk === null) return
      this.#owned = true
      this.#received(chunk, chunk.length)
    }
  }

  readonly #onDrain = (): void => { this.#attempt?.drained() }

  readonly #onEnd = (): void => {
    if (this.#state === 'closed') return
    if (this.#state === 'busy' && this.#parser.paused) this.#endSeen = true
    else this.#ended()
  }

  /** The target closed its side. */
  #ended (): void {
    if (this.#state === 'idle') return this.#diedIdle()
    if (this.#state === 'connecting') return this.#onError(new Error('closed while connecting'))
    this.#parser.finish()
    if (this.#parser.state === 'ended' && this.#attempt !== null) return this.#complete(this.#attempt, true)
    this.#fail(this.#headSeen ? 'http_response_incomplete' : 'connection_terminated', 'the target closed the connection')
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
    if (this.#served > 0) this.#owner.closedIdle(now - this.#idleSince, now)
    this.#destroy()
  }

  get #phase (): ConnectionPhase {
    if (this.#state === 'connecting') return this.#owner.connector.secure ? 'securing' : 'connecting'
    return this.#headSeen ? 'receiving' : 'waiting'
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
    this.#close()
    this.#socket.destroy()
  }

  #close (): void {
    this.#state = 'closed'
    this.#parser.stop()
    this.#held = null
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
    else if (this.#parser.paused) this.postpone(0, now)
    else if (this.#headSeen) this.postpone(idleBody, now)
    else this.postpone(attempt.sent === 'all' ? responseHead : idleBody, now)
  }

  protected override ranOut (): void {
    if (this.#state === 'idle') return this.#destroy()
    if (this.#state === 'connecting') return this.#refuse(new ProxyError('connection_timeout', `${this.#owner.where}: no connection in time`))
    if (this.#attempt?.blocked === true) return this.#fail('connection_write_timeout', 'the target does not read the request')
    if (this.#headSeen) return this.#fail('connection_read_timeout', 'the response body stalls')
    if (this.#attempt?.sent === 'all') return this.#fail('http_response_timeout', 'no response head in time')
    this.#fail('http_request_timeout', 'the request body stalls')
  }
}

function piece (bytes: Buffer, start: number, end: number): Buffer {
  return start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end)
}

function copy (bytes: Buffer, start: number, end: number): Buffer {
  const own = Buffer.allocUnsafe(end - start)
  bytes.copy(own, 0, start, end)
  return own
}
