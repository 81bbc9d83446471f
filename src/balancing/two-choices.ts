import type { Draw } from './draw.js'
import { scores, type Loads } from './loads.js'
import type { Candidate, NonEmpty, PickContext, Picker } from './strategy.js'

/**
 * Compares two drawn at random, which is nearly as good as comparing all and costs the same for any size: M. Mitzenmacher, "The Power
 * of Two Choices in Randomized Load Balancing", IEEE TPDS 12(10), 2001.
 */
export class TwoChoices<T extends Candidate> implements Picker<T> {
  readonly #candidates: NonEmpty<T>
  readonly #loads: Loads
  readonly #draw: Draw

  constructor (candidates: NonEmpty<T>, loads: Loads, draw: Draw) {
    this.#candidates = candidates
    this.#loads = loads
    this.#draw = draw
  }

  pick (context: PickContext): T {
    const candidates = this.#candidates
    if (candidates.length === 1) return candidates[0]
    const loads = this.#loads
    const first = this.#draw.one(context)
    const second = this.#draw.other(first, context)
    loads.begin(context, first, second)
    const a = candidates[first] ?? candidates[0]
    const b = candidates[second] ?? candidates[0]
    return loads.of(b, second) * a.weight < loads.of(a, first) * b.weight ? b : a
  }

  scores (context: PickContext): number[] {
    return scores(this.#candidates, this.#loads, context)
  }
}
