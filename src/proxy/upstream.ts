import type { Transport } from '../transport/transport.js'
import type { Pool } from '../upstream/pool.js'
import type { Target } from '../upstream/target.js'
import type { RetryBudget } from './retry-budget.js'

/** A pool, the way to its targets, and what its requests share; a `RunningPool` is one. */
export interface Upstream {
  readonly pool: Pool
  readonly transport: Transport
  readonly retryBudget: RetryBudget
  /** A target has said in a response that it is about to stop. */
  withdraw (target: Target): void
}
