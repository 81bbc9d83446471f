import type { Known } from '../../health/active.js'
import type { Pool } from '../../upstream/pool.js'
import type { Target } from '../../upstream/target.js'
import type { TargetWatch, WatchObserver } from '../target-watch.js'
import type { Verdicts } from './verdicts.js'

export interface ToldWatchOptions {
  readonly pool: Pool
  readonly verdicts: Verdicts
  readonly observer: Pick<WatchObserver, 'onFlip'>
  /** Tells whoever checks the target what it has said of itself. */
  readonly withdraw: (target: Target) => void
}

/** Judges a pool's targets as `active` by what another process has found: there each is probed once, however many processes send it requests. */
export class ToldWatch implements TargetWatch {
  /** What is known is known at the start. */
  readonly ready: Promise<void> = Promise.resolve()
  readonly #options: ToldWatchOptions
  readonly #up = new Map<Target, boolean | null>()
  #unlisten: () => void = () => {}

  constructor (options: ToldWatchOptions) {
    this.#options = options
  }

  isUp (target: Target): boolean | null {
    return this.#up.get(target) ?? null
  }

  start (known?: Known): void {
    const { verdicts, pool } = this.#options
    this.#unlisten = verdicts.listen(pool.name, this.#told)
    this.reconcile(known)
  }

  reconcile (known: Known = () => null): void {
    const { pool, verdicts } = this.#options
    const targets = new Set(pool.targets.filter(target => !target.maintenance))
    for (const target of this.#up.keys()) if (!targets.has(target)) this.#up.delete(target)
    for (const target of targets) {
      if (this.#up.has(target)) continue
      const up = verdicts.get(pool.name, target.url) ?? known(target)
      this.#up.set(target, up)
      target.judge('active', up === true)
    }
  }

  /** It is down here at once, and everywhere as soon as its check has heard of it. */
  withdraw (target: Target): void {
    if (!this.#up.has(target)) return
    this.#judge(target, false, 'the target is draining')
    this.#options.withdraw(target)
  }

  async stop (): Promise<void> {
    this.#unlisten()
  }

  readonly #told = (origin: string, up: boolean): void => {
    for (const target of this.#up.keys()) if (target.url === origin) this.#judge(target, up, 'told by the primary process')
  }

  #judge (target: Target, up: boolean, reason: string): void {
    if (this.#up.get(target) === up) return
    this.#up.set(target, up)
    target.judge('active', up)
    this.#options.observer.onFlip(target, up, reason, 0)
  }
}
