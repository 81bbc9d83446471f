import { afterReading } from './event-loop.js'

/** A timer that is under way. */
export interface Timer {
  cancel (): void
}

/** Time as the rest of the code sees it, so that a test can hold it in its hand. */
export interface Clock {
  /** Milliseconds since some fixed moment; never runs backwards. */
  now (): number
  /** Milliseconds since 1970: for logs and headers, never for measuring. */
  wallTime (): number
  /**
   * Calls back once after `delay` milliseconds.
   * @param holdsProcess whether the process stays alive for it: only where somebody waits for what it does. Default false.
   */
  after (delay: number, callback: () => void, holdsProcess?: boolean): Timer
}

/** Milliseconds by which a timer is late when the process must have stood still. */
const STANDSTILL = 100

/**
 * After a standstill (a machine that is too busy, a process that was stopped) what has come meanwhile is read before a timer calls back: it may be
 * what is waited for. Node has it the other way round.
 */
class SystemTimer implements Timer {
  readonly #timeout: NodeJS.Timeout
  #cancelled = false

  constructor (delay: number, callback: () => void, holdsProcess: boolean) {
    const due = performance.now() + delay
    this.#timeout = setTimeout(() => {
      if (performance.now() - due < STANDSTILL) callback()
      else afterReading(() => { if (!this.#cancelled) callback() }, undefined)
    }, delay)
    if (!holdsProcess) this.#timeout.unref()
  }

  cancel (): void {
    this.#cancelled = true
    clearTimeout(this.#timeout)
  }
}

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallTime: () => Date.now(),
  after: (delay, callback, holdsProcess = false) => new SystemTimer(delay, callback, holdsProcess)
}
