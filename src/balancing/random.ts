import type { Draw } from './draw.js'
import { drawByWeight } from './draw-by-weight.js'
import type { Candidate, NonEmpty, PickContext, Picker, Strategy, StrategyKind } from './strategy.js'

/** By chance, as often as its weight says, as HAProxy's `random(1)` and Envoy's random. Knows nothing of load. */
export class RandomChoice implements Strategy {
  prepare<T extends Candidate> (eligible: NonEmpty<T>): Picker<T> {
    return new Drawn(eligible, drawByWeight(eligible))
  }
}

class Drawn<T extends Candidate> implements Picker<T> {
  readonly #candidates: NonEmpty<T>
  readonly #draw: Draw

  constructor (candidates: NonEmpty<T>, draw: Draw) {
    this.#candidates = candidates
    this.#draw = draw
  }

  pick (context: PickContext): T {
    return this.#candidates[this.#draw.one(context)] ?? this.#candidates[0]
  }
}

export const random: StrategyKind = {
  name: 'random',
  schema: { type: 'object', properties: {}, additionalProperties: false },
  create: () => new RandomChoice()
}
