/**
 * What a target's probe results add up to. The first success of all brings it up at once, the first failure of one that
 * never passed takes it down at once; from then on `fall` failures in a row take it down, `rise` successes bring it up.
 */
export class Verdict {
  readonly #rise: number
  readonly #fall: number
  #up: boolean | null
  #everUp: boolean
  /** Results in a row that speak against the present state. */
  #against = 0

  /** @param known what is known from before; null = nothing. */
  constructor (rise: number, fall: number, known: boolean | null = null) {
    this.#rise = rise
    this.#fall = fall
    this.#up = known
    this.#everUp = known !== null
  }

  /** null until the first result. */
  get up (): boolean | null { return this.#up }

  /** Takes one result. @returns whether it changed `up`. */
  record (passed: boolean): boolean {
    if (passed === this.#up) {
      this.#against = 0
      return false
    }
    if (++this.#against < this.#needed(passed)) return false
    this.#against = 0
    this.#up = passed
    this.#everUp ||= passed
    return true
  }

  /** Takes the target's own word that it is going: no need for failures. @returns whether it changed `up`. */
  fall (): boolean {
    const flipped = this.#up !== false
    this.#up = false
    this.#against = 0
    return flipped
  }

  #needed (passed: boolean): number {
    if (!this.#everUp) return 1
    return passed ? this.#rise : this.#fall
  }
}
