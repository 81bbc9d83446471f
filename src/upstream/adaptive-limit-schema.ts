import { Type, type Static } from '../base/type.js'

/** How an adaptive limit is set where the config is silent. */
export const adaptiveLimitDefaults = { min: 4, max: 1000, initial: 20, tolerance: 1.5 } as const

const requests = { minimum: 1, maximum: 1_000_000 }

/** `adaptiveLimit` of a pool: true for all defaults, false for none, or an object. */
export const adaptiveLimitSchema = Type.Union([
  Type.Boolean(),
  Type.Object({
    min: Type.Optional(Type.Integer({
      ...requests,
      default: adaptiveLimitDefaults.min,
      description: 'The limit never falls below it. While a busy target\'s own latency is measured, from time to time and for about ten requests, the limit is set to it.'
    })),
    max: Type.Optional(Type.Integer({ ...requests, default: adaptiveLimitDefaults.max, description: 'The limit never rises above it.' })),
    initial: Type.Optional(Type.Integer({
      ...requests,
      default: adaptiveLimitDefaults.initial,
      description: 'The limit of a new target. Kept within "min" and "max".'
    })),
    tolerance: Type.Optional(Type.Number({
      minimum: 1,
      maximum: 10,
      default: adaptiveLimitDefaults.tolerance,
      description: 'By how many times a target\'s latency may exceed that of the unloaded target before the limit falls.'
    }))
  }, { additionalProperties: false })
], {
  default: false,
  expects: 'true, false or an object',
  description: 'Requests that each target may have at once without a response head, found from its latency, beside "maxConnections". true = the defaults.'
})

export type AdaptiveLimitInput = Static<typeof adaptiveLimitSchema>
