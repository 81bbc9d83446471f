import { loadConfig } from '../../src/config/load.js'
import { RetryBudget } from '../../src/proxy/retry-budget.js'
import type { Proxying } from '../../src/simulation/laboratory.js'

/** The proxy's own rules. */
export const proxying: Proxying = {
  resolvePool: options => {
    const { pool } = loadConfig({ pools: { pool: { ...options, targets: ['http://target-1'] } } }).pools
    if (pool === undefined) throw new TypeError('a config has the pool that it was given')
    return pool
  },
  createBudget: (clock, rules) => new RetryBudget(clock, rules)
}
