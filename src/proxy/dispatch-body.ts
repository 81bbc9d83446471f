import { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { errors } from 'undici'
import type { BodySink, BodySource } from '../transport/transport.js'

/** Hears how a request body gets on. */
export interface BodyWatcher {
  /** It cannot be completed: the request must be given up. */
  bodyBroken (error: Error): void
  /** A piece has been handed over. */
  bodySent (chunk: Buffer): void
  /** All of it has been handed over. */
  requestSent (): void
}

/** A request body of a dispatcher's user. */
export interface DispatchBody extends BodySource {
  /** The request is over: lets go of where the body came from. */
  release (): void
}

/** Bytes handed over at a time: small enough for a slow target to show progress within the limit on stalled bodies. */
const PIECE = 64 * 1024

/** A body that is there in full, so it can be sent as often as needed. */
export class BytesBody implements DispatchBody {
  readonly length: number
  readonly consumed = false
  readonly #bytes: Buffer
  readonly #watcher: BodyWatcher
  #sink: BodySink | null = null
  #offset = 0
  #paused = false
  #pumping = false

  constructor (bytes: Buffer, watcher: BodyWatcher) {
    this.length = bytes.length
    this.#bytes = bytes
    this.#watcher = watcher
  }

  open (sink: BodySink): void {
    this.#sink = sink
    this.#offset = 0
    this.#paused = false
    this.#pump()
  }

  pause (): void {
    this.#paused = true
  }

  resume (): void {
    this.#paused = false
    this.#pump()
  }

  close (): void {
    this.#sink = null
  }

  release (): void {
    this.#sink = null
  }

  #pump (): void {
    // A sink may pause, resume, or make room for another one from within `data`: the loop looks at the fields anew each time.
    if (this.#pumping) return
    this.#pumping = true
    while (this.#sink !== null && !this.#paused) this.#hand(this.#sink)
    this.#pumping = false
  }

  #hand (sink: BodySink): void {
    if (this.#offset < this.length) {
      const piece = this.#bytes.subarray(this.#offset, this.#offset + PIECE)
      this.#offset += piece.length
      sink.data(piece)
      this.#watcher.bodySent(piece)
    } else {
      this.#sink = null
      sink.end([])
      this.#watcher.requestSent()
    }
  }
}

/** A body that comes out of a stream. It must hold exactly as many bytes as its length says, if one is given. */
export class StreamBody implements DispatchBody {
  readonly length: number | null
  readonly #stream: Readable
  readonly #watcher: BodyWatcher
  #sink: BodySink | null = null
  #listening = false
  #consumed = false
  #ended = false
  #released = false
  #bytes = 0

  constructor (stream: Readable, length: number | null, watcher: BodyWatcher) {
    this.length = length
    this.#stream = stream
    this.#watcher = watcher
    this.#ended = stream.readableEnded
    stream.on('error', error => { this.#break(error) })
    stream.on('close', () => { if (!this.#ended) this.#break(new errors.RequestAbortedError()) })
  }

  get consumed (): boolean {
    return this.#consumed
  }

  open (sink: BodySink): void {
    this.#sink = sink
    if (this.#ended) {
      this.#end()
    } else if (this.#stream.destroyed) {
      this.#break(this.#stream.errored ?? new errors.RequestAbortedError())
    } else {
      this.#listen()
      this.#stream.resume()
    }
  }

  pause (): void {
    if (this.#sink !== null) this.#stream.pause()
  }

  resume (): void {
    if (this.#sink !== null) this.#stream.resume()
  }

  /** The stream stays as it is: another attempt may want it. */
  close (): void {
    if (this.#sink === null) return
    this.#sink = null
    this.#stream.pause()
  }

  release (): void {
    this.#sink = null
    this.#released = true
    if (this.#ended) return
    // Destroying a server's request would take the connection with it, and the client could not read its answer.
    if (this.#stream instanceof IncomingMessage) this.#stream.resume()
    else this.#stream.destroy()
  }

  #listen (): void {
    if (this.#listening) return
    this.#listening = true
    this.#stream.on('data', (chunk: unknown) => { this.#take(chunk) })
    this.#stream.on('end', () => {
      this.#ended = true
      this.#end()
    })
  }

  #take (chunk: unknown): void {
    if (this.#released) return
    const bytes = bytesOf(chunk)
    if (bytes === null) return this.#break(new errors.InvalidArgumentError('a piece of the body is neither a string nor bytes'))
    this.#consumed = true
    this.#bytes += bytes.length
    if (this.length !== null && this.#bytes > this.length) return this.#break(new errors.RequestContentLengthMismatchError())
    this.#sink?.data(bytes)
    this.#watcher.bodySent(bytes)
  }

  #end (): void {
    const sink = this.#sink
    if (sink === null) return
    if (this.length !== null && this.#bytes !== this.length) return this.#break(new errors.RequestContentLengthMismatchError())
    this.#sink = null
    sink.end([])
    this.#watcher.requestSent()
  }

  #break (error: Error): void {
    if (this.#released) return
    this.#sink = null
    this.#watcher.bodyBroken(error)
  }
}

/** Strings are taken as UTF-8; null for what is neither a string nor bytes. */
export function bytesOf (value: unknown): Buffer | null {
  if (typeof value === 'string') return Buffer.from(value)
  if (Buffer.isBuffer(value)) return value
  if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  return value instanceof ArrayBuffer ? Buffer.from(value) : null
}
