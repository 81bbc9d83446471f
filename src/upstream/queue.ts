/** A bounded line of those who wait: first come, first served. Leaving the line early costs nothing. */
export class Queue<T> {
  readonly #max: number
  readonly #waiting = new Set<T>()

  constructor (max: number) {
    this.#max = max
  }

  get size (): number {
    return this.#waiting.size
  }

  /** @returns false if the line is full. */
  enter (item: T): boolean {
    if (this.size >= this.#max) return false
    this.#waiting.add(item)
    return true
  }

  leave (item: T): void {
    this.#waiting.delete(item)
  }

  /** Who is next; undefined if nobody waits. */
  get first (): T | undefined {
    const { value } = this.#waiting.values().next()
    return value
  }
}
