import type { Clock } from '../../base/clock.js'
import type { ProxyError } from '../../base/errors.js'
import type { TimerWheel } from '../../base/timer-wheel.js'
import type { TargetCounts } from '../../upstream/target-counts.js'
import type { Connector } from './connector.js'

/** What the connections to a target are made with. */
export interface ConnectionSettings {
  readonly clock: Clock
  readonly wheel: TimerWheel
  readonly connector: Connector
  /** Names the target in messages. */
  readonly where: string
  readonly counts: TargetCounts
  /** Milliseconds until a connection must stand, and until a request that waits for one has waited too long. */
  readonly connectTimeout: number
  /** Milliseconds until one that stands must be secured, where it is to be. */
  readonly tlsTimeout: number
}

/** Who keeps a target's connections. */
export interface ConnectionOwner<C> extends ConnectionSettings {
  /** The connection stands, or has finished a request that left it usable: it is idle. */
  free (connection: C): void
  /** It could not be made, and was reserved for nobody. */
  refused (connection: C, error: ProxyError): void
  /** It is gone, or somebody else's. */
  gone (connection: C): void
  /** The target closed it after it had been idle for `idle` milliseconds. */
  closedIdle (idle: number, now: number): void
  /** Milliseconds for which it may be idle now; 0 = not at all. @param announced by the target; -1 if it did not say. */
  idleLimit (announced: number, now: number): number
}
