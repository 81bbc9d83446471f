import type { CheckResult, Known } from '../health/active.js'
import type { HealthCheck } from '../health/health-check.js'
import type { Pool } from '../upstream/pool.js'
import type { Target } from '../upstream/target.js'
import type { TlsOptions } from '../upstream/tls-options.js'

/** Who judges a pool's targets as `active`: a check of this process, or somebody who tells it what another process found. */
export interface TargetWatch {
  /** Resolves when each target that was there at the start has had its first verdict, or the watch was stopped. */
  readonly ready: Promise<void>
  isUp (target: Target): boolean | null
  start (known?: Known): void
  /** Call it in the same step as `Pool.reconcile`. */
  reconcile (known?: Known): void
  /** A target has said in a response that it is about to stop. */
  withdraw (target: Target): void
  stop (): Promise<void>
}

/** Hears of what a watch finds. */
export interface WatchObserver {
  onFlip (target: Target, up: boolean, reason: string, tookMs: number): void
  /** A probe of this process has ended; comes before the flip that it causes. */
  onResult (target: Target, result: CheckResult): void
}

/** Makes the watch of a pool. */
export type MakeWatch = (pool: Pool, check: HealthCheck, tls: TlsOptions, observer: WatchObserver) => TargetWatch
