import type { Clock } from './clock.js'
import type { DelayMeter, LoopTimes, MeteredLoop } from './loop-meter.js'

/** Shortest time that a reading speaks of, in milliseconds. */
const WINDOW = 1000

/** How busy the event loop was. */
export interface LoopReading {
  /** Share of the time in which it was at work, 0 to 1. */
  readonly utilization: number
  /** How late it was, in milliseconds. */
  readonly p50: number
  readonly p99: number
  readonly max: number
}

interface Mark {
  readonly at: number
  readonly times: LoopTimes
  /** Measures from this mark on. */
  readonly delays: DelayMeter
}

/**
 * The load of the event loop since an earlier reading, which is at least a second ago: several who ask in turn would otherwise
 * leave each other windows too short to mean anything. Two marks are kept. The older one begins the window. When the newer one is old enough,
 * it takes that place.
 */
export class LoopLoad {
  readonly #loop: MeteredLoop
  readonly #clock: Clock
  #from: Mark
  #next: Mark

  constructor (loop: MeteredLoop, clock: Clock) {
    this.#loop = loop
    this.#clock = clock
    this.#from = this.#mark(loop.delayMeter())
    this.#next = this.#mark(loop.delayMeter())
  }

  read (): LoopReading {
    if (this.#clock.now() - this.#next.at >= WINDOW) {
      const { delays } = this.#from
      delays.reset()
      this.#from = this.#next
      this.#next = this.#mark(delays)
    }
    const { times, delays } = this.#from
    return { utilization: utilization(times, this.#loop.loopTimes()), p50: delays.p50(), p99: delays.p99(), max: delays.max() }
  }

  stop (): void {
    this.#from.delays.stop()
    this.#next.delays.stop()
  }

  #mark (delays: DelayMeter): Mark {
    return { at: this.#clock.now(), times: this.#loop.loopTimes(), delays }
  }
}

function utilization (from: LoopTimes, to: LoopTimes): number {
  const active = to.active - from.active
  const total = active + to.idle - from.idle
  return total > 0 ? active / total : 0
}
