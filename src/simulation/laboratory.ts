import { findStrategy } from '../balancing/strategies.js'
import { createStrategy, type StrategySpec } from '../balancing/strategy-spec.js'
import type { Strategy } from '../balancing/strategy.js'
import type { Clock } from '../base/clock.js'
import type { Model } from './model.js'
import { poolInput } from './pool-input.js'
import type { Budget, PoolModel } from './pool-model.js'
import type { SimulationResult } from './result.js'
import type { RunOptions } from './run-options.js'
import { Simulation } from './simulation.js'

/** What the simulator takes from the proxy, so that both do the same. */
export interface Proxying {
  /** What the proxy makes of a pool's options, its strategy among them. @throws {ConfigError} */
  resolvePool (options: Readonly<Record<string, unknown>>): ResolvedPool
  createBudget (clock: Clock, rules: ResolvedPool['retryBudget']): Budget
}

export interface ResolvedPool extends PoolModel {
  readonly strategy: StrategySpec
  readonly retryBudget: { readonly share: number, readonly minimumPerSecond: number }
}

/** How runs are made. */
export interface Settings extends Omit<RunOptions, 'strategy' | 'pool' | 'budget'> {
  /** Options of the pool beside its strategy, as the proxy's config takes them. */
  readonly pool: Readonly<Record<string, unknown>>
  /** Are retries limited as the pool's options say? */
  readonly budget: boolean
}

/** Makes runs that go by the proxy's own rules. */
export class Laboratory {
  readonly #proxying: Proxying

  constructor (proxying: Proxying) {
    this.#proxying = proxying
  }

  /** @param strategy by name, or one that is made for each proxy. */
  run (model: Model, strategy: string | (() => Strategy), settings: Settings): SimulationResult {
    const pool = this.#proxying.resolvePool(poolInput(typeof strategy === 'string' ? strategy : 'round-robin', settings.pool))
    return new Simulation(model, {
      ...settings,
      pool,
      strategy: typeof strategy === 'string' ? () => createStrategy(pool.strategy, kindOf) : strategy,
      budget: settings.budget ? clock => this.#proxying.createBudget(clock, pool.retryBudget) : null
    }).run()
  }

  /** A strategy with the options that it has in all runs, and others. */
  strategy (name: string, options: object = {}): Strategy {
    return createStrategy(this.#proxying.resolvePool(poolInput(name, {}, options)).strategy, kindOf)
  }
}

function kindOf ({ name }: StrategySpec): NonNullable<ReturnType<typeof findStrategy>> {
  const kind = findStrategy(name)
  if (kind === undefined) throw new RangeError(`there is no strategy "${name}"`)
  return kind
}
