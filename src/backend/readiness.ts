import type { FastifyBaseLogger } from 'fastify'
import type { Clock, Timer } from '../base/clock.js'
import type { Settings } from './options.js'

/** A check that gave its word. What went wrong is for the log, never for a client. */
interface Verdict {
  readonly reason: string | null
  readonly error?: unknown
}

/** Asks the user's own check. All who ask while it runs get the same answer. */
export class Readiness {
  readonly #check: NonNullable<Settings['check']>
  readonly #timeout: number
  readonly #clock: Clock
  readonly #log: FastifyBaseLogger
  #running: Promise<Verdict> | null = null
  #reason: string | null = null

  constructor ({ check, checkTimeout }: Pick<Settings, 'check' | 'checkTimeout'>, clock: Clock, log: FastifyBaseLogger) {
    this.#check = check ?? (() => true)
    this.#timeout = checkTimeout
    this.#clock = clock
    this.#log = log
  }

  async ready (): Promise<boolean> {
    this.#running ??= this.#run()
    const { reason } = await this.#running
    return reason === null
  }

  async #run (): Promise<Verdict> {
    let timer: Timer | undefined
    const late = new Promise<Verdict>(resolve => {
      timer = this.#clock.after(this.#timeout, () => { resolve({ reason: `the check took longer than ${this.#timeout} ms` }) })
    })
    const verdict = await Promise.race([this.#ask(), late])
    timer?.cancel()
    // One that never ends does not keep the next one from being made.
    this.#running = null
    this.#tell(verdict)
    return verdict
  }

  async #ask (): Promise<Verdict> {
    try {
      const result: unknown = await this.#check()
      if (result === true) return { reason: null }
      return { reason: typeof result === 'string' && result !== '' ? result : 'the check said no' }
    } catch (error) {
      return { reason: error instanceof Error ? error.message : String(error), error }
    }
  }

  /** Probes come every few seconds: only what has changed since the last one is news. */
  #tell ({ reason, error }: Verdict): void {
    if (reason === this.#reason) return
    this.#reason = reason
    if (reason === null) this.#log.info('ready again')
    else this.#log.warn({ reason, ...(error !== undefined && { err: error }) }, 'not ready')
  }
}
