import type { RawHeaders } from '../transport.js'
import { ChunkedDecoder, type BodyBytes } from './chunked-decoder.js'
import { Framing, switchesProtocol } from './framing.js'
import { HeadScanner } from './head-scanner.js'
import { protocolFault, type ParseFault } from './parse-fault.js'

/** Interim responses before the final one at most: an endless stream of them is no answer. */
export const INFORMATIONAL_LIMIT = 32
const TAB = protocolFault('a tab after a framing field of the response')
/** Heads up to this many bytes are remembered. */
const MEMO_LIMIT = 2048

/** Receives the parts of a response as they are understood. The end is no event: look at `state` after `execute`. */
export interface ResponseEvents extends BodyBytes {
  informational (status: number, headers: RawHeaders): void
  head (status: number, headers: RawHeaders): void
}

/**
 * - `head`: none of the final response's head, or a part of it, has come
 * - `body`: the head has come
 * - `ended`: the response is complete; bytes after it are nobody's
 * - `upgraded`: 101; the bytes after it belong to the other protocol
 * - `failed`: see `fault`
 * - `stopped`: nobody listens
 */
export type ParserState = 'head' | 'body' | 'ended' | 'upgraded' | 'failed' | 'stopped'

/**
 * Reads the responses of one connection, one after the other, from pieces of any size; RFC 9112, strictly. It is as strict as
 * Node's own parser, and where that one guesses, stricter: `STRICTER` lists it.
 */
export class ResponseParser {
  state: ParserState = 'stopped'
  fault: ParseFault | null = null
  /** The receiver asked to wait: `execute` must be called again, with what it left, once `resume` was. */
  paused = false
  trailers: RawHeaders = []

  readonly #events: ResponseEvents
  readonly #scanner = new HeadScanner()
  readonly #framing = new Framing()
  #decoder: ChunkedDecoder | null = null
  #toHead = false
  #toUpgrade = false
  #informational = 0
  #body: 'none' | 'length' | 'chunked' | 'until-close' = 'none'
  /** Body bytes still to come, if their number is known. */
  #left = 0
  /**
   * The last head that came in one piece, and what it says. A busy target says much the same again and again, so comparing is
   * cheaper than reading, and whoever receives the headers can tell by identity that they are the same. `#framing` belongs to it.
   */
  #memo = ''
  #memoStatus = 0
  #memoFields: RawHeaders = []

  constructor (events: ResponseEvents) {
    this.#events = events
  }

  /** Expects the response to a request. */
  begin (method: string, upgrade: boolean): void {
    this.state = 'head'
    this.fault = null
    this.paused = false
    this.trailers = []
    this.#toHead = method === 'HEAD'
    this.#toUpgrade = upgrade
    this.#informational = 0
    this.#body = 'none'
    this.#scanner.begin(true)
  }

  /** May be called from within an event: nothing more is read. */
  stop (): void {
    this.state = 'stopped'
  }

  /** The receiver is ready for more. */
  resume (): void {
    this.paused = false
  }

  /** May the connection carry another request? Meaningful once `ended`. */
  get persistent (): boolean {
    return this.#framing.persistent && this.#body !== 'until-close'
  }

