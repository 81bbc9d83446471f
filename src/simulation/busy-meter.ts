/** Shortest time that a backend's report speaks of, in milliseconds: as in `backend/loop-load.ts`. */
const WINDOW = 1000

interface Mark {
  readonly at: number
  readonly busy: number
}

const START: Mark = { at: 0, busy: 0 }

/** How busy a target is, over all of the time and lately. */
export class BusyMeter {
  #level = 0
  #changedAt = 0
  #busy = 0
  /** From here on the overall share counts. */
  #zero = START
  /** The window of a report begins at the older of two marks, which is at least a second ago: several who ask in turn share it. */
  #from = START
  #next = START

  /** @param level share of what it can do at once that is in use from now on, 0 to 1. */
  set (level: number, now: number): void {
    this.#busy += this.#level * (now - this.#changedAt)
    this.#level = level
    this.#changedAt = now
  }

  /** The overall share begins anew. */
  reset (now: number): void {
    this.#zero = this.#mark(now)
  }

  /** Share of the time, 0 to 1, since the start or the last `reset`. */
  overall (now: number): number {
    return shareBetween(this.#zero, this.#mark(now))
  }

  /** The same for the last second, or somewhat more, as the target itself reports it. */
  lately (now: number): number {
    const mark = this.#mark(now)
    if (now - this.#next.at >= WINDOW) {
      this.#from = this.#next
      this.#next = mark
    }
    return shareBetween(this.#from, mark)
  }

  #mark (now: number): Mark {
    return { at: now, busy: this.#busy + this.#level * (now - this.#changedAt) }
  }
}

function shareBetween (from: Mark, to: Mark): number {
  return to.at > from.at ? (to.busy - from.busy) / (to.at - from.at) : 0
}
