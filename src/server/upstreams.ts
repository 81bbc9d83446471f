import type { Config, PoolConfig } from '../config/config.js'
import { RunningPool } from './running-pool.js'
import type { UpstreamOptions } from './upstream-options.js'

/** All pools of a config, running. */
export class Upstreams {
  readonly #pools = new Map<string, RunningPool>()

  constructor (pools: Config['pools'], options: UpstreamOptions) {
    for (const [name, config] of Object.entries(pools)) this.#pools.set(name, runningPool(name, config, options))
  }

  /** By name. */
  get pools (): ReadonlyMap<string, RunningPool> {
    return this.#pools
  }

  /** @throws {RangeError} if there is no such pool; a loaded config names none. */
  get (name: string): RunningPool {
    const pool = this.#pools.get(name)
    if (pool === undefined) throw new RangeError(`there is no pool "${name}"`)
    return pool
  }

  /** Starts the health checks. @returns when every target has had its first verdict, or every pool a target that may serve. */
  async start (): Promise<void> {
    await Promise.all([...this.#pools.values()].map(pool => pool.start()))
  }

  /** Ends health checks and connections; those in use are cut if `force` is set. */
  async stop (force: boolean): Promise<void> {
    await Promise.all([...this.#pools.values()].map(pool => pool.stop(force)))
  }
}

function runningPool (name: string, config: PoolConfig, options: UpstreamOptions): RunningPool {
  const kind = options.strategies.find(strategy => strategy.name === config.strategy.name)
  if (kind === undefined) throw new RangeError(`there is no strategy "${config.strategy.name}"`)
  return new RunningPool(name, config, kind.create(config.strategy.options), options)
}
