import { createHash, timingSafeEqual } from 'node:crypto'
import { fieldValue } from './field-value.js'
import { DEBUG_FIELD } from './header-names.js'

/** Who may be told why a request went where it went: whoever sends the secret in `Headrace-Debug`. */
export class DebugSecret {
  readonly #digest: Buffer

  constructor (secret: string) {
    this.#digest = digest(secret)
  }

  isIn (headers: readonly string[]): boolean {
    const given = fieldValue(headers, DEBUG_FIELD)
    // Digests are of one length, and how long they take to compare tells nothing of the secret.
    return given !== undefined && timingSafeEqual(digest(given), this.#digest)
  }
}

function digest (text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
