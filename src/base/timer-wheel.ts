import type { Clock, Timer } from './clock.js'

const SLOTS = 512

/**
 * Something that has a deadline. Extend it, so that arming and disarming a deadline allocates nothing: the wheel's
 * links live in the object itself.
 */
export abstract class Deadline {
  /** @internal */ wheelNext: Deadline | null = null
  /** @internal */ wheelPrevious: Deadline | null = null
  /** @internal Clock time in ms; meaningful only while armed. */ wheelDue = 0
  /** @internal Number of the tick it fires at; meaningful only while armed. */ wheelTick = 0
  /** @internal */ wheelSlot = -1

  get armed (): boolean {
    return this.wheelSlot !== -1
  }

  /** The deadline has passed. It is disarmed already and may be armed anew. */
  abstract expired (): void
}

/** A deadline that calls back. For places where an object of its own would only be ceremony. */
export class CallbackDeadline extends Deadline {
  readonly expired: () => void

  constructor (expired: () => void) {
    super()
    this.expired = expired
  }
}

/**
 * Many deadlines, one timer. A deadline fires at the first tick at or after it falls due, so up to `tick` late and never
 * early. Arm and disarm are O(1). The timer runs only while something is armed.
 *
 * Source: the hashed timing wheel of Varghese and Lauck, "Hashed and Hierarchical Timing Wheels", scheme 6.
 */
export class TimerWheel {
  readonly #clock: Clock
  readonly #tick: number
  readonly #slots: Array<Deadline | null> = new Array<Deadline | null>(SLOTS).fill(null)
  #armed = 0
  /** Number of the last tick whose slot was emptied. */
  #done = 0
  #timer: Timer | null = null

  constructor (clock: Clock, tick = 25) {
    this.#clock = clock
    this.#tick = tick
  }

  /** How many deadlines are armed. */
  get size (): number {
    return this.#armed
  }

  /** (Re-)arms a deadline `delay` milliseconds from now. */
  arm (deadline: Deadline, delay: number): void {
    if (deadline.wheelSlot !== -1) this.disarm(deadline)
    const now = this.#clock.now()
    if (this.#armed === 0) this.#done = Math.floor(now / this.#tick)
    deadline.wheelDue = now + delay
    deadline.wheelTick = Math.max(Math.ceil(deadline.wheelDue / this.#tick), this.#done + 1)
    this.#link(deadline, deadline.wheelTick % SLOTS)
    this.#armed++
    if (this.#timer === null) this.#schedule()
  }

  /** Disarms a deadline; harmless if it is not armed. */
  disarm (deadline: Deadline): void {
    const slot = deadline.wheelSlot
    if (slot === -1) return
    if (deadline.wheelPrevious === null) this.#slots[slot] = deadline.wheelNext
    else deadline.wheelPrevious.wheelNext = deadline.wheelNext
    if (deadline.wheelNext !== null) deadline.wheelNext.wheelPrevious = deadline.wheelPrevious
    deadline.wheelNext = null
    deadline.wheelPrevious = null
    deadline.wheelSlot = -1
    this.#armed--
  }

  #link (deadline: Deadline, slot: number): void {
    const first = this.#slots[slot] ?? null
    deadline.wheelNext = first
    deadline.wheelPrevious = null
    deadline.wheelSlot = slot
    if (first !== null) first.wheelPrevious = deadline
    this.#slots[slot] = deadline
  }

  /** The timer keeps to whole ticks: if it ran from the moment of arming, deadlines would be late by up to two. */
  #schedule (): void {
    const now = this.#clock.now()
    this.#timer = this.#clock.after((Math.floor(now / this.#tick) + 1) * this.#tick - now, this.#turn)
  }

  readonly #turn = (): void => {
    this.#timer = null
    const now = this.#clock.now()
    const current = Math.floor(now / this.#tick)
    // After a pause longer than a whole turn every slot is visited once: each deadline is in exactly one of them.
    for (let tick = Math.max(this.#done + 1, current - SLOTS + 1); tick <= current; tick++) {
      this.#done = tick
      this.#empty(tick % SLOTS, current)
    }
    if (this.#armed > 0 && this.#timer === null) this.#schedule()
  }

  #empty (slot: number, current: number): void {
    let deadline = this.#slots[slot] ?? null
    while (deadline !== null) {
      if (deadline.wheelTick <= current) {
        this.disarm(deadline)
        deadline.expired()
        // What expired may have armed or disarmed others in this very slot: start over, the due ones are gone.
        deadline = this.#slots[slot] ?? null
      } else {
        deadline = deadline.wheelNext
      }
    }
  }
}
