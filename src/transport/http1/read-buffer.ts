import { platform } from 'node:os'
import { borrow, lend, LENT_SIZE as SIZE } from '../lent-buffers.js'

/** A read that fills this part of a buffer of its own is handed over as it is; a smaller one is copied out. */
const WORTH_KEEPING = SIZE / 4

/** Windows fills a buffer at any time after the read was asked for, so there each connection needs its own. */
const shareable = platform() !== 'win32'
const shared = Buffer.allocUnsafeSlow(SIZE)

/**
 * Where a connection's bytes are read into. Small responses, the most of them, share one buffer: a read and what comes of it
 * is one synchronous step. Long bodies are read into buffers that are handed over, so that nothing is copied.
 */
export class ReadBuffer {
  /** Where the next read goes, or the last one went. */
  current: Buffer
  readonly #home: Buffer

  constructor () {
    this.#home = shareable ? shared : Buffer.allocUnsafeSlow(SIZE)
    this.current = this.#home
  }

  /** Chooses where the next read goes. @param long whether much more of a body is expected. */
  prepare (long: boolean): Buffer {
    if (!long) this.current = this.#home
    else if (this.current === this.#home) this.current = borrow()
    return this.current
  }

  /**
   * May a read of `length` bytes be kept as it is? If so the buffer is given away, else what is kept must be copied.
   * @param undivided whether all that is kept of it is one piece: then its memory may come back.
   */
  giveAway (length: number, undivided: boolean): boolean {
    const { current } = this
    if (current === this.#home || length < WORTH_KEEPING) return false
    this.current = this.#home
    if (undivided) lend(current)
    return true
  }
}
