import type { SlowStartRules } from '../upstream/slow-start.js'

/** What the simulator goes by of a pool's options: those of the resolved config, so that it does what the proxy would. Times are milliseconds. */
export interface PoolModel {
  /** null = targets are not probed. */
  readonly healthCheck: ProbeRules | null
  /** null = requests do not judge targets. */
  readonly passiveHealth: EjectionRules | null
  readonly slowStart: SlowStartRules | null
  readonly whenAllDown: 'try-anyway' | 'fail'
}

/** When a target that has ended or come back is found out. */
export interface ProbeRules {
  readonly interval: number
  readonly intervalDown: number
  readonly jitter: number
  readonly rise: number
  readonly fall: number
}

/** When failed requests take a target out. */
export interface EjectionRules {
  readonly consecutiveFailures: number
  readonly statuses: readonly number[]
  readonly failureRate: { readonly share: number, readonly window: number, readonly minimumRequests: number } | null
  readonly ejection: number
  readonly maxEjection: number
  readonly maxEjectedShare: number
}

/** Grants retries; `proxy/retry-budget.ts` is one. One for each proxy. */
export interface Budget {
  request (): void
  take (): boolean
}
