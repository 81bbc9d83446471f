/**
 * A 32-bit hash of a text, as a signed integer: FNV-1a (Fowler, Noll, Vo) over its UTF-16 code units, stirred at the end. The same in every process and
 * on every machine. Not for secrets.
 * @param basis where it starts: another one gives another hash of the same text.
 */
export function hashText (text: string, basis = 0x811C9DC5): number {
  let hash = basis
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return stir(hash)
}

/** Lets every bit of a 32-bit integer depend on all the others; one to one. Source: Austin Appleby's MurmurHash3, `fmix32`. */
export function stir (hash: number): number {
  hash = Math.imul(hash ^ (hash >>> 16), 0x85EBCA6B)
  hash = Math.imul(hash ^ (hash >>> 13), 0xC2B2AE35)
  return hash ^ (hash >>> 16)
}
