import type { Clock } from '../../src/base/clock.js'

/** A server's capacity. */
export interface Capacity {
  /** Jobs done at once. */
  readonly workers: number
  /** Milliseconds that a job takes. */
  readonly serviceTime: number
  /** Jobs waiting at which each one takes twice as long, from then on three times and so on in proportion; Infinity = never. */
  readonly doublesAt: number
}

/** Limited parallelism: jobs are done first come, first served; the others wait in a line without a bound. */
export class WorkQueue {
  capacity: Capacity
  readonly #clock: Clock
  readonly #waiting: Array<() => void> = []
  #next = 0
  #busy = 0

  constructor (clock: Clock, capacity: Capacity) {
    this.#clock = clock
    this.capacity = capacity
  }

  /** Jobs that nobody works on yet. */
  get waiting (): number {
    return this.#waiting.length - this.#next
  }

  /** Adds a job; `done` is called at its end. */
  add (done: () => void): void {
    this.#waiting.push(done)
    this.#work()
  }

  #work (): void {
    const { workers, serviceTime, doublesAt } = this.capacity
    while (this.#busy < workers) {
      const job = this.#take()
      if (job === undefined) return
      this.#busy++
      this.#clock.after(serviceTime * (1 + this.waiting / doublesAt), () => {
        this.#busy--
        job()
        this.#work()
      })
    }
  }

  /** Those who have gone are cut off in one piece now and then: a shift per job would move a long line each time. */
  #take (): (() => void) | undefined {
    const job = this.#waiting[this.#next]
    if (job === undefined) return undefined
    this.#next++
    if (this.#next >= 1024 || this.#next === this.#waiting.length) {
      this.#waiting.splice(0, this.#next)
      this.#next = 0
    }
    return job
  }
}
