import { SmoothCredits } from './smooth-credits.js'
import type { Candidate, NonEmpty, Picker, Strategy, StrategyKind } from './strategy.js'
import { Turn } from './turn.js'

/**
 * Each in turn, as often as its weight says and as evenly spread as can be: the smooth weighted round-robin of nginx
 * (`src/http/ngx_http_upstream_round_robin.c`; weights 5, 1, 1 give a a b a c a a). Equal weights make that a plain rotation.
 * The turn and the credits live here, not in the pickers, so a rebuild goes on where the last one stopped, and a retry
 * among the untried counts as a turn of whoever got it.
 */
export class RoundRobin implements Strategy {
  readonly #turn = new Turn()
  readonly #credits = new SmoothCredits()

  prepare<T extends Candidate> (eligible: NonEmpty<T>): Picker<T> {
    const { weight } = eligible[0]
    return eligible.every(candidate => candidate.weight === weight)
      ? new Rotation(eligible, this.#turn)
      : this.#credits.picker(eligible)
  }
}

class Rotation<T extends Candidate> implements Picker<T> {
  readonly #candidates: NonEmpty<T>
  readonly #turn: Turn

  constructor (candidates: NonEmpty<T>, turn: Turn) {
    this.#candidates = candidates
    this.#turn = turn
  }

  pick (): T {
    const candidates = this.#candidates
    const index = this.#turn.next(candidates)
    this.#turn.taken(candidates, index)
    return candidates[index] ?? candidates[0]
  }
}

export const roundRobin: StrategyKind = {
  name: 'round-robin',
  schema: { type: 'object', properties: {}, additionalProperties: false },
  create: () => new RoundRobin()
}
