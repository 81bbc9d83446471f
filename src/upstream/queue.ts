/**
 * A bounded line of those who wait: the urgent ones first, among each kind first come, first served. Leaving the line early
 * costs nothing.
 */
export class Queue<T> {
  #max: number
  readonly #urgent = new Set<T>()
  readonly #others = new Set<T>()

  constructor (max: number) {
    this.#max = max
  }

  /** Who waits already keeps his place, however short the line becomes. */
  limit (max: number): void {
    this.#max = max
  }

  get size (): number {
    return this.#urgent.size + this.#others.size
  }

  /**
   * Joins the line. Where it is full, an urgent one takes the place of the last of the others.
   * @param displaced hears who has lost its place.
   * @returns false if there is no place.
   */
  enter (item: T, urgent: boolean, displaced: (item: T) => void): boolean {
    if (this.size >= this.#max && !(urgent && this.#giveWay(displaced))) return false
    if (urgent) this.#urgent.add(item)
    else this.#others.add(item)
    return true
  }

  leave (item: T): void {
    if (!this.#urgent.delete(item)) this.#others.delete(item)
  }

  /** All who wait, in turn. They may leave while one goes through them. */
  * [Symbol.iterator] (): Generator<T> {
    yield * this.#urgent
    yield * this.#others
  }

  #giveWay (displaced: (item: T) => void): boolean {
    let last: T | undefined
    for (const item of this.#others) last = item
    if (last === undefined) return false
    this.#others.delete(last)
    displaced(last)
    return true
  }
}
