/** Bytes of a large body: more than one read, and more than a socket takes at once when its reader is slow. */
const LARGE_SIZE = 100_000
/** Bytes of a body that nobody reads to its end. */
const HUGE_SIZE = 8_388_608
const PIECES = 8

/** What is sent in either direction; no two places of it are alike, so that a piece lost or repeated shows. */
export const large = pattern(LARGE_SIZE)
export const huge = Buffer.alloc(HUGE_SIZE, large)
export const small = Buffer.from(JSON.stringify({ hello: 'world' }))

/** The large body in parts. */
export const pieces: readonly Buffer[] = Array.from({ length: PIECES }, (_, i) => large.subarray(i * LARGE_SIZE / PIECES, (i + 1) * LARGE_SIZE / PIECES))

/** What a backend answers to an upload. */
export function receipt (bytes: number): Buffer {
  return Buffer.from(JSON.stringify({ bytes }))
}

function pattern (size: number): Buffer {
  let text = ''
  for (let i = 0; text.length < size; i++) text += `${i} `
  return Buffer.from(text.slice(0, size))
}
