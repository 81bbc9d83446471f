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
  /** Calls back once after `delay` milliseconds. An unfinished timer does not keep the process alive. */
  after (delay: number, callback: () => void): Timer
}

class SystemTimer implements Timer {
  readonly #timeout: NodeJS.Timeout

  constructor (delay: number, callback: () => void) {
    this.#timeout = setTimeout(callback, delay)
    this.#timeout.unref()
  }

  cancel (): void {
    clearTimeout(this.#timeout)
  }
}

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallTime: () => Date.now(),
  after: (delay, callback) => new SystemTimer(delay, callback)
}
