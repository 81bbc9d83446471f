import { ConfigError } from '../base/errors.js'
import { placeText, type Place } from './place.js'

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y
// eslint-disable-next-line no-control-regex -- JSON strings hold no control characters
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*"/y
const WORD = /true|false|null/y
const SPACE = /[ \t\r\n]*/y
const DEEPEST = 200

/**
 * Parses JSON (RFC 8259). Unlike JSON.parse it says in every case where the text goes wrong, and it refuses a key that an
 * object has twice, of which JSON.parse drops the first without a word.
 * @throws {ConfigError} with line and column, both counted from 1.
 */
export function parseJson (text: string): unknown {
  // Some editors begin a file with a byte order mark.
  const body = text.startsWith('\uFEFF') ? text.slice(1) : text
  new JsonReader(body).read()
  return JSON.parse(body)
}

/** Walks over a JSON text and throws at the first fault. */
class JsonReader {
  readonly #text: string
  #at = 0

  constructor (text: string) {
    this.#text = text
  }

  read (): void {
    this.#value([])
    this.#space()
    if (this.#at < this.#text.length) this.#fail('expected the end of the file')
  }

  #value (place: Place): void {
    if (place.length > DEEPEST) this.#fail('nested too deeply')
    this.#space()
    if (this.#skips('{')) return this.#object(place)
    if (this.#skips('[')) return this.#list(place)
    if (this.#text[this.#at] === '"') this.#string()
    else if (this.#match(NUMBER) === null && this.#match(WORD) === null) this.#fail('expected a value')
  }

  #object (place: Place): void {
    const keys = new Set<string>()
    this.#space()
    if (this.#skips('}')) return
    do {
      this.#space()
      const start = this.#at
      if (this.#text[this.#at] !== '"') this.#fail('expected a key in double quotes')
      const key: unknown = JSON.parse(this.#string())
      // A JSON string parses to a string.
      if (keys.size === keys.add(String(key)).size) this.#fail(`the key "${placeText([...place, String(key)])}" is there twice`, start)
      this.#space()
      if (!this.#skips(':')) this.#fail('expected ":"')
      this.#value([...place, String(key)])
      this.#space()
    } while (this.#skips(','))
    if (!this.#skips('}')) this.#fail('expected "," or "}"')
  }

  #list (place: Place): void {
    this.#space()
    if (this.#skips(']')) return
    let index = 0
    do {
      this.#value([...place, index++])
      this.#space()
    } while (this.#skips(','))
    if (!this.#skips(']')) this.#fail('expected "," or "]"')
  }

  #string (): string {
    const string = this.#match(STRING)
    return string ?? this.#fail('this string has no end, or holds a line break or a bad escape')
  }

  #space (): void {
    this.#match(SPACE)
  }

  #skips (character: string): boolean {
    if (this.#text[this.#at] !== character) return false
    this.#at++
    return true
  }

  #match (pattern: RegExp): string | null {
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.#text)
    if (match === null) return null
    this.#at += match[0].length
    return match[0]
  }

  #fail (message: string, at = this.#at): never {
    const before = this.#text.slice(0, at)
    const line = before.split('\n').length
    const column = at - before.lastIndexOf('\n')
    const found = at >= this.#text.length ? ', but the file ends here' : ''
    throw new ConfigError([{ path: '', message: `not JSON: line ${line}, column ${column}: ${message}${found}` }])
  }
}
