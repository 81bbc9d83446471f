import { routeDefaults, type HeaderRulesInput, type PriorityInput, type RetryInput, type RouteInput } from '../proxy/schema.js'
import type { HeaderRules, PriorityRule, RetryRules, RouteConfig, RouteTimeouts } from '../proxy/route-config.js'
import { canonicalHost } from './host-rules.js'
import { prefixBytes, withoutTrailingSlash } from './path-rules.js'
import { resolveDuration } from './resolve-duration.js'
import { resolveSize } from './resolve-size.js'

/** Fills in a route that has been checked. */
export function resolveRoute (input: RouteInput, timeouts: RouteTimeouts): RouteConfig {
  return {
    host: input.host === undefined ? null : canonicalHost(input.host),
    prefix: prefixBytes(input.prefix),
    methods: input.methods ?? null,
    pool: input.pool,
    stripPrefix: input.stripPrefix ?? routeDefaults.stripPrefix,
    rewritePrefix: input.rewritePrefix === undefined ? null : withoutTrailingSlash(input.rewritePrefix),
    hostHeader: resolveHostHeader(input.hostHeader ?? routeDefaults.hostHeader),
    headers: {
      request: resolveHeaderRules(input.headers?.request ?? {}),
      response: resolveHeaderRules(input.headers?.response ?? {})
    },
    timeouts: resolveTimeouts(input.timeouts ?? {}, timeouts),
    retry: resolveRetry(input.retry ?? {}),
    priority: resolvePriority(input.priority ?? routeDefaults.priority)
  }
}

function resolveHostHeader (text: string): RouteConfig['hostHeader'] {
  return text === 'client' || text === 'target' ? text : { literal: text }
}

function resolveHeaderRules ({ set = {}, remove = [] }: HeaderRulesInput): HeaderRules {
  return {
    set: Object.entries(set).map(([name, value]): [string, string] => [name, value.trim()]),
    remove: remove.map(name => name.toLowerCase())
  }
}

function resolveTimeouts (input: NonNullable<RouteInput['timeouts']>, above: RouteTimeouts): RouteTimeouts {
  const limit = (text: string | undefined, otherwise: number) => text === undefined ? otherwise : resolveDuration(text)
  return {
    responseHead: limit(input.responseHead, above.responseHead),
    idleBody: limit(input.idleBody, above.idleBody),
    request: limit(input.request, above.request),
    tunnelIdle: limit(input.tunnelIdle, above.tunnelIdle)
  }
}

function resolvePriority (input: PriorityInput): PriorityRule {
  return typeof input === 'string' ? input : { header: input.header.toLowerCase(), high: input.high }
}

function resolveRetry (input: false | RetryInput): RetryRules {
  if (input === false) return resolveRetry({ attempts: 1 })
  const on: ReadonlyArray<string | number> = input.on ?? routeDefaults.retryOn
  return {
    attempts: input.attempts ?? routeDefaults.attempts,
    perTryTimeout: resolveDuration(input.perTryTimeout ?? routeDefaults.perTryTimeout),
    backOff: {
      base: resolveDuration(input.backOff?.base ?? routeDefaults.backOff.base),
      max: resolveDuration(input.backOff?.max ?? routeDefaults.backOff.max)
    },
    maxRetryAfter: resolveDuration(input.maxRetryAfter ?? routeDefaults.maxRetryAfter),
    tryFor: resolveDuration(input.tryFor ?? routeDefaults.tryFor),
    bufferBody: resolveSize(input.bufferBody ?? routeDefaults.bufferBody),
    on: {
      connect: on.includes('connect'),
      reset: on.includes('reset'),
      timeout: on.includes('timeout'),
      statuses: on.filter(cause => typeof cause === 'number')
    }
  }
}
