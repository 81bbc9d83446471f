import type { Clock, Timer } from '../../base/clock.js'
import type { WorkerProcess } from './worker-process.js'

/** Milliseconds. */
const INTERVAL = 1000

/** Looks at which a worker may owe its answer; one whose program is still to be loaded has more time. */
const MOST_MISSED = 10
const MOST_MISSED_LOADING = 60

/** Looks after which it is not counted on. */
const SOME_MISSED = 3

/**
 * Asks workers each second whether they are still there, and finds those that answer no more: stopped, or busy without end. It counts looks
 * and not time, so that processes which have all stood still together are not taken for dead when they go on.
 */
export class Pulse {
  readonly #clock: Clock
  readonly #workers: () => readonly WorkerProcess[]
  readonly #hung: (worker: WorkerProcess) => void
  /** Looks since one began to load, or since it was asked. */
  readonly #missed = new WeakMap<WorkerProcess, number>()
  /** Those that owe an answer. */
  readonly #asked = new WeakSet<WorkerProcess>()
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

  /** Has it answered, of late? */
  answers (worker: WorkerProcess): boolean {
    return !this.#asked.has(worker) || (this.#missed.get(worker) ?? 0) < SOME_MISSED
  }

  #look (worker: WorkerProcess): void {
    if (worker.loaded && !this.#asked.has(worker)) return this.#ask(worker)
    const missed = (this.#missed.get(worker) ?? 0) + 1
    this.#missed.set(worker, missed)
    if (missed > (worker.loaded ? MOST_MISSED : MOST_MISSED_LOADING)) this.#hung(worker)
  }

  #ask (worker: WorkerProcess): void {
    this.#asked.add(worker)
    this.#missed.set(worker, 1)
    void worker.ask({ type: 'ping' }, 0).then(() => { this.#asked.delete(worker) })
  }
}
