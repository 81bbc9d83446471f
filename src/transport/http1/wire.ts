import type { Socket } from 'node:net'
import type { Connector } from './connector.js'
import type { ResponseReader } from './response-reader.js'

/** Milliseconds without traffic until the kernel asks whether the target is still there. */
const KEEP_ALIVE_PROBE = 30_000

/** Who uses a wire. */
export interface WireUser {
  /** TCP stands, TLS is to come. */
  securing (): void
  /** It can be written to. */
  ready (): void
  /** So many bytes are in the reader's buffer. */
  arrived (length: number): void
  /** A wire that is read as a stream has something to `read`. */
  readable (): void
  /** The socket has taken what it held. */
  drained (): void
  /** The target closed its side, or the socket is gone. May come more than once. */
  ended (): void
  failed (error: Error): void
}

/** A socket and our listeners on it: attached once, and taken off when it is handed over. */
export class Wire {
  readonly socket: Socket
  /** Is the socket read as a stream, so that it can be handed over? */
  readonly streamed: boolean
  /** Does TCP stand, and TLS not yet? */
  securing = false
  /** Did the target end it with a reset? */
  reset = false
  readonly #connector: Connector
  readonly #user: WireUser

  /** Begins to connect. @param reader into whose buffer the socket reads; one without a buffer = it is read as a stream. */
  constructor (connector: Connector, reader: ResponseReader, user: WireUser) {
    this.#connector = connector
    this.#user = user
    const onread = reader.onread(length => { user.arrived(length) })
    this.streamed = onread === null
    const socket = connector.open(onread)
    socket.on(connector.readyEvent, this.#onReady)
    if (connector.secure) socket.once('connect', () => { this.#secure() })
    socket.on('drain', this.#onDrain)
    socket.on('end', this.#onEnd)
    socket.on('error', this.#onError)
    socket.on('close', this.#onEnd)
    if (this.streamed) socket.on('readable', this.#onReadable)
    this.socket = socket
  }

  /** Has all that was written left? */
  get flushed (): boolean { return this.socket.writableLength === 0 }

  /** Reads no more until `resume`. One that is read as a stream is simply not read. */
  pause (): void {
    if (!this.streamed) this.socket.pause()
  }

  resume (): void {
    if (!this.streamed) this.socket.resume()
  }

  /** The next piece of one that is read as a stream; null = there is none now. */
  read (): Buffer | null {
    // A socket without an encoding gives Buffers.
    return this.socket.read() as Buffer | null
  }

  /** Takes everything of ours off the socket. */
  release (): Socket {
    const { socket } = this
    socket.removeListener(this.#connector.readyEvent, this.#onReady)
    socket.removeListener('drain', this.#onDrain)
    socket.removeListener('end', this.#onEnd)
    socket.removeListener('error', this.#onError)
    socket.removeListener('close', this.#onEnd)
    socket.removeListener('readable', this.#onReadable)
    this.#connector.release(socket)
    return socket
  }

  #secure (): void {
    this.securing = true
    this.#user.securing()
  }

  readonly #onReady = (): void => {
    this.securing = false
    this.socket.setNoDelay(true)
    this.socket.setKeepAlive(true, KEEP_ALIVE_PROBE)
    this.#user.ready()
  }

  readonly #onReadable = (): void => { this.#user.readable() }

  readonly #onDrain = (): void => { this.#user.drained() }

  readonly #onEnd = (): void => {
    // A reset that comes together with bytes looks like an end; but a socket that was reset has no peer any more.
    this.reset ||= !this.socket.destroyed && this.#connector.tcp && this.socket.remoteAddress === undefined
    this.#user.ended()
  }

  readonly #onError = (error: Error): void => { this.#user.failed(error) }
}
