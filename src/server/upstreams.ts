import type { Config, PoolConfig } from '../config/config.js'
import type { PoolSettings } from './pool-settings.js'
import { RunningPool } from './running-pool.js'
import type { UpstreamOptions } from './upstream-options.js'

/** The next pools, made ready beside the present ones. */
export interface NextUpstreams {
  /** @throws {RangeError} if there is no such pool; a loaded config names none. */
  get (name: string): RunningPool
  /** Makes them the pools, in one synchronous step that can't fail. Those that are gone finish what they have. */
  commit (): void
  /** Ends what was begun for them. */
  abort (): void
}

/** All pools of a config, running. */
export class Upstreams {
  readonly #options: UpstreamOptions
  readonly #pools = new Map<string, RunningPool>()

  constructor (pools: Config['pools'], options: UpstreamOptions) {
    this.#options = options
    for (const [name, config] of Object.entries(pools)) this.#pools.set(name, new RunningPool(name, config, options))
  }

  /** By name. */
  get pools (): ReadonlyMap<string, RunningPool> {
    return this.#pools
  }

  /** @throws {RangeError} if there is no such pool; a loaded config names none. */
  get (name: string): RunningPool {
    return found(this.#pools, name)
  }

  /** Starts the health checks. @returns when every target has had its first verdict, or every pool a target that may serve. */
  async start (): Promise<void> {
    await Promise.all([...this.#pools.values()].map(pool => pool.start()))
  }

  /**
   * Makes another set of pools ready: those whose name survives keep their state, new ones have their first verdicts, all at the same time.
   * @param signal gives it up: nothing is waited for any more. Default: nobody does.
   * @throws {ConfigError} if one can't be made, the signal's reason if it was given up; then nothing has changed.
   */
  async prepare (pools: Config['pools'], settings: PoolSettings, signal?: AbortSignal): Promise<NextUpstreams> {
    signal?.throwIfAborted()
    const next = new Map<string, RunningPool>()
    const joining: RunningPool[] = []
    const surviving: Array<readonly [RunningPool, PoolConfig]> = []
    const givenUp = new AbortController()
    const abort = (): void => {
      if (givenUp.signal.aborted) return
      givenUp.abort()
      for (const pool of joining) void pool.stop(true)
    }
    let commits: ReadonlyArray<() => void>
    signal?.addEventListener('abort', abort)
    try {
      for (const [name, config] of Object.entries(pools)) {
        const survivor = this.#pools.get(name)
        const pool = survivor ?? new RunningPool(name, config, { ...this.#options, zone: settings.zone, timeouts: settings.timeouts })
        next.set(name, pool)
        if (survivor === undefined) joining.push(pool)
        else surviving.push([survivor, config])
      }
      const starts = Promise.all(joining.map(pool => pool.start()))
      const preparations = Promise.all(surviving.map(([pool, config]) => pool.prepare(config, settings, givenUp.signal)))
      commits = (await Promise.all([preparations, starts]))[0]
      signal?.throwIfAborted()
    } catch (error) {
      abort()
      throw error
    } finally {
      signal?.removeEventListener('abort', abort)
    }
    return {
      get: name => found(next, name),
      commit: () => {
        for (const commit of commits) commit()
        this.#replace(next)
      },
      abort
    }
  }

  /** Ends health checks and connections; those in use are cut if `force` is set. */
  async stop (force: boolean): Promise<void> {
    await Promise.all([...this.#pools.values()].map(pool => pool.stop(force)))
  }

  #replace (next: ReadonlyMap<string, RunningPool>): void {
    for (const [name, pool] of this.#pools) if (!next.has(name)) void pool.stop(false)
    this.#pools.clear()
    for (const [name, pool] of next) this.#pools.set(name, pool)
  }
}

function found (pools: ReadonlyMap<string, RunningPool>, name: string): RunningPool {
  const pool = pools.get(name)
  if (pool === undefined) throw new RangeError(`there is no pool "${name}"`)
  return pool
}
