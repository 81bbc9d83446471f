import { Type, type Static } from '../base/type.js'
import { durationSchema } from '../base/duration-schema.js'
import { sizeSchema } from '../base/size-schema.js'
import { retryBudgetDefaults } from './retry-budget.js'

/** What a route does where the config is silent. */
export const routeDefaults = {
  stripPrefix: false,
  hostHeader: 'client',
  timeouts: { responseHead: '60s', idleBody: '60s', request: '0s', tunnelIdle: '1h' },
  attempts: 2,
  perTryTimeout: '0s',
  backOff: { base: '25ms', max: '250ms' },
  maxRetryAfter: '5s',
  bufferBody: '0b',
  tryFor: '0s',
  priority: 'normal',
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
  backOff: Type.Optional(Type.Object({
    base: Type.Optional(durationSchema({ zero: true, default: routeDefaults.backOff.base, description: 'Longest wait before the second attempt; doubles with each further one.' })),
    max: Type.Optional(durationSchema({ zero: true, default: routeDefaults.backOff.max, description: 'Longest wait of all.' }))
  }, { ...closed, description: 'How long is waited before another attempt: a random time up to a limit that doubles each time.' })),
  maxRetryAfter: Type.Optional(durationSchema({
    zero: true,
    default: routeDefaults.maxRetryAfter,
    description: 'An answer that is tried again and has a Retry-After is waited for that long; one that asks for more than this is passed on. 0s = Retry-After is not looked at.'
  })),
  bufferBody: Type.Optional(sizeSchema({
    default: routeDefaults.bufferBody,
    description: 'A request body up to this size is kept until the response begins, so that it can be sent again. 0b = a request whose body has begun to flow is not tried again.'
  })),
  tryFor: Type.Optional(durationSchema({
    zero: true,
    default: routeDefaults.tryFor,
    description: 'How long after its start a request that may be sent again, but finds no target that can be reached, goes on trying instead of being answered with an error. 0s = not at all.'
  })),
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

const priority = Type.Union([
  Type.Enum(['normal', 'high']),
  Type.Object({
    header: Type.String({ check: 'field-name', description: 'Name of a request field.' }),
    high: Type.Array(Type.String({ minLength: 1 }), { minItems: 1, description: 'Its values that make a request one of high priority.' })
  }, closed)
], {
  default: routeDefaults.priority,
  expects: '"normal", "high" or an object with a "header"',
  description: 'Which requests are served first while they wait in the pool\'s queue, and stay when it overflows: all of this route, or those whose field has one of some values.'
})

/** `retryBudget` of a pool. */
export const retryBudgetSchema = Type.Object({
  share: Type.Optional(Type.Number({ minimum: 0, maximum: 10, default: retryBudgetDefaults.share, description: 'Retries per request of the last 10 s.' })),
  minimumPerSecond: Type.Optional(Type.Number({ minimum: 0, maximum: 1_000_000, default: retryBudgetDefaults.minimumPerSecond, description: 'Retries per second, over 10 s, however few the requests.' }))
}, { ...closed, description: 'How many retries the requests of a pool may have together, so that an outage is not multiplied.' })

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
  })),
  priority: Type.Optional(priority)
}, closed)

export type RouteInput = Static<typeof routeSchema>
export type PriorityInput = Static<typeof priority>
export type RetryInput = Static<typeof retryRules>
export type HeaderRulesInput = Static<ReturnType<typeof headerRules>>
