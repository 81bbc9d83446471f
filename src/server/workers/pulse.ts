import type { Clock, Timer } from '../../base/clock.js'
import type { WorkerProcess } from './worker-process.js'

/** Milliseconds. */
const INTERVAL = 1000

/** Looks at which a worker may owe its answer; one whose program is still to be loaded has more time. */
const MOST_MISSED = 10
const MOST_MISSED_LOADING = 60

/**
 * Asks workers each second whether they are still there, and finds those that answer no more: stopped, or busy without end. It counts looks
 * and not time, so that processes which have all stood still together are not taken for dead when they go on.
 */
export class Pulse {
  readonly #clock: Clock
  readonly #workers: () => readonly WorkerProcess[]
  readonly #hung: (worker: WorkerProcess) => void
  readonly #missed = new WeakMap<WorkerProcess, number>()
  #timer: Timer | null = null

  /** @param hung hears of each one that owes its answer for too long. */
  constructor (clock: Clock, workers: () => readonly WorkerProcess[], hung: (worker: WorkerProcess) => void) {
    this.#clock = clock
    this.#workers = workers
    this.#hung = hung
  }

  start (): void {
    this.#timer = this.#clock.after(INTERVAL, () => {
      for (const worker of this.#workers()) this.#look(worker)
      this.start()
    })
  }

  stop (): void {
    this.#timer?.cancel()
  }

  #look (worker: WorkerProcess): void {
    const missed = this.#missed.get(worker) ?? 0
    this.#missed.set(worker, missed + 1)
    if (!worker.loaded) {
      if (missed >= MOST_MISSED_LOADING) this.#hung(worker)
      return
    }
    if (missed === 0) void worker.ask({ type: 'ping' }, 0).then(() => { this.#missed.set(worker, 0) })
    else if (missed >= MOST_MISSED) this.#hung(worker)
  }
}
