/**
 * Counts what happened lately. Time is cut into parts, and a part is forgotten as a whole: the count covers between
 * `parts - 1` and `parts` of them.
 */
export class SlidingCounter {
  readonly #partLength: number
  readonly #counts: number[]
  #part = 0

  /** @param window in ms. */
  constructor (window: number, parts = 10) {
    this.#partLength = window / parts
    this.#counts = new Array<number>(parts).fill(0)
  }

  /** @param now clock time in ms. */
  add (now: number): void {
    const slot = this.#turn(now)
    this.#counts[slot] = (this.#counts[slot] ?? 0) + 1
  }

  total (now: number): number {
    this.#turn(now)
    let total = 0
    for (const count of this.#counts) total += count
    return total
  }

  /** What the present part alone has counted. */
  latest (now: number): number {
    return this.#counts[this.#turn(now)] ?? 0
  }

  clear (): void {
    this.#counts.fill(0)
  }

  /** Forgets the parts that have left the window. @returns the slot of the present one. */
  #turn (now: number): number {
    const { length } = this.#counts
    const part = Math.floor(now / this.#partLength)
    for (let next = Math.max(this.#part + 1, part - length + 1); next <= part; next++) this.#counts[next % length] = 0
    this.#part = Math.max(this.#part, part)
    return this.#part % length
  }
}
