import type { Clock } from '../base/clock.js'
import type { Random } from '../base/random.js'
import type { StrategyKind } from '../balancing/strategy.js'
import type { CheckResult } from '../health/active.js'
import type { Log } from '../proxy/access-log.js'
import type { Target } from '../upstream/target.js'
import type { PoolSettings } from './pool-settings.js'
import type { MakeWatch } from './target-watch.js'

/** What running pools are made with. */
export interface UpstreamOptions extends PoolSettings {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** The strategies that pools may name. */
  readonly strategies: readonly StrategyKind[]
  readonly observer?: UpstreamObserver
  /** Default: each pool checks its targets itself. */
  readonly makeWatch?: MakeWatch
  /** Do requests go over these pools? Otherwise they are there to know who may serve: what becomes of requests is for others to tell. Default true. */
  readonly forwards?: boolean
}

/** Hears of what happens to targets, for the admin's eyes; all of it is in the log too. */
export interface UpstreamObserver {
  /** `kind` is that of an event (admin/snapshot.ts). */
  changed (kind: 'up' | 'down' | 'ejected' | 'returned' | 'drained' | 'panic' | 'panic-over', pool: string, target: Target | null, message: string): void
  /** A probe has ended. */
  checked? (pool: string, target: Target, result: CheckResult): void
}
