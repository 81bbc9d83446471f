import type { Clock } from '../base/clock.js'
import type { Random } from '../base/random.js'
import type { StrategyKind } from '../balancing/strategy.js'
import type { Log } from '../proxy/access-log.js'

/** What running pools are made with. */
export interface UpstreamOptions {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** The strategies that pools may name. */
  readonly strategies: readonly StrategyKind[]
  /** Milliseconds. */
  readonly timeouts: { readonly connect: number, readonly tls: number }
}
