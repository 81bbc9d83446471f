import { parseDuration } from '../base/duration.js'
import type { RouteConfig } from './route-config.js'
import { Route, type RouteServices } from './route.js'
import { routeDefaults } from './schema.js'
import type { Upstream } from './upstream.js'

/** The one route of a dispatcher: every path, and what routes do where a config is silent. */
export function dispatcherRoute (upstream: Upstream, services: RouteServices): Route {
  const { timeouts, attempts, perTryTimeout, retryOn, backOff, maxRetryAfter, priority } = routeDefaults
  const causes: readonly string[] = retryOn
  const config: RouteConfig = {
    host: null,
    prefix: '/',
    methods: null,
    pool: upstream.pool.name,
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
      backOff: { base: milliseconds(backOff.base), max: milliseconds(backOff.max) },
      maxRetryAfter: milliseconds(maxRetryAfter),
      bufferBody: 0,
      tryFor: 0,
      on: { connect: causes.includes('connect'), reset: causes.includes('reset'), timeout: causes.includes('timeout'), statuses: [] }
    },
    priority
  }
  return new Route(config, upstream, services)
}

/** The defaults are durations; 0 would mean no limit. */
function milliseconds (duration: string): number {
  return parseDuration(duration) ?? 0
}
