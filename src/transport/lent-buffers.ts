/** Bytes of each buffer. */
export const LENT_SIZE = 65_536
/** Buffers kept for the next borrower: 4 MB. */
const KEPT = 64

const free: Buffer[] = []
/** Who is out, so that nothing comes back twice. Weak: what is never given back is left to the garbage collector. */
const out = new WeakSet<ArrayBufferLike>()

/** A buffer to read into: one that came back, or a new one. New memory is dear: the kernel has to find each page of it. */
export function borrow (): Buffer {
  return free.pop() ?? Buffer.allocUnsafeSlow(LENT_SIZE)
}

/** Notes that the only piece of a borrowed buffer goes to somebody who may give it back. */
export function lend (buffer: Buffer): void {
  out.add(buffer.buffer)
}

/**
 * Gives back the memory of a piece that nobody will look at again. A piece of memory that was not lent, or that is back already,
 * is left alone.
 */
export function giveBack (piece: Buffer): void {
  const memory = piece.buffer
  if (!out.delete(memory) || free.length >= KEPT) return
  free.push(Buffer.from(memory))
}
