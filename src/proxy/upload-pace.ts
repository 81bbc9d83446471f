import { Deadline, type TimerWheel } from '../base/timer-wheel.js'

/** Milliseconds over which the rate is an average. */
const WINDOW = 5000

/** Sees to it that a client sends its request's body at no less than a certain rate, while somebody takes it. */
export class UploadPace extends Deadline {
  readonly #wheel: TimerWheel
  readonly #least: number
  readonly #tooSlow: () => void
  #bytes = 0
  /** Is the client told to wait? */
  #waiting = false
  /** Was it within this window? Then it is not to blame. */
  #held = false

  /** @param rate bytes per second. */
  constructor (wheel: TimerWheel, rate: number, tooSlow: () => void) {
    super()
    this.#wheel = wheel
    this.#least = rate * WINDOW / 1000
    this.#tooSlow = tooSlow
  }

  begin (): void {
    this.#bytes = 0
    this.#held = this.#waiting
    this.#wheel.arm(this, WINDOW)
  }

  received (bytes: number): void {
    if (!this.armed) this.begin()
    this.#bytes += bytes
  }

  /** The target takes no more for now. */
  hold (): void {
    this.#waiting = true
    this.#held = true
  }

  /** The target takes more again. */
  release (): void {
    this.#waiting = false
  }

  stop (): void {
    this.#wheel.disarm(this)
  }

  expired (): void {
    if (this.#held || this.#bytes >= this.#least) this.begin()
    else this.#tooSlow()
  }
}
