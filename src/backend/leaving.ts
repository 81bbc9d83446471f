import type { FastifyInstance } from 'fastify'
import type { Clock } from '../base/clock.js'
import type { Drain } from './drain.js'
import type { EndSignal, HostProcess } from './host-process.js'
import type { Settings } from './options.js'

/** What the end of a backend involves. */
export interface LeavingParts {
  readonly clock: Clock
  readonly host: HostProcess
  readonly drain: Drain
}

/** From the signal to the end of the process. */
export class Leaving {
  readonly #app: FastifyInstance
  readonly #settings: Settings
  readonly #parts: LeavingParts
  #stopListening: ReadonlyArray<() => void> = []
  #signals = 0
  #left: Promise<void> | null = null

  constructor (app: FastifyInstance, settings: Settings, parts: LeavingParts) {
    this.#app = app
    this.#settings = settings
    this.#parts = parts
  }

  /** Listens for signals from now on. Before the app is ready there is nothing to finish, and a signal ends the process as ever. */
  listen (): void {
    const { host } = this.#parts
    this.#stopListening = this.#settings.signals.map(signal => host.onSignal(signal, this.#onSignal))
  }

  /** The app is being closed. Unless that is our own doing, signals are none of our business any more. */
  appCloses (): void {
    if (this.#left === null) this.#end()
  }

  /** Drains, closes the app and ends the process. */
  leave (signal: EndSignal | null = null): Promise<void> {
    this.#left ??= this.#leave(signal)
    return this.#left
  }

  async #leave (signal: EndSignal | null): Promise<void> {
    const { drain, host, clock } = this.#parts
    const { exit, timeout } = this.#settings
    this.#app.log.info({ ...(signal !== null && { signal }) }, 'draining')
    await drain.start()
    // Not before: from the first step of its closing on, Fastify answers every request with 503.
    const timer = clock.after(timeout, () => {
      this.#app.log.error(`the app has not closed within ${timeout} ms`)
      if (exit) host.exit(1)
    })
    try {
      await this.#app.close()
    } catch (error) {
      this.#app.log.error({ err: error }, 'the app has not closed as it should')
      if (exit) host.exit(1)
      throw error
    } finally {
      timer.cancel()
      this.#end()
    }
    if (exit) host.exit(0)
  }

  readonly #onSignal = (signal: EndSignal): void => {
    this.#signals++
    if (this.#signals > 1) this.#parts.host.exit(1)
    // Its failure has been logged.
    else this.leave(signal).catch(() => {})
  }

  #end (): void {
    for (const stop of this.#stopListening) stop()
    this.#stopListening = []
  }
}
