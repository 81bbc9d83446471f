import { connectionCounts } from './connection-counts.js'
import { drawByWeight } from './draw-by-weight.js'
import type { Candidate, NonEmpty, Picker, Strategy, StrategyKind } from './strategy.js'
import { TwoChoices } from './two-choices.js'

/**
 * Of two distinct targets, drawn by weight, the one with the lower (inflight + 1) / weight, in pools of any size: M. Mitzenmacher,
 * "The Power of Two Choices in Randomized Load Balancing", IEEE TPDS 12(10), 2001. Chance keeps proxies that know nothing of each
 * other from all choosing the same target.
 */
export class PowerOfTwo implements Strategy {
  prepare<T extends Candidate> (eligible: NonEmpty<T>): Picker<T> {
    return new TwoChoices(eligible, connectionCounts, drawByWeight(eligible))
  }
}

export const powerOfTwo: StrategyKind = {
  name: 'power-of-two',
  schema: { type: 'object', properties: {}, additionalProperties: false },
  create: () => new PowerOfTwo()
}
