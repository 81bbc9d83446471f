import type { RawHeaders } from '../transport.js'
import { FIELD_VALUE, TOKEN } from './characters.js'
import { protocolFault, sizeFault, type ParseFault } from './parse-fault.js'

/** Bytes of a head, or of a trailer section, at most. */
export const HEAD_LIMIT = 65_536
/** Fields of a head, or of a trailer section, at most. */
export const FIELD_LIMIT = 256

const HTAB = 0x09
const LF = 0x0a
const CR = 0x0d
const SP = 0x20
const COLON = 0x3a

/** `HTTP/1.` and what follows: a zero stands for a digit. */
const STATUS_TEMPLATE = Uint8Array.from([0x48, 0x54, 0x54, 0x50, 0x2f, 0x31, 0x2e, 0, SP, 0, 0, 0])
const MINOR = 7
const STATUS = 9

/** Where in the grammar of RFC 9112 the next byte stands. */
const STATUS_LINE = 0
const AFTER_STATUS = 1
const REASON = 2
const LINE_END = 3
const FIELD_START = 4
const NAME = 5
const BEFORE_VALUE = 6
const VALUE = 7
const LAST_LINE_END = 8
const COMPLETE = 9

/**
 * Reads a response head, or a trailer section, that may come in any number of pieces. Each byte is looked at once. What is
 * complete within one piece is cut from one string; only what is torn gets copied together.
 */
export class HeadScanner {
  /** Set once the blank line was read. */
  complete = false
  fault: ParseFault | null = null
  /** Meaningful once complete, and only if it began with a status line. */
  status = 0
  minor = 0
  /** Bytes of the section, once complete. */
  length = 0

  #step = STATUS_LINE
  /** Of the next byte to look at; like all positions here counted from the section's first byte. */
  #position = 0
  /** Start and end of name and value of each field. */
  readonly #marks: number[] = []
  #marked = 0
  /** What came of a torn section. */
  #held: Buffer | null = null
  #heldLength = 0

  /** Prepares for a new section. */
  begin (withStatusLine: boolean): void {
    this.complete = false
    this.fault = null
    this.#step = withStatusLine ? STATUS_LINE : FIELD_START
    this.#position = 0
    this.#marked = 0
    this.#held = null
    this.#heldLength = 0
  }

