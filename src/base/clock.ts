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

class SystemTimer implements Timer {
  readonly #timeout: NodeJS.Timeout

  constructor (delay: number, callback: () => void, holdsProcess: boolean) {
    this.#timeout = setTimeout(callback, delay)
    if (!holdsProcess) this.#timeout.unref()
  }

  cancel (): void {
    clearTimeout(this.#timeout)
  }
}

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallTime: () => Date.now(),
  after: (delay, callback, holdsProcess = false) => new SystemTimer(delay, callback, holdsProcess)
}
