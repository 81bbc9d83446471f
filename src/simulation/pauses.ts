import type { Random } from '../base/random.js'

/** Times at which a process stands still, in milliseconds. */
export interface PauseRule {
  /** From the begin of one pause to that of the next, on average. */
  readonly every: number
  readonly length: number
  /** Share by which the time from one to the next varies. */
  readonly jitter: number
}

/** When a process stands still. */
export class Pauses {
  readonly #rule: PauseRule
  readonly #random: Random
  /** Begins of those that are not over yet, as far as they were asked about; in order, one at least. */
  readonly #begins: number[]

  /** @param startedAt when the process started, in milliseconds: the first pause falls at random into the time between two. */
  constructor (rule: PauseRule, startedAt: number, random: Random) {
    this.#rule = rule
    this.#random = random
    this.#begins = [startedAt + rule.every * random()]
  }

  /** When what would happen at a time happens: then, or at the end of the pause that the time falls into. @param now nothing before will be asked. */
  end (at: number, now: number): number {
    const begins = this.#begins
    const { length } = this.#rule
    for (let last = begins[begins.length - 1] ?? 0; last <= at; last = begins[begins.length - 1] ?? 0) begins.push(this.#after(last))
    while ((begins[0] ?? Infinity) + length <= now) begins.shift()
    for (const begin of begins) {
      if (begin > at) break
      if (at < begin + length) return begin + length
    }
    return at
  }

  #after (begin: number): number {
    const { every, length, jitter } = this.#rule
    return begin + Math.max(length, every * (1 + jitter * (2 * this.#random() - 1)))
  }
}