  /** Has any of the section come? */
  get begun (): boolean { return this.#position > 0 }

  /** Takes a piece; afterwards look at `fault` and `complete`. @returns where it stopped: after the section, or `end`. */
  scan (bytes: Buffer, start: number, end: number): number {
    if (this.#held === null) {
      this.#advance(bytes, start, Math.min(end, start + HEAD_LIMIT))
      if (this.complete) return start + this.#position
      if (this.fault === null) this.#hold(bytes, start, end)
      return end
    }
    const before = this.#heldLength
    this.#advance(this.#hold(bytes, start, end), 0, this.#heldLength)
    return this.complete ? start + this.#position - before : end
  }

  /** The text of a complete section whose last piece this is. */
  text (bytes: Buffer, start: number): string {
    return this.#held === null
      ? bytes.toString('latin1', start, start + this.#position)
      : this.#held.toString('latin1', 0, this.#position)
  }

  /** The fields of a complete section, cut from its text: names and values in turn. */
  cut (text: string): RawHeaders {
    const marks = this.#marks
    const fields: string[] = []
    for (let i = 0; i < this.#marked; i += 2) fields.push(text.slice(marks[i], marks[i + 1]))
    return fields
  }

  /** Does a tab follow the value of one of these fields? It is white space, but not every parser takes it for that. */
  hasTabAfter (text: string, first: string, second: string): boolean {
    if (!text.includes('\t')) return false
    const marks = this.#marks
    for (let i = 0; i < this.#marked; i += 4) {
      const end = marks[i + 3] ?? 0
      const name = text.slice(marks[i], marks[i + 1]).toLowerCase()
      if ((name === first || name === second) && text.slice(end, text.indexOf('\r', end)).includes('\t')) return true
    }
    return false
  }

  /** Keeps a torn piece. Growth doubles, so a section that comes byte by byte costs no more than linear time. */
  #hold (bytes: Buffer, start: number, end: number): Buffer {
    const length = this.#heldLength + Math.min(end - start, HEAD_LIMIT - this.#heldLength)
    let held = this.#held
    if (held === null || held.length < length) {
      const grown = Buffer.allocUnsafeSlow(Math.min(HEAD_LIMIT, Math.max(1024, length * 2)))
      if (held !== null) held.copy(grown, 0, 0, this.#heldLength)
      this.#held = held = grown
    }
    bytes.copy(held, this.#heldLength, start, start + length - this.#heldLength)
    this.#heldLength = length
    return held
  }

  #advance (bytes: Buffer, base: number, end: number): void {
    const marks = this.#marks
    let step = this.#step
    let marked = this.#marked
    let at = base + this.#position
    while (at < end) {
      const byte = bytes[at] ?? 0
      switch (step) {
        case FIELD_START:
          if (byte === CR) { step = LAST_LINE_END; at++; break }
          if (TOKEN[byte] !== 1) return this.#refuse(byte === SP || byte === HTAB ? 'a folded line' : 'a field without a name')
          if (marked >= FIELD_LIMIT * 4) { this.fault = sizeFault(`more than ${FIELD_LIMIT} fields`); return }
          marks[marked] = at - base
          step = NAME
          break
        case NAME:
          while (at < end && TOKEN[bytes[at] ?? 0] === 1) at++
          if (at === end) break
          if (bytes[at] !== COLON) return this.#refuse('an invalid character in a field name')
          marks[marked + 1] = at - base
          at++
          step = BEFORE_VALUE
          break
        case BEFORE_VALUE:
          if (byte === SP || byte === HTAB) { at++; break }
          marks[marked + 2] = at - base
          step = VALUE
          break
        case VALUE: {
          while (at < end && FIELD_VALUE[bytes[at] ?? 0] === 1) at++
          if (at === end) break
          if (bytes[at] !== CR) return this.#refuse('an invalid character in a field value')
          let last = at - 1
          const first = base + (marks[marked + 2] ?? 0)
          while (last >= first && (bytes[last] === SP || bytes[last] === HTAB)) last--
          marks[marked + 3] = last + 1 - base
          marked += 4
          at++
          step = LINE_END
          break
        }
        case LINE_END:
          if (byte !== LF) return this.#refuse('a CR without LF')
          at++
          step = FIELD_START
          break
        case STATUS_LINE: {
          const fits = this.#statusByte(at - base, byte)
          if (!fits) return this.#refuse('no HTTP/1.x status line')
          at++
          if (at - base === STATUS_TEMPLATE.length) step = AFTER_STATUS
          break
        }
        case AFTER_STATUS:
          if (byte !== SP && byte !== CR) return this.#refuse('a status that is not three digits')
          at++
          step = byte === SP ? REASON : LINE_END
          break
        case REASON:
          while (at < end && FIELD_VALUE[bytes[at] ?? 0] === 1) at++
          if (at === end) break
          if (bytes[at] !== CR) return this.#refuse('an invalid character in the reason phrase')
          at++
          step = LINE_END
          break
        case LAST_LINE_END:
          if (byte !== LF) return this.#refuse('a CR without LF')
          at++
          this.#position = at - base
          this.#marked = marked
          this.#step = COMPLETE
          this.length = at - base
          this.complete = true
          return
        case COMPLETE:
          return
      }
    }
    this.#step = step
    this.#marked = marked
    this.#position = at - base
    if (this.#position >= HEAD_LIMIT) this.fault = sizeFault(`more than ${HEAD_LIMIT} bytes of head`)
  }

  #statusByte (index: number, byte: number): boolean {
    const expected = STATUS_TEMPLATE[index]
    if (expected !== 0) return byte === expected
    const digit = byte - 0x30
    if (index === MINOR) {
      this.minor = digit
      return digit === 0 || digit === 1
    }
    this.status = index === STATUS ? digit : this.status * 10 + digit
    return digit >= (index === STATUS ? 1 : 0) && digit <= 9
  }

  #refuse (what: string): void {
    this.fault = protocolFault(`${what} in the response`)
  }
}
