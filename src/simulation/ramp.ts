/** A number that goes evenly from one value to another in a stretch of time. */
export class Ramp {
  #from: number
  #to: number
  #begin = 0
  #length = 0

  constructor (value: number) {
    this.#from = value
    this.#to = value
  }

  /** @param length milliseconds until the value is reached. */
  go (value: number, now: number, length: number): void {
    this.#from = this.at(now)
    this.#to = value
    this.#begin = now
    this.#length = length
  }

  at (now: number): number {
    if (now >= this.#begin + this.#length) return this.#to
    return this.#from + (this.#to - this.#from) * (now - this.#begin) / this.#length
  }
}
