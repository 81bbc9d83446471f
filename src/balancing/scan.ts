import { scores, type Loads } from './loads.js'
import type { Candidate, NonEmpty, PickContext, Picker } from './strategy.js'
import type { Turn } from './turn.js'

/** Compares all, beginning with the one whose turn it is: equals share like in a rotation. */
export class Scan<T extends Candidate> implements Picker<T> {
  readonly #candidates: NonEmpty<T>
  readonly #loads: Loads
  readonly #turn: Turn

  /** @param turn outlives the picker, so that a rebuild goes on where the last one stopped. */
  constructor (candidates: NonEmpty<T>, loads: Loads, turn: Turn) {
    this.#candidates = candidates
    this.#loads = loads
    this.#turn = turn
  }

  pick (context: PickContext): T {
    const candidates = this.#candidates
    const loads = this.#loads
    const count = candidates.length
    const start = this.#turn.next(candidates)
    loads.begin(context)
    let best = candidates[start] ?? candidates[0]
    let bestPlace = start
    let least = loads.of(best, start)
    for (let step = 1, place = start + 1; step < count; step++, place++) {
      if (place >= count) place = 0
      const candidate = candidates[place]
      if (candidate === undefined) break
      const load = loads.of(candidate, place)
      if (load * best.weight < least * candidate.weight) {
        best = candidate
        bestPlace = place
        least = load
      }
    }
    this.#turn.taken(candidates, bestPlace)
    return best
  }

  scores (context: PickContext): number[] {
    return scores(this.#candidates, this.#loads, context)
  }
}
