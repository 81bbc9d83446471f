/** Milliseconds: after the first death, at most, and the life after which a worker counts as sound. */
const FIRST = 100
const LONGEST = 30_000
const SOUND = 60_000

/** How long to wait before a worker that has died is replaced: twice as long each time, unless it lived for a minute. */
export class RestartBackOff {
  #next = FIRST

  /** @param lived milliseconds. @returns milliseconds. */
  died (lived: number): number {
    const wait = lived >= SOUND ? FIRST : this.#next
    this.#next = Math.min(LONGEST, wait * 2)
    return wait
  }
}
