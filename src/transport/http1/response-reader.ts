import type { OnReadOpts } from 'node:net'
import { borrow, lend, LENT_SIZE } from '../lent-buffers.js'
import type { RawHeaders, ResponseSink } from '../transport.js'
import type { ParseFault } from './parse-fault.js'
import { ReadBuffer } from './read-buffer.js'
import { ResponseParser, type ParserState, type ResponseEvents } from './response-parser.js'

/** Bytes of body still to come from which on it is worth reading into a buffer that can be handed over. */
const LONG_BODY = 32_768
/** Bytes of a copy from which on its memory is worth having back. */
const WORTH_LENDING = 16_384
const NOTHING = Buffer.alloc(0)

/**
 * The reading side of a connection: takes what comes through the parser to the sink of the attempt under way, and holds back
 * what comes while that wants no more.
 */
export class ResponseReader implements ResponseEvents {
  /** Has the final response's head come? */
  headSeen = false
  /** Has the target asked for the body? */
  continued = false
  /** What came behind the response together with its end. */
  surplus: Buffer = NOTHING
  readonly #parser = new ResponseParser(this)
  readonly #buffer: ReadBuffer | null
  #sink: ResponseSink | null = null
  /** Is what the parser reads ours to give away, or must it be copied? */
  #owned = false
  /** What came while the client wanted no more. */
  #held: Buffer | null = null
  /** Bytes of the last read. */
  #lastRead = 0

  /** @param buffered false where the socket is read as a stream. */
  constructor (buffered: boolean) {
    this.#buffer = buffered ? new ReadBuffer() : null
  }

  /** Expects the response to a request. */
  begin (method: string, upgrade: boolean, sink: ResponseSink): void {
    this.headSeen = false
    this.continued = false
    this.surplus = NOTHING
    this.#sink = sink
    this.#parser.begin(method, upgrade)
  }

  /** Nobody listens any more. May be called from within an event. */
  stop (): void {
    this.#sink = null
    this.#held = null
    this.#parser.stop()
  }

  get state (): ParserState { return this.#parser.state }
  get fault (): ParseFault | null { return this.#parser.fault }
  /** The sink wants no more until `resume` and `readHeld` were called. */
  get paused (): boolean { return this.#parser.paused }
  get trailers (): RawHeaders { return this.#parser.trailers }
  /** May the connection carry another request? Meaningful once ended. */
  get persistent (): boolean { return this.#parser.persistent && this.surplus.length === 0 }
  /** Milliseconds for which the target says it keeps an idle connection; -1 if it does not say. Meaningful once ended. */
  get keepAlive (): number { return this.#parser.keepAlive }

  /** How a socket is to read into the buffer; null where it is read as a stream. @param callback is told how many bytes came. */
  onread (callback: (length: number) => void): OnReadOpts | null {
    const buffer = this.#buffer
    if (buffer === null) return null
    return {
      buffer: () => buffer.prepare(this.#expectsMuch()),
      callback: length => {
        callback(length)
        return true
      }
    }
  }

  /** Takes what was read into the buffer. @returns whether there is anything to act on. */
  readBuffer (length: number): boolean {
    const buffer = this.#buffer
    if (buffer === null) return false
    const bytes = buffer.current
    this.#lastRead = length
    this.#owned = buffer.giveAway(length, this.#parser.undivided)
    return this.#read(bytes, length)
  }

  /** Takes a piece of a stream. @returns whether there is anything to act on. */
  readChunk (chunk: Buffer): boolean {
    this.#owned = true
    return this.#read(chunk, chunk.length)
  }

  /** The sink is ready for more. */
  resume (): void {
    this.#parser.resume()
  }

  /** Takes what came meanwhile. */
  readHeld (): void {
    const held = this.#held ?? NOTHING
    this.#held = null
    this.#owned = true
    this.#read(held, held.length)
  }

  /** The target sent its FIN. */
  finish (): void {
    this.#parser.finish()
  }

  // What the parser says

  informational (status: number, headers: RawHeaders): void {
    if (status === 100) this.continued = true
    this.#sink?.informational(status, headers)
  }

  head (status: number, headers: RawHeaders): void {
    this.headSeen = true
    this.#sink?.head(status, headers)
  }

  data (bytes: Buffer, start: number, end: number): boolean {
    const sink = this.#sink
    if (sink === null) return false
    return sink.data(this.#owned ? piece(bytes, start, end) : copy(bytes, start, end))
  }

  #read (bytes: Buffer, end: number): boolean {
    const parser = this.#parser
    if (parser.paused) {
      this.#hold(bytes, 0, end)
      return false
    }
    const at = parser.execute(bytes, 0, end)
    if (parser.paused) this.#hold(bytes, at, end)
    else if (at < end && this.#sink !== null) this.surplus = copy(bytes, at, end)
    return true
  }

  #hold (bytes: Buffer, start: number, end: number): void {
    if (start === end) return
    const more = copy(bytes, start, end)
    this.#held = this.#held === null ? more : Buffer.concat([this.#held, more])
  }

  /** Is a long body on its way? */
  #expectsMuch (): boolean {
    if (this.#sink === null || !this.headSeen) return false
    const { bodyLeft } = this.#parser
    return bodyLeft >= LONG_BODY || (bodyLeft === -1 && this.#lastRead >= LONG_BODY)
  }
}

function piece (bytes: Buffer, start: number, end: number): Buffer {
  return start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end)
}

function copy (bytes: Buffer, start: number, end: number): Buffer {
  const own = room(end - start)
  bytes.copy(own, 0, start, end)
  return own
}

/** Memory for a copy: lent where it is worth having back. */
function room (length: number): Buffer {
  if (length < WORTH_LENDING || length > LENT_SIZE) return Buffer.allocUnsafe(length)
  const buffer = borrow()
  lend(buffer)
  return buffer.subarray(0, length)
}
