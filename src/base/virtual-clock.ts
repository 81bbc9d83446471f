import type { Clock, Timer } from './clock.js'

interface Waiting {
  readonly due: number
  readonly order: number
  readonly callback: () => void
}

/** A clock that moves only when told to: for tests and for the simulator. */
export class VirtualClock implements Clock {
  #now = 0
  #order = 0
  readonly #waiting = new Set<Waiting>()

  readonly now = (): number => this.#now

  wallTime (): number {
    return this.#now
  }

  after (delay: number, callback: () => void): Timer {
    const waiting: Waiting = { due: this.#now + Math.max(0, delay), order: this.#order++, callback }
    this.#waiting.add(waiting)
    return { cancel: () => { this.#waiting.delete(waiting) } }
  }

  /** How many timers are under way: zero says that nothing was left behind. */
  get pending (): number {
    return this.#waiting.size
  }

  /** Moves `duration` milliseconds on and fires what falls due on the way, in order. */
  advance (duration: number): void {
    const end = this.#now + duration
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#waiting.delete(next)
      this.#now = next.due
      next.callback()
    }
    this.#now = end
  }

  /** As `advance`, letting promises settle between two timers. */
  async advanceAsync (duration: number): Promise<void> {
    const end = this.#now + duration
    await settled()
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#waiting.delete(next)
      this.#now = next.due
      next.callback()
      await settled()
    }
    this.#now = end
  }

  #next (end: number): Waiting | undefined {
    let first: Waiting | undefined
    for (const waiting of this.#waiting) {
      if (waiting.due > end) continue
      if (first === undefined || waiting.due < first.due || (waiting.due === first.due && waiting.order < first.order)) first = waiting
    }
    return first
  }
}

/** Resolves after the promise jobs that are queued now, and those they queue. */
function settled (): Promise<void> {
  return new Promise(resolve => { setImmediate(resolve) })
}
