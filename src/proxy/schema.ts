import { Type, type Static } from 'typebox'
import { durationSchema } from '../base/duration-schema.js'

/** What a route does where the config is silent. */
export const routeDefaults = {
  stripPrefix: false,
  hostHeader: 'client',
  timeouts: { responseHead: '60s', idleBody: '60s', request: '0s', tunnelIdle: '1h' },
  attempts: 2,
  perTryTimeout: '0s',
  retryOn: ['connect', 'reset']
} as const

const closed = { additionalProperties: false }

/** The time limits that a route may override; `defaults` where there is nothing above to take them from. */
export function routeTimeoutKeys (defaults: { readonly [K in 'responseHead' | 'idleBody' | 'request' | 'tunnelIdle']?: string } = {}) {
  const limit = (description: string, value: string | undefined) => Type.Optional(durationSchema({ zero: true, default: value, description: `${description} 0s = no limit.` }))
  return {
    responseHead: limit('From the end of the request to the target\'s response head.', defaults.responseHead),
    idleBody: limit('Between two pieces of a body, in either direction.', defaults.idleBody),
    request: limit('The whole request, retries included.', defaults.request),
    tunnelIdle: limit('A WebSocket or other tunnel on which nothing moves.', defaults.tunnelIdle)
  }
}

function headerRules (direction: 'request' | 'response') {
  return Type.Object({
    set: Type.Optional(Type.Record(Type.String(), Type.String({ check: 'field-value' }), {
      propertyNames: { check: `${direction}-field` },
      description: 'Fields to set, by name; replaces those that are there.'
    })),
    remove: Type.Optional(Type.Array(Type.String({ check: `${direction}-field` }), { description: 'Names of fields to leave out.' }))
  }, { ...closed, description: `Fields of the ${direction}.` })
}

const retryRules = Type.Object({
  attempts: Type.Optional(Type.Integer({ minimum: 1, maximum: 10, default: routeDefaults.attempts, description: 'Targets tried in all, the first included.' })),
  perTryTimeout: Type.Optional(durationSchema({ zero: true, default: routeDefaults.perTryTimeout, description: 'Limit on each attempt\'s response head. 0s = only the route\'s own.' })),
  on: Type.Optional(Type.Array(Type.Union([
    Type.Enum(['connect', 'reset', 'timeout']),
    Type.Integer({ minimum: 400, maximum: 599 })
  ], { expects: '"connect", "reset", "timeout" or a status from 400 to 599' }), {
    minItems: 1,
    uniqueItems: true,
    default: routeDefaults.retryOn,
    description: 'What is tried again on another target: no connection, a connection that dies before the response, no response in time, a response status.'
  }))
}, closed)

/** One of `routes`. */
export const routeSchema = Type.Object({
  host: Type.Optional(Type.String({ check: 'route-host', description: 'Host this route is for, without port; "*.example.com" for every name below. Default: any.' })),
  prefix: Type.String({ check: 'prefix', description: 'Path this route is for, in whole segments, not percent-encoded: "/api" stands for /api and /api/x, not /apix. The longest wins.' }),
  methods: Type.Optional(Type.Array(Type.String({ check: 'method' }), { minItems: 1, uniqueItems: true, description: 'Methods this route is for. Default: all.' })),
  pool: Type.String({ description: 'Name of the pool that answers.' }),
  stripPrefix: Type.Optional(Type.Boolean({ default: routeDefaults.stripPrefix, description: 'Take the prefix off the path.' })),
  rewritePrefix: Type.Optional(Type.String({ check: 'path', description: 'Put this in place of the prefix.' })),
  hostHeader: Type.Optional(Type.String({ check: 'host-header', default: routeDefaults.hostHeader, description: 'Host field that the target sees: "client" = the client\'s, "target" = the target\'s own, or a literal.' })),
  headers: Type.Optional(Type.Object({
    request: Type.Optional(headerRules('request')),
    response: Type.Optional(headerRules('response'))
  }, { ...closed, description: 'Fields to set and remove on the way.' })),
  timeouts: Type.Optional(Type.Object(routeTimeoutKeys(), { ...closed, description: 'Time limits of this route. Default: those of the top level.' })),
  retry: Type.Optional(Type.Union([Type.Literal(false), retryRules], {
    expects: 'false or an object',
    description: 'When a request is sent again to another target. false = never.'
  }))
}, closed)

export type RouteInput = Static<typeof routeSchema>
export type RetryInput = Static<typeof retryRules>
export type HeaderRulesInput = Static<ReturnType<typeof headerRules>>
