import type { StrategySpec } from '../balancing/strategy-spec.js'
import type { HealthCheck } from '../health/health-check.js'
import type { PassiveHealth } from '../health/passive-health.js'
import type { RetryBudgetRules } from '../proxy/retry-budget.js'
import type { RouteConfig, RouteTimeouts } from '../proxy/route-config.js'
import type { TlsOptions } from '../transport/transport.js'
import type { AdaptiveLimitOptions } from '../upstream/adaptive-limit.js'
import type { WhenAllDown } from '../upstream/pool.js'
import type { SlowStartRules } from '../upstream/slow-start.js'
import type { TargetSpec } from '../upstream/target.js'

/** Where the proxy accepts connections: TCP, or a Unix socket (`'path' in address`). Port 0 = any free one. */
export type ListenAddress =
  | { readonly host: string, readonly port: number }
  | { readonly path: string }

/** Where the admin listener is, and what its requests must carry; null = nothing. */
export interface AdminConfig {
  readonly address: ListenAddress
  readonly token: string | null
}

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

export type LogLevel = typeof logLevels[number]

export interface LogConfig {
  readonly level: LogLevel
  /** One line per request? */
  readonly access: boolean
  /** With why each one went where it went? */
  readonly explain: boolean
}

/** Time limits in milliseconds; 0 = none, unless it says otherwise. Those of `RouteTimeouts` are what routes start from. */
export interface Timeouts extends RouteTimeouts {
  readonly clientHeaders: number
  readonly clientRequest: number
  /** 0 = a connection is closed after each response. */
  readonly clientKeepAlive: number
  /** Never 0. */
  readonly connect: number
  /** Never 0. */
  readonly tls: number
  /** 0 = no waiting. */
  readonly queue: number
  /** 0 = what is under way at a stop is cut at once. */
  readonly drain: number
}

export interface PoolConfig {
  readonly strategy: StrategySpec
  /** URLs in canonical form, no two alike. */
  readonly targets: readonly TargetSpec[]
  readonly healthCheck: HealthCheck | null
  readonly passiveHealth: PassiveHealth | null
  readonly slowStart: SlowStartRules | null
  /** Share of a level's weight in service below which requests spill over to the next level. */
  readonly spillBelow: number
  readonly whenAllDown: WhenAllDown
  /** Requests at once over all targets; 0 = no limit. */
  readonly maxConnections: number
  /** Requests that may wait. */
  readonly queueMax: number
  readonly adaptiveLimit: AdaptiveLimitOptions | null
  readonly retryBudget: RetryBudgetRules
  readonly tls: TlsOptions
}

/** One config, resolved: nothing left to default, deep-frozen. */
export interface Config {
  readonly listen: readonly ListenAddress[]
  readonly log: LogConfig
  /** null = there is no admin listener. */
  readonly admin: AdminConfig | null
  /** `secret` lets a client see why its request went where it went; null = nobody may. */
  readonly debug: { readonly secret: string | null }
  /** Processes that carry the traffic; 1 = one process does it all, `auto` = one for each CPU. */
  readonly workers: number | 'auto'
  /** Is the file it came from to be watched? */
  readonly watch: boolean
  readonly tracing: boolean
  /** Where this proxy is; null = it does not matter. */
  readonly zone: string | null
  /** IP addresses and ranges, and the names that proxy-addr knows. */
  readonly trustProxy: readonly string[]
  readonly timeouts: Timeouts
  readonly limits: {
    /** Bytes per second; 0 = no limit. */
    readonly uploadRate: number
  }
  /** By name; has no prototype. */
  readonly pools: Readonly<Record<string, PoolConfig>>
  readonly routes: readonly RouteConfig[]
}
