/** Which bytes may stand where in a message; RFC 9110 sections 5.5 and 5.6.2, RFC 9112 section 3.2. */

const SYMBOLS = "!#$%&'*+-.^_`|~"
const NOT_TOKEN = /[^!#$%&'*+\-.^_`|~0-9A-Za-z]/
const NOT_FIELD_VALUE = /[^\t\x20-\x7e\x80-\xff]/
const NOT_REQUEST_TARGET = /[^\x21-\x7e\x80-\xff]/

/** 1 at every byte that a token may hold. */
export const TOKEN = table(byte => isAlphanumeric(byte) || SYMBOLS.includes(String.fromCharCode(byte)))

/** 1 at every byte that a field value, or a reason phrase, may hold: HTAB, SP, VCHAR and obs-text. */
export const FIELD_VALUE = table(byte => byte === 0x09 || (byte >= 0x20 && byte !== 0x7f))

/** What each byte is worth as a hexadecimal digit; 255 if it is none. */
export const HEX = table(byte => isAlphanumeric(byte))
  .map((alphanumeric, byte) => alphanumeric === 1 ? hexValue(byte) : 255)

/** Is it a field name, a method? */
export function isToken (text: string): boolean {
  return text !== '' && !NOT_TOKEN.test(text)
}

/** May it be written as a field value? Refuses every control character but HTAB, and what Latin-1 cannot hold. */
export function isFieldValue (text: string): boolean {
  return !NOT_FIELD_VALUE.test(text)
}

/** May it be written as a request target? */
export function isRequestTarget (text: string): boolean {
  return text !== '' && !NOT_REQUEST_TARGET.test(text)
}

function table (holds: (byte: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => holds(byte) ? 1 : 0)
}

function isAlphanumeric (byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a)
}

function hexValue (byte: number): number {
  const value = Number.parseInt(String.fromCharCode(byte), 16)
  return Number.isNaN(value) ? 255 : value
}
