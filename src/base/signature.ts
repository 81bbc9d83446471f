import { createHmac } from 'node:crypto'

/** Bytes of a signature that are kept: 128 bits can't be guessed. */
const LENGTH = 16

/** What only holders of the secret can make of a text: the first 128 bits of its HMAC-SHA-256 (RFC 2104), as 22 characters of base64url. */
export function sign (secret: string, text: string): string {
  return createHmac('sha256', secret).update(text).digest().subarray(0, LENGTH).toString('base64url')
}
