import { parseDuration } from '../base/duration.js'
import type { Transport } from '../transport/transport.js'
import type { Pool } from '../upstream/pool.js'
import type { RouteConfig } from './route-config.js'
import { Route, type RouteServices } from './route.js'
import { routeDefaults } from './schema.js'

/** A pool and the way to its targets; a `RunningPool` is one. */
export interface Upstream {
  readonly pool: Pool
  readonly transport: Transport
}

/** The one route of a dispatcher: every path, and what routes do where a config is silent. */
export function dispatcherRoute ({ pool, transport }: Upstream, services: RouteServices): Route {
  const { timeouts, attempts, perTryTimeout, retryOn } = routeDefaults
  const causes: readonly string[] = retryOn
  const config: RouteConfig = {
    host: null,
    prefix: '/',
    methods: null,
    pool: pool.name,
    stripPrefix: false,
    rewritePrefix: null,
    hostHeader: 'client',
    headers: { request: { set: [], remove: [] }, response: { set: [], remove: [] } },
    timeouts: {
      responseHead: milliseconds(timeouts.responseHead),
      idleBody: milliseconds(timeouts.idleBody),
      request: milliseconds(timeouts.request),
      tunnelIdle: milliseconds(timeouts.tunnelIdle)
    },
    retry: {
      attempts,
      perTryTimeout: milliseconds(perTryTimeout),
      on: { connect: causes.includes('connect'), reset: causes.includes('reset'), timeout: causes.includes('timeout'), statuses: [] }
    }
  }
  return new Route(config, pool, transport, services)
}

/** The defaults are durations; 0 would mean no limit. */
function milliseconds (duration: string): number {
  return parseDuration(duration) ?? 0
}
