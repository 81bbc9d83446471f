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
  readonly on: {
    readonly connect: boolean
    readonly reset: boolean
    readonly timeout: boolean
    readonly statuses: readonly number[]
  }
}

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
}
