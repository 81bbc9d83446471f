import { ConfigError, type ConfigFault } from '../base/errors.js'
import type { Config } from '../config/config.js'
import type { Log } from '../proxy/access-log.js'

/** What a reload came to. */
export interface Reloaded {
  readonly ok: boolean
  /** In words; empty = nothing. */
  readonly changes: readonly string[]
  /** Why it was refused; then nothing has changed. */
  readonly faults: readonly ConfigFault[]
}

export interface ReloaderOptions {
  /** Reads the config anew. @throws {ConfigError} */
  readonly read: () => Config
  /** Makes it the running one, and says what has changed. */
  readonly apply: (config: Config) => Promise<readonly string[]>
  readonly log: Log
  /** Hears of each reload that has ended. */
  readonly ended?: (result: Reloaded) => void
}

/** Reloads the config from where it came from, whoever asks: a signal, a changed file, an admin. One reload at a time; none fails the process. */
export class Reloader {
  readonly #options: ReloaderOptions
  #under: Promise<Reloaded> | null = null
  #next: Promise<Reloaded> | null = null

  constructor (options: ReloaderOptions) {
    this.#options = options
  }

  /** Whoever asks while one is under way gets the next one: the file may have changed since that began to read it. */
  reload (cause: string): Promise<Reloaded> {
    if (this.#under === null) return this.#begin(cause)
    this.#next ??= this.#under.then(() => {
      this.#next = null
      return this.#begin(cause)
    })
    return this.#next
  }

  #begin (cause: string): Promise<Reloaded> {
    const under = this.#reload(cause)
    this.#under = under
    void under.then(() => { if (this.#under === under) this.#under = null })
    return under
  }

  async #reload (cause: string): Promise<Reloaded> {
    const { read, apply, log, ended } = this.#options
    let result: Reloaded
    try {
      const changes = await apply(read())
      log.info({ cause, changes }, 'config reloaded')
      result = { ok: true, changes, faults: [] }
    } catch (error) {
      const faults = error instanceof ConfigError ? error.faults : [{ path: '', message: error instanceof Error ? error.message : String(error) }]
      log.error({ cause, faults }, 'config not reloaded: the one before goes on')
      result = { ok: false, changes: [], faults }
    }
    ended?.(result)
    return result
  }
}
