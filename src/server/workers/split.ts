import type { Config, PoolConfig } from '../../config/config.js'
import type { TargetSpec } from '../../upstream/target.js'

/** Seconds over which a retry budget counts: its minimum is split in whole retries of that time. */
const BUDGET_SECONDS = 10

/** One of several that share a limit. */
export interface Share {
  /** From zero. */
  readonly index: number
  readonly of: number
}

/** A part of a limit: all parts together are the limit. Where that would leave nothing for the last ones they get 1, for 0 means no limit. */
export function part (limit: number, { index, of }: Share): number {
  if (limit === 0) return 0
  return Math.max(1, Math.floor(limit / of) + (index < limit % of ? 1 : 0))
}

/** A config for one of several processes that carry its traffic together. */
export function shareOf (config: Config, share: Share): Config {
  return { ...config, pools: Object.fromEntries(Object.entries(config.pools).map(([name, pool]) => [name, sharePool(pool, share)])) }
}

function sharePool (pool: PoolConfig, share: Share): PoolConfig {
  const { targets, maxConnections, queueMax, retryBudget } = pool
  return {
    ...pool,
    targets: targets.map(target => shareTarget(target, share)),
    maxConnections: part(maxConnections, share),
    queueMax: part(queueMax, share),
    retryBudget: { ...retryBudget, minimumPerSecond: part(Math.floor(retryBudget.minimumPerSecond * BUDGET_SECONDS), share) / BUDGET_SECONDS }
  }
}

function shareTarget (target: TargetSpec, share: Share): TargetSpec {
  const { maxConnections } = target
  return maxConnections === undefined ? target : { ...target, maxConnections: part(maxConnections, share) }
}
