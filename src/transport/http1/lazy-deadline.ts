import type { Clock } from '../../base/clock.js'
import { Deadline, type TimerWheel } from '../../base/timer-wheel.js'

/**
 * A deadline that is put off again and again, as with every piece of a body: that costs a comparison. The wheel is touched only
 * when the deadline comes nearer, and when the wheel calls too early.
 */
export abstract class LazyDeadline extends Deadline {
  readonly #clock: Clock
  readonly #wheel: TimerWheel
  #dueAt = Infinity
  /** When the wheel calls; meaningful while armed. */
  #wakesAt = 0

  constructor (clock: Clock, wheel: TimerWheel) {
    super()
    this.#clock = clock
    this.#wheel = wheel
  }

  /** The time is up. */
  protected abstract ranOut (): void

  /** Sets it to `limit` milliseconds from now; 0 = never. */
  protected postpone (limit: number, now: number): void {
    this.#dueAt = limit === 0 ? Infinity : now + limit
    if (limit === 0 || (this.armed && this.#wakesAt <= this.#dueAt)) return
    this.#wakesAt = this.#dueAt
    this.#wheel.arm(this, limit)
  }

  /** Forgets it for good, and leaves nothing on the wheel. */
  protected disarm (): void {
    this.#dueAt = Infinity
    this.#wheel.disarm(this)
  }

  /** Is there time left? The wheel may be late. */
  protected pending (now: number): boolean {
    return now < this.#dueAt
  }

  override expired (): void {
    const left = this.#dueAt - this.#clock.now()
    if (left === Infinity) return
    if (left <= 0) return this.ranOut()
    this.#wakesAt = this.#dueAt
    this.#wheel.arm(this, left)
  }
}