  /** Milliseconds for which the target says it keeps an idle connection; -1 if it does not say. Meaningful once `ended`. */
  get keepAlive (): number { return this.#framing.keepAlive }

  /** Bytes of body still to come, if that is known; else -1. */
  get bodyLeft (): number { return this.#body === 'length' ? this.#left : -1 }

  /** Will all that the next piece holds of a body be one piece of it? */
  get undivided (): boolean { return this.state === 'body' && this.#body !== 'chunked' }

  /** Has any byte of the response come? */
  get begun (): boolean { return this.state !== 'head' || this.#scanner.begun || this.#informational > 0 }

  /** Reads a piece. @returns where it stopped: before `end` when paused, ended, upgraded, failed or stopped. */
  execute (bytes: Buffer, start: number, end: number): number {
    let at = start
    while (at < end && !this.paused) {
      if (this.state === 'head') at = this.#readHead(bytes, at, end)
      else if (this.state === 'body') at = this.#readBody(bytes, at, end)
      else break
    }
    return at
  }

  /** The target sent its FIN. Only a body that runs until then is complete by that. */
  finish (): void {
    if (this.state === 'body' && this.#body === 'until-close') this.state = 'ended'
  }

  #readHead (bytes: Buffer, start: number, end: number): number {
    const scanner = this.#scanner
    const whole = !scanner.begun
    if (whole && this.#sameAgain(bytes, start, end)) {
      this.#receiveHead(this.#memoStatus, this.#memoFields)
      return start + this.#memo.length
    }
    const at = scanner.scan(bytes, start, end)
    if (scanner.fault !== null) this.#fail(scanner.fault)
    if (!scanner.complete) return at
    const { status, minor, length } = scanner
    const text = scanner.text(bytes, start)
    const fields = scanner.cut(text)
    this.#memo = ''
    const fault = this.#framing.read(minor, fields) ?? (scanner.hasTabAfter(text, 'content-length', 'transfer-encoding') ? TAB : null)
    if (fault !== null) {
      this.#fail(fault)
    } else if (status < 200) {
      this.#receiveInformational(status, fields)
    } else {
      if (whole && length <= MEMO_LIMIT) this.#remember(text, status, fields)
      this.#receiveHead(status, fields)
    }
    return at
  }

  #sameAgain (bytes: Buffer, start: number, end: number): boolean {
    const { length } = this.#memo
    return length > 0 && end - start >= length && bytes[start + length - 1] === 0x0a &&
      bytes.toString('latin1', start, start + length) === this.#memo
  }

  #remember (text: string, status: number, fields: RawHeaders): void {
    this.#memo = text
    this.#memoStatus = status
    this.#memoFields = fields
  }

  #receiveInformational (status: number, fields: RawHeaders): void {
    if (status === 101) {
      if (!this.#toUpgrade) return this.#fail(protocolFault('a 101 response that nobody asked for'))
      if (!switchesProtocol(fields)) return this.#fail(protocolFault('a 101 response that does not say what it switches to'))
      this.trailers = fields
      this.state = 'upgraded'
      return
    }
    // What follows would come on a connection that is to be closed; a target of HTTP/1.0 knows no interim responses.
    if (!this.#framing.persistent) return this.#fail(protocolFault('an interim response that ends the connection'))
    if (++this.#informational > INFORMATIONAL_LIMIT) return this.#fail(protocolFault(`more than ${INFORMATIONAL_LIMIT} interim responses`))
    this.#scanner.begin(true)
    this.#events.informational(status, fields)
  }

  #receiveHead (status: number, fields: RawHeaders): void {
    const { chunked, length } = this.#framing
    this.state = 'body'
    // RFC 9112 section 6.3: these have no body, whatever their fields say.
    if (this.#toHead || status === 204 || status === 304) this.#body = 'none'
    else if (chunked) this.#beginChunked()
    else if (length === -1) this.#body = 'until-close'
    else this.#body = length === 0 ? 'none' : 'length'
    this.#left = length
    this.#events.head(status, fields)
    if (this.#body === 'none' && this.state === 'body') this.state = 'ended'
  }

  #beginChunked (): void {
    this.#body = 'chunked'
    this.#decoder ??= new ChunkedDecoder(this.#scanner, this.#events)
    this.#decoder.begin()
  }

  #readBody (bytes: Buffer, start: number, end: number): number {
    if (this.#body === 'chunked' && this.#decoder !== null) return this.#readChunked(this.#decoder, bytes, start, end)
    const stop = this.#body === 'length' ? Math.min(end, start + this.#left) : end
    this.#left -= stop - start
    if (!this.#events.data(bytes, start, stop)) this.paused = true
    if (this.#body === 'length' && this.#left === 0 && this.state === 'body') this.state = 'ended'
    return stop
  }

  #readChunked (decoder: ChunkedDecoder, bytes: Buffer, start: number, end: number): number {
    const at = decoder.decode(bytes, start, end)
    if (this.state !== 'body') return at
    this.paused = decoder.paused
    if (decoder.fault !== null) this.#fail(decoder.fault)
    else if (decoder.complete) this.#receiveTrailers(decoder.trailers)
    return at
  }

  #receiveTrailers (fields: RawHeaders): void {
    const fault = this.#framing.readTrailers(fields)
    // What they changed in it is not the remembered head's.
    if (!this.#framing.persistent) this.#memo = ''
    if (fault !== null) return this.#fail(fault)
    this.trailers = fields
    this.state = 'ended'
  }

  #fail (fault: ParseFault): void {
    this.fault = fault
    this.state = 'failed'
  }
}
