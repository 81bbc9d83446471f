import type { Clock } from '../base/clock.js'

/** Since when a target is in its present state, and for how long it was out of service. Being full is no state of its own here. */
export class ServiceRecord {
  /** Milliseconds since 1970. */
  since = 0
  /** 0 = in service; else what speaks against it. */
  #state = -1
  #downtime = 0
  /** Clock time in ms at which it went out of service; -1 = it is in service. */
  #outAt = -1

  /** @param vetoes the judges that speak against it, as bits. */
  note (inService: boolean, vetoes: number, clock: Clock): void {
    const state = inService ? 0 : vetoes + 1
    if (state === this.#state) return
    this.#state = state
    this.since = clock.wallTime()
    const now = clock.now()
    if (inService) {
      this.#downtime = this.downtime(now)
      this.#outAt = -1
    } else if (this.#outAt === -1) {
      this.#outAt = now
    }
  }

  /** Milliseconds out of service in all. */
  downtime (now: number): number {
    return this.#outAt === -1 ? this.#downtime : this.#downtime + now - this.#outAt
  }
}
