import type { Clock } from './clock.js'

/**
 * Counts what happened lately. The window is cut into buckets and the oldest is forgotten as a whole, so the sum covers the
 * window less up to one bucket, and never more than the window. Whole numbers stay exact. No timers, no allocation per call.
 */
export class SlidingCounter {
  readonly #clock: Clock
  readonly #bucketLength: number
  readonly #counts: number[]
  #sum = 0
  /** Number of the present bucket since the clock's beginning; its count is at this number modulo the ring's length. */
  #bucket = 0

  /** @param windowMs milliseconds that are remembered. */
  constructor (clock: Clock, windowMs: number, buckets = 10) {
    this.#clock = clock
    this.#bucketLength = windowMs / buckets
    this.#counts = new Array<number>(buckets).fill(0)
  }

  add (n = 1): void {
    this.#turn()
    const slot = this.#bucket % this.#counts.length
    this.#counts[slot] = (this.#counts[slot] ?? 0) + n
    this.#sum += n
  }

  /** What was added within the window. */
  get sum (): number {
    this.#turn()
    return this.#sum
  }

  clear (): void {
    this.#counts.fill(0)
    this.#sum = 0
  }

  #turn (): void {
    const now = Math.floor(this.#clock.now() / this.#bucketLength)
    if (now === this.#bucket) return
    if (now - this.#bucket >= this.#counts.length) this.clear()
    else this.#forgetUpTo(now)
    this.#bucket = now
  }

  #forgetUpTo (now: number): void {
    const { length } = this.#counts
    for (let bucket = this.#bucket + 1; bucket <= now; bucket++) {
      this.#sum -= this.#counts[bucket % length] ?? 0
      this.#counts[bucket % length] = 0
    }
  }
}
