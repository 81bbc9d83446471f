import type { EventLog } from '../admin/event-log.js'
import type { ReloadSnapshot } from '../admin/snapshot.js'
import type { Clock } from '../base/clock.js'
import { ConfigError, type ConfigFault } from '../base/errors.js'
import type { Config } from '../config/config.js'
import type { Log } from '../proxy/access-log.js'
import type { TargetOverrides } from './target-overrides.js'

/** What a reload came to. */
export interface Reloaded {
  readonly ok: boolean
  /** In words; empty = nothing. */
  readonly changes: readonly string[]
  /** Why it was refused; then nothing has changed. */
  readonly faults: readonly ConfigFault[]
}

/** Hears of every reload from the source, whoever asked for it. */
export interface ReloadObserver {
  began (): void
  ended (result: Reloaded): void
}

export interface ReloaderOptions {
  /** Reads the config anew. @throws {ConfigError} */
  readonly read: () => Config
  /** Makes it the running one, and says what has changed. */
  readonly apply: (config: Config) => Promise<readonly string[]>
  readonly log: Log
  readonly events: EventLog
  readonly clock: Clock
  /** What outlives a reload, and so is told with it. */
  readonly overrides: TargetOverrides
  readonly observer?: ReloadObserver | undefined
}

/** Reloads the config from where it came from, whoever asks: a signal, a changed file, an admin. One reload at a time; none fails the process. */
export class Reloader {
  readonly #options: ReloaderOptions
  #record: ReloadSnapshot = { succeeded: 0, failed: 0, last: null }
  #under: Promise<Reloaded> | null = null
  #next: Promise<Reloaded> | null = null

  constructor (options: ReloaderOptions) {
    this.#options = options
  }

  /** How its reloads went. */
  get record (): ReloadSnapshot {
    return this.#record
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
    const { read, apply, log, overrides, observer } = this.#options
    observer?.began()
    let result: Reloaded
    try {
      const changes = await apply(read())
      log.info({ cause, changes }, 'config reloaded')
      if (overrides.lines.length > 0) log.info({ changes: overrides.lines }, 'what admins have changed by hand goes on')
      result = { ok: true, changes, faults: [] }
    } catch (error) {
      const faults = error instanceof ConfigError ? error.faults : [{ path: '', message: error instanceof Error ? error.message : String(error) }]
      log.error({ cause, faults }, 'config not reloaded: the one before goes on')
      result = { ok: false, changes: [], faults }
    }
    this.#note(result)
    observer?.ended(result)
    return result
  }

  #note ({ ok, changes, faults }: Reloaded): void {
    const { events, clock, overrides } = this.#options
    const byHand = overrides.lines.length === 0 ? '' : `; by hand, as before: ${overrides.lines.join(', ')}`
    const message = ok ? (changes.join('; ') || 'nothing has changed') + byHand : faults.map(({ path, message }) => path === '' ? message : `${path}: ${message}`).join('; ')
    const { succeeded, failed } = this.#record
    this.#record = { succeeded: succeeded + Number(ok), failed: failed + Number(!ok), last: { at: clock.wallTime(), ok, message } }
    events.add(ok ? 'reload' : 'reload-failed', message)
  }
}
