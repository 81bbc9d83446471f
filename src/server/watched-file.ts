import { watch, type FSWatcher } from 'node:fs'
import { basename, dirname } from 'node:path'
import type { Clock, Timer } from '../base/clock.js'

/** Milliseconds without a further change after which a file is taken for complete. */
const SETTLED = 200

/**
 * Calls back when a file has changed and rests. Its folder is watched, not the file: editors and config maps put a new file in its
 * place, and a watch on the old one would hear nothing more.
 */
export class WatchedFile {
  readonly #watcher: FSWatcher
  readonly #clock: Clock
  readonly #changed: () => void
  #timer: Timer | null = null

  constructor (path: string, clock: Clock, changed: () => void) {
    this.#clock = clock
    this.#changed = changed
    const name = basename(path)
    // `..data` is the link that Kubernetes swaps when a mounted config map changes.
    this.#watcher = watch(dirname(path), { persistent: false }, (_event, file) => { if (file === null || file === name || file === '..data') this.#noticed() })
    this.#watcher.on('error', () => { this.close() })
  }

  close (): void {
    this.#timer?.cancel()
    this.#watcher.close()
  }

  #noticed (): void {
    this.#timer?.cancel()
    this.#timer = this.#clock.after(SETTLED, this.#changed)
  }
}
