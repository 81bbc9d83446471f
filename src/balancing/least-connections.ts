import { connectionCounts } from './connection-counts.js'
import { leastLoaded } from './least-loaded.js'
import type { Candidate, NonEmpty, Picker, Strategy, StrategyKind } from './strategy.js'
import { Turn } from './turn.js'

/**
 * The target with the fewest requests under way for its weight, the new one counted: lowest (inflight + 1) / weight, as in Envoy's
 * least-request and HAProxy's leastconn. Small pools are scanned in turn. Larger ones compare two at random.
 */
export class LeastConnections implements Strategy {
  readonly #turn = new Turn()

  prepare<T extends Candidate> (eligible: NonEmpty<T>): Picker<T> {
    return leastLoaded(eligible, connectionCounts, this.#turn)
  }
}

export const leastConnections: StrategyKind = {
  name: 'least-connections',
  schema: { type: 'object', properties: {}, additionalProperties: false },
  create: () => new LeastConnections()
}
