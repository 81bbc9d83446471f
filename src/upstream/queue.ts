/** `high` is served before `normal`, whoever came first. */
export type Priority = 'high' | 'normal'

/** A bounded line of those who wait: first come, first served within a priority. Leaving the line early costs nothing. */
export class Queue<T> {
  readonly #max: number
  readonly #high = new Set<T>()
  readonly #normal = new Set<T>()

  constructor (max: number) {
    this.#max = max
  }

  get size (): number {
    return this.#high.size + this.#normal.size
  }

  /** @returns false if the line is full. */
  enter (item: T, priority: Priority): boolean {
    if (this.size >= this.#max) return false
    if (priority === 'high') this.#high.add(item)
    else this.#normal.add(item)
    return true
  }

  leave (item: T): void {
    if (!this.#high.delete(item)) this.#normal.delete(item)
  }

  /** Who is next; undefined if nobody waits. */
  get first (): T | undefined {
    for (const item of this.#high) return item
    for (const item of this.#normal) return item
    return undefined
  }
}
