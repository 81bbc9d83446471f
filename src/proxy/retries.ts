import type { Timer } from '../base/clock.js'
import type { RawHeaders } from '../transport/transport.js'
import type { Target } from '../upstream/target.js'
import { backOff, retryAfter } from './back-off.js'
import { fieldValue } from './field-value.js'
import type { HeldAnswer } from './held-answer.js'
import type { Route } from './route.js'

/** Longest wait, in ms, between two rounds while no target can be reached. */
const ROUND = 250

/** What an exchange remembers once its first attempt has not been its last. */
export class Retries {
  /** Targets that this round has been to. */
  readonly tried = new Set<Target>()
  /** The first answer that was not good enough. */
  held: HeldAnswer | null = null
  readonly #route: Route
  #count = 0
  #timer: Timer | null = null

  constructor (route: Route) {
    this.#route = route
  }

  /** Milliseconds until the next attempt after a failure. */
  get pause (): number {
    const { config, services } = this.#route
    return backOff(this.#count + 1, config.retry.backOff, services.random)
  }

  /** The same after an answer: its `Retry-After` is respected. @returns null if it asks for more than the route will wait. */
  pauseAfter (headers: RawHeaders): number | null {
    const { config: { retry: { maxRetryAfter } }, services } = this.#route
    const asked = maxRetryAfter === 0 ? null : retryAfter(fieldValue(headers, 'retry-after'), services.clock.wallTime())
    if (asked === null) return this.pause
    return asked > maxRetryAfter ? null : Math.max(asked, this.pause)
  }

  /** Begins a new round after `waited` ms since the request began. @returns false if its time is over. */
  newRound (waited: number, next: () => void): boolean {
    const { config: { retry: { tryFor } }, services } = this.#route
    if (waited >= tryFor) return false
    this.tried.clear()
    this.after(Math.min(ROUND * (0.5 + services.random() / 2), tryFor - waited), next)
    return true
  }

  /** Calls back when it is time for the next attempt: at once, if there is nothing to wait for. */
  schedule (pause: number, next: () => void): void {
    this.#count++
    if (pause < 1) next()
    else this.after(pause, next)
  }

  /** The exchange goes on without it: it has ended, or its time is up. */
  cancel (): void {
    this.#timer?.cancel()
    this.#timer = null
  }

  /** Calls back later, unless it is cancelled. */
  after (pause: number, next: () => void): void {
    this.cancel()
    // A request waits for it, and there may be nothing else that keeps the process alive.
    this.#timer = this.#route.services.clock.after(pause, () => {
      this.#timer = null
      next()
    }, true)
  }
}
