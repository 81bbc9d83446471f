import type { RawHeaders } from '../transport.js'
import { codingFault, protocolFault, type ParseFault } from './parse-fault.js'

const DIGITS = /^[0-9]{1,16}$/

/** What a response head says about where its body ends and whether its connection can go on; RFC 9112 sections 6.3 and 9.3. */
export class Framing {
  /** Value of `Content-Length`; -1 if there is none. */
  length = -1
  chunked = false
  /** May another request follow on this connection, once the body's end is known? */
  persistent = true
  /** Milliseconds of `Keep-Alive: timeout=`; -1 if there is none. */
  keepAlive = -1
  #close = false
  #keep = false
  /** The last `Keep-Alive` value and what it says: a target says the same all day. */
  #keepAliveText = ''
  #keepAliveValue = -1

  /** Reads a head. @returns what is wrong with it, or null. */
  read (minor: number, fields: RawHeaders): ParseFault | null {
    this.length = -1
    this.chunked = false
    this.keepAlive = -1
    this.#close = false
    this.#keep = false
    for (let i = 0; i < fields.length; i += 2) {
      const name = fields[i] ?? ''
      // Four names matter, of three lengths: most fields are passed over without being looked at.
      const { length } = name
      if (length !== 10 && length !== 14 && length !== 17) continue
      const fault = this.#readField(name.toLowerCase(), fields[i + 1] ?? '', minor)
      if (fault !== null) return fault
    }
    if (this.chunked && this.length !== -1) return protocolFault('both Content-Length and Transfer-Encoding in the response')
    this.persistent = !this.#close && (minor === 1 || this.#keep)
    return null
  }

  /**
   * Reads the fields after a body. Those that say where it ends come too late (RFC 9110 section 6.5.1); that the connection is to
   * be closed is believed even here. @returns what is wrong with them, or null.
   */
  readTrailers (fields: RawHeaders): ParseFault | null {
    for (let i = 0; i < fields.length; i += 2) {
      const name = (fields[i] ?? '').toLowerCase()
      if (name === 'content-length' || name === 'transfer-encoding') return protocolFault('a framing field in the trailers of the response')
      if (name === 'connection' && listHolds((fields[i + 1] ?? '').toLowerCase(), 'close')) this.persistent = false
    }
    return null
  }

  #readField (name: string, value: string, minor: number): ParseFault | null {
    switch (name) {
      case 'connection':
        this.#readConnection(value)
        return null
      case 'keep-alive':
        this.#readKeepAlive(value)
        return null
      case 'content-length':
        return this.#readLength(value)
      case 'transfer-encoding':
        return this.#readCoding(minor, value)
      default:
        return null
    }
  }

  #readConnection (value: string): void {
    if (value === 'keep-alive') {
      this.#keep = true
      return
    }
    const list = value.toLowerCase()
    this.#close ||= listHolds(list, 'close')
    this.#keep ||= listHolds(list, 'keep-alive')
  }

  #readKeepAlive (value: string): void {
    if (value !== this.#keepAliveText) {
      this.#keepAliveText = value
      this.#keepAliveValue = keepAliveTimeout(value)
    }
    this.keepAlive = this.#keepAliveValue
  }

  #readLength (value: string): ParseFault | null {
    if (this.length !== -1) return protocolFault('more than one Content-Length in the response')
    const length = Number(value)
    if (!DIGITS.test(value) || !Number.isSafeInteger(length)) return protocolFault('a Content-Length that is no number in the response')
    this.length = length
    return null
  }

  #readCoding (minor: number, value: string): ParseFault | null {
    if (minor === 0) return codingFault('a Transfer-Encoding in an HTTP/1.0 response')
    if (this.chunked || value.toLowerCase() !== 'chunked') return codingFault('a Transfer-Encoding other than "chunked"')
    this.chunked = true
    return null
  }
}

/** Do these fields of a 101 say that the connection changes its protocol, and to which? RFC 9110 sections 7.8 and 15.2.2. */
export function switchesProtocol (fields: RawHeaders): boolean {
  let named = false
  let listed = false
  for (let i = 0; i < fields.length; i += 2) {
    const name = (fields[i] ?? '').toLowerCase()
    const value = fields[i + 1] ?? ''
    if (name === 'upgrade') named ||= value !== ''
    else if (name === 'connection') listed ||= listHolds(value.toLowerCase(), 'upgrade')
  }
  return named && listed
}

/** Does a lower-case comma-separated list hold this word? */
function listHolds (list: string, word: string): boolean {
  if (list === word) return true
  if (!list.includes(word)) return false
  return list.split(',').some(item => stripped(item) === word)
}

/** Without spaces and tabs around it. String.trim would take off U+00A0 as well, which is a byte like others here. */
function stripped (text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isSpace(text.charCodeAt(start))) start++
  while (end > start && isSpace(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

function isSpace (code: number): boolean {
  return code === 0x20 || code === 0x09
}

/** Milliseconds of the `timeout` parameter; -1 if there is none that makes sense. */
function keepAliveTimeout (value: string): number {
  for (const parameter of value.split(',')) {
    const [name = '', seconds = ''] = parameter.split('=')
    if (name.trim().toLowerCase() === 'timeout' && /^ *[0-9]{1,6} *$/.test(seconds)) return Number(seconds) * 1000
  }
  return -1
}
