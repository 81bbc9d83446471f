import type { Clock, Timer } from '../base/clock.js'
import { EventQueue } from './event-queue.js'

/** What an event is about: the kind is in the two lowest bits of its subject, a number of the kind's own above them. */
export const ENDING = 0
export const PATIENCE = 1
export const CLIENT = 2
const CALLBACK = 3

interface Callback {
  call: (() => void) | null
}

/** The simulated time and all that is to happen in it. A clock for what takes one: nothing waits, time jumps from event to event. */
export class Agenda implements Clock {
  readonly #queue = new EventQueue()
  readonly #callbacks: Callback[] = []
  readonly #free: number[] = []
  #now = 0
  #count = 0

  now (): number {
    return this.#now
  }

  wallTime (): number {
    return this.#now
  }

  /** Events that have happened. */
  get count (): number { return this.#count }
  /** When the next event happens; Infinity = there is none. */
  get next (): number { return this.#queue.next }
  /** Of the event that happens now: its number, as `put` returned it. */
  get number (): number { return this.#queue.number }
  /** Of the event that happens now: its kind. */
  get kind (): number { return this.#queue.subject & 3 }
  /** Of the event that happens now: what it is about. */
  get slot (): number { return this.#queue.subject >> 2 }

  /** Puts an event in. @returns its number. */
  put (at: number, kind: number, slot: number): number {
    return this.#queue.push(at, slot << 2 | kind)
  }

  after (delay: number, callback: () => void): Timer {
    const slot = this.#free.pop() ?? this.#callbacks.length
    const entry: Callback = { call: callback }
    this.#callbacks[slot] = entry
    this.put(this.#now + Math.max(0, delay), CALLBACK, slot)
    return { cancel: () => { entry.call = null } }
  }

  /** Goes on to a moment at which something happens that is not in the agenda. */
  goTo (at: number): void {
    this.#now = at
    this.#count++
  }

  /** Goes on to the next event; callbacks are called. @returns false if there is none. */
  advance (): boolean {
    if (!this.#queue.take()) return false
    this.goTo(this.#queue.at)
    if (this.kind === CALLBACK) this.#call(this.slot)
    return true
  }

  #call (slot: number): void {
    const call = this.#callbacks[slot]?.call
    this.#free.push(slot)
    if (call !== null && call !== undefined) call()
  }
}
