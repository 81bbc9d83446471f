/** A route's prefix for people. Routes compare it byte by byte, so it holds one character for each byte of UTF-8. */
export function prefixCharacters (prefix: string): string {
  return Buffer.from(prefix, 'latin1').toString('utf8')
}
