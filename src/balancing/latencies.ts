import type { LatencyRecord } from './latency-record.js'
import type { Loads } from './loads.js'
import type { Candidate, PickContext } from './strategy.js'

/** What a candidate counts as where nothing is known of anyone, in ms. Source: Envoy's `default_rtt`. */
const UNKNOWN = 10
/** No latency is below, in ms: averages that have decayed to nothing would hide how busy the candidates are. */
const LEAST = 0.001

/**
 * Load = latency x (requests under way, the new one counted). The latency is the average, or the age of the oldest request that waits for an
 * answer if that is more: a target that hangs is avoided before it has answered. A candidate never measured counts like the best
 * known of those that it is compared with, so that it is tried soon.
 */
export class Latencies implements Loads {
  readonly #records: readonly LatencyRecord[]
  /** Have all of them been measured? They stay so. */
  #complete = false
  #now = 0
  /** What one never measured counts as in this comparison. */
  #standIn = UNKNOWN

  /** @param records of the candidates, in their order. */
  constructor (records: readonly LatencyRecord[]) {
    this.#records = records
  }

  begin (context: PickContext, first?: number, second?: number): void {
    this.#now = context.now()
    if (this.#complete) return
    let best = Infinity
    if (first === undefined || second === undefined) {
      this.#complete = this.#records.every(record => record.measured)
      for (let place = 0; place < this.#records.length; place++) best = Math.min(best, this.#known(place))
    } else {
      best = Math.min(this.#known(first), this.#known(second))
    }
    this.#standIn = best === Infinity ? UNKNOWN : best
  }

  of (candidate: Candidate, place: number): number {
    const record = this.#records[place]
    if (record === undefined) return Infinity
    const average = record.average(this.#now)
    const latency = Math.max(record.measured ? average : Math.max(average, this.#standIn), record.age(this.#now), LEAST)
    return latency * (candidate.inflight + 1)
  }

  #known (place: number): number {
    const record = this.#records[place]
    return record?.measured === true ? record.average(this.#now) : Infinity
  }
}
