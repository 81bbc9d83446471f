import { statSync, type BigIntStats } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { Clock, Timer } from '../base/clock.js'

/** How often it is looked at, in ms. A file that is the same in two looks rests. */
const INTERVAL = 500

/**
 * Calls back when a file has changed and rests. It looks at the file itself, again and again: the system's own notices are lost when a link on
 * the way to it is put elsewhere (releases, config maps), do not come from network and container mounts, and can run out.
 */
export class WatchedFile {
  readonly #path: string
  readonly #clock: Clock
  readonly #changed: () => void
  #known: string | null = null
  #seen: string | null = null
  #timer: Timer | null = null

  /** @param changed is not called for a file that is gone, but when it is back. */
  constructor (path: string, clock: Clock, changed: () => void) {
    this.#path = path
    this.#clock = clock
    this.#changed = changed
  }

  /** What it is now is no news: whoever calls is about to read it. */
  know (): void {
    try {
      this.#known = signature(statSync(this.#path, { bigint: true }))
    } catch {
      // Reading it will say why.
      this.#known = null
    }
  }

  /** Begins to watch, or ends it. */
  watch (on: boolean): void {
    if (on === (this.#timer !== null)) return
    this.#timer?.cancel()
    this.#timer = on ? this.#next() : null
    this.#seen = null
  }

  #next (): Timer {
    const timer = this.#clock.after(INTERVAL, () => {
      void stat(this.#path, { bigint: true }).then(signature, () => null).then(seen => {
        if (this.#timer !== timer) return
        this.#timer = this.#next()
        this.#look(seen)
      })
    })
    return timer
  }

  /** @param seen null = it can't be seen at the moment. */
  #look (seen: string | null): void {
    const rests = seen === this.#seen
    this.#seen = seen
    if (!rests || seen === null || seen === this.#known) return
    this.#known = seen
    this.#changed()
  }
}

/** What tells one state of a file from another. */
function signature ({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join(' ')
}
