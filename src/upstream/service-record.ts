import type { Clock } from '../base/clock.js'

/** Since when a target is in the state that is shown, and for how long it was out of service. Being full is no state of its own here: it comes and goes with single requests. */
export class ServiceRecord {
  /** Milliseconds since 1970. */
  since = 0
  #state: string | null = null
  #downtime = 0
  /** Clock time in ms at which it went out of service; -1 = it is in service. */
  #outAt = -1

  /** @param state the one that people are shown. */
  note (inService: boolean, state: string, clock: Clock): void {
    if (state !== this.#state) {
      this.#state = state
      this.since = clock.wallTime()
    }
    if (inService === (this.#outAt === -1)) return
    const now = clock.now()
    if (inService) {
      this.#downtime = this.downtime(now)
      this.#outAt = -1
    } else {
      this.#outAt = now
    }
  }

  /** Milliseconds out of service in all. */
  downtime (now: number): number {
    return this.#outAt === -1 ? this.#downtime : this.#downtime + now - this.#outAt
  }
}
