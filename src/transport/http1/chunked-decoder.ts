import type { RawHeaders } from '../transport.js'
import { HEX, TOKEN, FIELD_VALUE } from './characters.js'
import type { HeadScanner } from './head-scanner.js'
import { codingFault, type ParseFault } from './parse-fault.js'

/** Bytes of a chunk's size and extensions at most. */
export const CHUNK_HEAD_LIMIT = 4096

const LF = 0x0a
const CR = 0x0d
const QUOTE = 0x22
const SEMICOLON = 0x3b
const EQUALS = 0x3d
const BACKSLASH = 0x5c

/** Where in the grammar of RFC 9112 section 7.1 the next byte stands. */
const FIRST_DIGIT = 0
const SIZE = 1
const EXTENSION_START = 2
const EXTENSION_NAME = 3
const VALUE_START = 4
const VALUE_TOKEN = 5
const VALUE_QUOTED = 6
const VALUE_ESCAPED = 7
const VALUE_QUOTED_END = 8
const HEAD_END = 9
const DATA = 10
const DATA_CR = 11
const DATA_LF = 12
const TRAILERS = 13

/** Takes body bytes. The buffer is lent: what is kept must be copied. @returns false = wait. */
export interface BodyBytes {
  data (bytes: Buffer, start: number, end: number): boolean
}

/** Takes the chunked coding off a body. */
export class ChunkedDecoder {
  complete = false
  paused = false
  fault: ParseFault | null = null
  trailers: RawHeaders = []
  #step = FIRST_DIGIT
  /** Bytes of the present chunk still to come. */
  #left = 0
  /** Bytes of the present chunk's head so far. */
  #headLength = 0
  readonly #scanner: HeadScanner
  readonly #receiver: BodyBytes

  constructor (scanner: HeadScanner, receiver: BodyBytes) {
    this.#scanner = scanner
    this.#receiver = receiver
  }

  begin (): void {
    this.complete = false
    this.paused = false
    this.fault = null
    this.trailers = []
    this.#nextChunk()
  }

  /** Takes a piece. @returns where it stopped: at `end`, after the body, or where the receiver asked to wait. */
  decode (bytes: Buffer, start: number, end: number): number {
    this.paused = false
    let at = start
    while (at < end) {
      if (this.#step === DATA) {
        const stop = Math.min(end, at + this.#left)
        this.#left -= stop - at
        if (this.#left === 0) this.#step = DATA_CR
        this.paused = !this.#receiver.data(bytes, at, stop)
        at = stop
        if (this.paused) return at
      } else if (this.#step === TRAILERS) {
        return this.#readTrailers(bytes, at, end)
      } else {
        this.#headByte(bytes[at] ?? 0)
        if (this.fault !== null) return end
        at++
      }
    }
    return at
  }

  #headByte (byte: number): void {
    if (this.#step < DATA && ++this.#headLength > CHUNK_HEAD_LIMIT) return this.#refuse('a chunk head that is too long')
    switch (this.#step) {
      case FIRST_DIGIT:
        if (HEX[byte] === 255) return this.#refuse('a chunk without a size')
        this.#left = HEX[byte] ?? 0
        this.#step = SIZE
        return
      case SIZE:
        if (HEX[byte] !== 255) this.#sizeDigit(HEX[byte] ?? 0)
        else this.#afterExtension(byte, 'a chunk size that is no number')
        return
      case HEAD_END:
        if (byte !== LF) return this.#refuse('a chunk head that does not end in CRLF')
        if (this.#left > 0) this.#step = DATA
        else this.#beginTrailers()
        return
      case DATA_CR:
        if (byte !== CR) return this.#refuse('a chunk longer than its size')
        this.#step = DATA_LF
        return
      case DATA_LF:
        if (byte !== LF) return this.#refuse('a chunk that does not end in CRLF')
        this.#nextChunk()
        return
      default:
        this.#extensionByte(byte)
    }
  }

  #sizeDigit (digit: number): void {
    this.#left = this.#left * 16 + digit
    if (this.#left > Number.MAX_SAFE_INTEGER) this.#refuse('a chunk size that is too large')
  }

  /** Extensions mean nothing to us; they are read strictly all the same, so that nobody else can read them differently. */
  #extensionByte (byte: number): void {
    const token = TOKEN[byte] === 1
    switch (this.#step) {
      case EXTENSION_START:
        if (!token) return this.#refuse('a chunk extension without a name')
        this.#step = EXTENSION_NAME
        return
      case EXTENSION_NAME:
        if (byte === EQUALS) this.#step = VALUE_START
        else if (!token) this.#afterExtension(byte, 'an invalid chunk extension')
        return
      case VALUE_START:
        if (byte === QUOTE) this.#step = VALUE_QUOTED
        else if (token) this.#step = VALUE_TOKEN
        else this.#refuse('a chunk extension without a value')
        return
      case VALUE_TOKEN:
        if (!token) this.#afterExtension(byte, 'an invalid chunk extension')
        return
      case VALUE_QUOTED:
        if (byte === QUOTE) this.#step = VALUE_QUOTED_END
        else if (byte === BACKSLASH) this.#step = VALUE_ESCAPED
        else if (FIELD_VALUE[byte] !== 1) this.#refuse('an invalid chunk extension')
        return
      case VALUE_ESCAPED:
        if (FIELD_VALUE[byte] !== 1) return this.#refuse('an invalid chunk extension')
        this.#step = VALUE_QUOTED
        return
      default:
        this.#afterExtension(byte, 'an invalid chunk extension')
    }
  }

  #afterExtension (byte: number, otherwise: string): void {
    if (byte === SEMICOLON) this.#step = EXTENSION_START
    else if (byte === CR) this.#step = HEAD_END
    else this.#refuse(otherwise)
  }

  #nextChunk (): void {
    this.#step = FIRST_DIGIT
    this.#left = 0
    this.#headLength = 0
  }

  #beginTrailers (): void {
    this.#step = TRAILERS
    this.#scanner.begin(false)
  }

  #readTrailers (bytes: Buffer, start: number, end: number): number {
    const at = this.#scanner.scan(bytes, start, end)
    this.fault = this.#scanner.fault
    if (this.#scanner.complete) {
      this.trailers = this.#scanner.cut(this.#scanner.text(bytes, start))
      this.complete = true
    }
    return at
  }

  #refuse (what: string): void {
    this.fault = codingFault(`${what} in the response`)
  }
}
