import { Latencies } from './latencies.js'
import { LatencyRecord, type LatencyRule } from './latency-record.js'
import { leastLoaded } from './least-loaded.js'
import type { Candidate, Follower, NonEmpty, Picker, Strategy } from './strategy.js'
import { Turn } from './turn.js'

/**
 * The target with the lowest latency x (inflight + 1) / weight, by a rule for the average. As with least-connections small pools are
 * scanned in turn, larger ones compare two at random.
 */
export class LeastLatency implements Strategy {
  readonly #rule: LatencyRule
  readonly #records = new WeakMap<Candidate, LatencyRecord>()
  readonly #turn = new Turn()

  constructor (rule: LatencyRule) {
    this.#rule = rule
  }

  follow (candidate: Candidate): Follower {
    return this.#recordOf(candidate)
  }

  prepare<T extends Candidate> (eligible: NonEmpty<T>): Picker<T> {
    return leastLoaded(eligible, new Latencies(eligible.map(candidate => this.#recordOf(candidate))), this.#turn)
  }

  #recordOf (candidate: Candidate): LatencyRecord {
    let record = this.#records.get(candidate)
    if (record === undefined) this.#records.set(candidate, record = new LatencyRecord(this.#rule))
    return record
  }
}
