import type { Candidate, NonEmpty, PickContext, Picker, Strategy, StrategyKind } from './strategy.js'
import { Turn } from './turn.js'

/** Up to so many candidates all are compared: of two, a random pair picked with repetition would take the worse one in four times. */
const SCAN_LIMIT = 8

/**
 * The target with the fewest requests under way for its weight, the new one counted: lowest (inflight + 1) / weight, as in Envoy's
 * least-request and HAProxy's leastconn. Small pools are scanned in turn, so that equals share like in a rotation. Larger
 * ones compare two at random, which is nearly as good and costs the same for any size: M. Mitzenmacher, "The Power of Two
 * Choices in Randomized Load Balancing", IEEE TPDS 12(10), 2001.
 */
export class LeastConnections implements Strategy {
  readonly #turn = new Turn()

  prepare<T extends Candidate> (eligible: NonEmpty<T>): Picker<T> {
    return eligible.length <= SCAN_LIMIT ? new Scan(eligible, this.#turn) : new TwoChoices(eligible)
  }
}

class Scan<T extends Candidate> implements Picker<T> {
  readonly #candidates: NonEmpty<T>
  readonly #turn: Turn

  constructor (candidates: NonEmpty<T>, turn: Turn) {
    this.#candidates = candidates
    this.#turn = turn
  }

  pick (): T {
    const candidates = this.#candidates
    const count = candidates.length
    const start = this.#turn.next(candidates)
    let best = candidates[start] ?? candidates[0]
    let bestIndex = start
    for (let step = 1, index = start + 1; step < count; step++, index++) {
      if (index >= count) index = 0
      const candidate = candidates[index]
      if (candidate !== undefined && lighter(candidate, best)) {
        best = candidate
        bestIndex = index
      }
    }
    this.#turn.taken(candidates, bestIndex)
    return best
  }
}

class TwoChoices<T extends Candidate> implements Picker<T> {
  readonly #candidates: NonEmpty<T>

  constructor (candidates: NonEmpty<T>) {
    this.#candidates = candidates
  }

  pick (context: PickContext): T {
    const candidates = this.#candidates
    const first = Math.floor(context.random() * candidates.length)
    // Drawn from one place fewer and moved past the first: distinct without a second draw, and every pair is as likely as any
    // other. Source: twitter/finagle, `P2CPick.scala`.
    let second = Math.floor(context.random() * (candidates.length - 1))
    if (second >= first) second++
    const a = candidates[first] ?? candidates[0]
    const b = candidates[second] ?? candidates[0]
    return lighter(b, a) ? b : a
  }
}

/** Compares (inflight + 1) / weight without the division, whose rounding would break ties. */
function lighter (a: Candidate, b: Candidate): boolean {
  return (a.inflight + 1) * b.weight < (b.inflight + 1) * a.weight
}

export const leastConnections: StrategyKind = {
  name: 'least-connections',
  schema: { type: 'object', properties: {}, additionalProperties: false },
  create: () => new LeastConnections()
}
