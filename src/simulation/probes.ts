import type { Clock, Timer } from '../base/clock.js'
import type { Random } from '../base/random.js'
import type { ProbeRules } from './pool-model.js'
import type { SimulatedCandidate } from './simulated-candidate.js'

/**
 * When a proxy's health check finds out that a target has ended or is back. Probes that change nothing are not simulated one by one: the moment
 * of the change falls at random between two probes, and so many more must agree as the rules say.
 */
export class Probes {
  readonly #rules: ProbeRules
  readonly #clock: Clock
  readonly #random: Random
  readonly #judged: (candidate: SimulatedCandidate) => void
  readonly #pending = new Map<SimulatedCandidate, Timer>()

  /** @param judged called when one has been found down or up. */
  constructor (rules: ProbeRules, clock: Clock, random: Random, judged: (candidate: SimulatedCandidate) => void) {
    this.#rules = rules
    this.#clock = clock
    this.#random = random
    this.#judged = judged
  }

  /** Its process has ended or started. */
  targetChanged (candidate: SimulatedCandidate): void {
    this.forget(candidate)
    const down = !candidate.target.alive
    if (candidate.down === down) return
    this.#pending.set(candidate, this.#clock.after(this.#untilFound(down), () => {
      this.#pending.delete(candidate)
      candidate.down = down
      this.#judged(candidate)
    }))
  }

  /** It has left the pool. */
  forget (candidate: SimulatedCandidate): void {
    this.#pending.get(candidate)?.cancel()
    this.#pending.delete(candidate)
  }

  /** Tells the strategy how busy a target says it is, as each probe brings it, for as long as it is in the pool. */
  reportLoad (candidate: SimulatedCandidate): void {
    const { follower, target } = candidate
    if (follower?.reported === undefined) return
    const report = (): void => {
      if (!candidate.pooled) return
      if (target.alive) follower.reported?.(target.loadReport(this.#clock.now()), this.#clock.now())
      this.#clock.after(this.#nextProbe(candidate.down), report)
    }
    // Probes go to all targets at once at the start, but proxies do not start together.
    this.#clock.after(this.#rules.interval * this.#random(), report)
  }

  #untilFound (down: boolean): number {
    let delay = this.#random() * (down ? this.#rules.interval : this.#rules.intervalDown)
    for (let probe = 1; probe < (down ? this.#rules.fall : this.#rules.rise); probe++) delay += this.#nextProbe(!down)
    return delay
  }

  #nextProbe (down: boolean): number {
    const { interval, intervalDown, jitter } = this.#rules
    return (down ? intervalDown : interval) * (1 + jitter * (2 * this.#random() - 1))
  }
}
