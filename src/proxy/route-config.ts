import type { BackOffRules } from './back-off.js'

/** Fields that a route sets and removes in one direction. */
export interface HeaderRules {
  /** Name and value; replaces fields of that name. */
  readonly set: ReadonlyArray<readonly [string, string]>
  /** Lower-case names. */
  readonly remove: readonly string[]
}

/** Time limits that a route may set, in milliseconds; 0 = none. */
export interface RouteTimeouts {
  readonly responseHead: number
  readonly idleBody: number
  /** The whole exchange, retries included. */
  readonly request: number
  readonly tunnelIdle: number
}

/** When a request is sent again. */
export interface RetryRules {
  /** Targets in all, the first included. */
  readonly attempts: number
  /** Milliseconds for each attempt's response head; 0 = only the route's own limit. */
  readonly perTryTimeout: number
  readonly backOff: BackOffRules
  /** Longest `Retry-After` in milliseconds that is waited for; 0 = the field is not looked at. */
  readonly maxRetryAfter: number
  /** Milliseconds from its start for which a request is tried anew while no target can be reached; 0 = not. */
  readonly tryFor: number
  /** Bytes of a body that are kept to be sent again. */
  readonly bufferBody: number
  readonly on: {
    readonly connect: boolean
    readonly reset: boolean
    readonly timeout: boolean
    readonly statuses: readonly number[]
  }
}

/** Which requests have high priority: all, none, or those whose field `header` (lower case) is one of `high`. */
export type PriorityRule = 'normal' | 'high' | { readonly header: string, readonly high: readonly string[] }

/** One route, resolved: matcher, pool, and what happens on the way. */
export interface RouteConfig {
  /** Lower case, without port; may be `*.example.com`; null = any. */
  readonly host: string | null
  /** Begins with `/` and does not end with one, but for `/` itself. */
  readonly prefix: string
  /** null = all. */
  readonly methods: readonly string[] | null
  /** Name of a pool. */
  readonly pool: string
  readonly stripPrefix: boolean
  readonly rewritePrefix: string | null
  readonly hostHeader: 'client' | 'target' | { readonly literal: string }
  readonly headers: { readonly request: HeaderRules, readonly response: HeaderRules }
  readonly timeouts: RouteTimeouts
  readonly retry: RetryRules
  readonly priority: PriorityRule
}
