import type { Candidate, NonEmpty, Picker, Strategy, StrategyKind } from './strategy.js'

/**
 * The first target in the order of the config; the next one while those before it are down or have as many requests as
 * they may have at once. Source: HAProxy, `balance first`.
 */
export class FirstAvailable implements Strategy {
  prepare<T extends Candidate> (eligible: NonEmpty<T>): Picker<T> {
    const [first] = eligible
    return { pick: () => first }
  }
}

export const firstAvailable: StrategyKind = {
  name: 'first-available',
  schema: { type: 'object', properties: {}, additionalProperties: false },
  create: () => new FirstAvailable()
}
