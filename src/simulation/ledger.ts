import { Histogram } from './histogram.js'
import { jainIndex } from './jain.js'
import { failureCauses, type FailureCause, type LatencyResult, type SimulationResult } from './result.js'
import type { SimulatedRequest } from './simulated-request.js'
import type { SimulatedTarget } from './simulated-target.js'

/** Counts how requests end. */
export class Ledger {
  readonly #targets: readonly SimulatedTarget[]
  /** Number of the target that a key's last answer came from, by key; 0 = none. */
  readonly #homes: Int32Array
  readonly #latency = new Histogram()
  readonly #failures = new Map<FailureCause, number>(failureCauses.map(cause => [cause, 0]))
  readonly #from: number
  #requests = 0
  #attempts = 0
  #moved = 0
  #returning = 0
  #lastEnd = 0
  #utilization: readonly number[] = []

  /**
   * @param keys how many there are; 0 = requests have none.
   * @param from milliseconds: requests that come before do not count.
   */
  constructor (targets: readonly SimulatedTarget[], keys: number, from: number) {
    this.#targets = targets
    this.#from = from
    this.#homes = new Int32Array(keys)
  }

  /** The moment from which requests count has come. */
  begin (now: number): void {
    for (const target of this.#targets) target.resetCounts(now)
  }

  /** The load has ended. */
  endLoad (now: number): void {
    this.#utilization = this.#targets.map(target => target.utilization(now))
  }

  /**
   * A request has ended.
   * @param latency milliseconds.
   * @param target the one whose answer the client gets; null = there is none.
   * @param cause why it was not served; null = it was.
   */
  ended (request: SimulatedRequest, now: number, latency: number, target: SimulatedTarget | null, cause: FailureCause | null): void {
    if (request.arrivedAt < this.#from) return
    if (target !== null && this.#homes.length > 0) this.#note(request.identity, target.number)
    this.#requests++
    this.#attempts += request.attempts
    this.#lastEnd = now
    if (target !== null) target.served++
    if (cause === null) this.#latency.record(latency)
    else this.#failures.set(cause, (this.#failures.get(cause) ?? 0) + 1)
  }

  /** @param events that the run took. */
  result (events: number): SimulationResult {
    const served = this.#latency.count
    const answers = this.#targets.reduce((sum, target) => sum + target.served, 0)
    const duration = Math.max(0, this.#lastEnd - this.#from)
    return {
      requests: this.#requests,
      served,
      failures: this.#failureCounts(),
      amplification: this.#requests === 0 ? 1 : this.#attempts / this.#requests,
      requestsPerSecond: duration === 0 ? 0 : served * 1000 / duration,
      latency: this.#latencyResult(),
      targets: this.#targets.map((target, index) => ({
        target: target.number,
        served: target.served,
        share: answers === 0 ? 0 : target.served / answers,
        peakInflight: target.peak,
        utilization: this.#utilization[index] ?? 0
      })),
      jain: jainIndex(this.#targets.map(target => target.served / target.weight)),
      peakInflight: this.#targets.reduce((most, { peak }) => Math.max(most, peak), 0),
      moved: this.#homes.length === 0 ? null : this.#moved / Math.max(1, this.#returning),
      duration,
      events
    }
  }

  #note (key: number, target: number): void {
    const home = this.#homes[key] ?? 0
    if (home !== 0) this.#returning++
    if (home !== 0 && home !== target) this.#moved++
    this.#homes[key] = target
  }

  #failureCounts (): Record<FailureCause, number> {
    const count = (cause: FailureCause): number => this.#failures.get(cause) ?? 0
    return { 'error status': count('error status'), refused: count('refused'), reset: count('reset'), timeout: count('timeout'), 'no target': count('no target') }
  }

  #latencyResult (): LatencyResult | null {
    const latency = this.#latency
    if (latency.count === 0) return null
    const [p50 = 0, p90 = 0, p99 = 0, p999 = 0] = [50, 90, 99, 99.9].map(percent => latency.percentile(percent))
    return { mean: latency.mean, p50, p90, p99, p999, max: latency.max }
  }
}
