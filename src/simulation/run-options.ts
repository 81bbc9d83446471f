import type { Strategy } from '../balancing/strategy.js'
import type { Clock } from '../base/clock.js'
import type { Random } from '../base/random.js'
import type { Budget, PoolModel } from './pool-model.js'

/** How a model is run. Times are milliseconds. */
export interface RunOptions {
  readonly strategy: () => Strategy
  readonly pool: PoolModel
  readonly proxies: number
  /** When the load ends: after so many requests, or so much time. A replay ends with its log at the latest. */
  readonly until: { readonly requests: number } | { readonly duration: number }
  /** What comes before is not counted, neither as requests nor as time. */
  readonly warmUp: number
  readonly seed: number
  /** Targets tried in all; 1 = no retries. */
  readonly attempts: number
  /** Statuses that are tried again, beside attempts without an answer. */
  readonly retryStatuses: readonly number[]
  /** After so long the proxy gives an attempt up; the target works on. 0 = never. */
  readonly timeout: number
  /** One for each proxy; null = retries are not limited. */
  readonly budget: ((clock: Clock) => Budget) | null
  /** Which targets each proxy sees, by index among those in the pool; null = all. */
  readonly subsets: ((proxies: number, targets: number, random: Random) => number[][]) | null
  /** What each request takes beside the work of its target. */
  readonly overhead: number
}
