import { Type, type Static } from '../base/type.js'
import { durationSchema } from '../base/duration-schema.js'

/** What passive health does where the config is silent. */
export const passiveHealthDefaults = {
  enabled: true,
  consecutiveFailures: 5,
  statuses: [502, 503, 504],
  ejection: '30s',
  maxEjection: '300s',
  maxEjectedShare: 0.5
} as const

/** What a failure rate is where `failureRate` is true, or an object that is silent. */
export const failureRateDefaults = { share: 0.5, window: '10s', minimumRequests: 20 } as const

const closed = { additionalProperties: false }

const failureRate = Type.Object({
  share: Type.Optional(Type.Number({
    minimum: 0.01,
    maximum: 1,
    default: failureRateDefaults.share,
    description: 'Share of a target\'s answers, 5xx and failures together, that ejects it.'
  })),
  window: Type.Optional(durationSchema({ default: failureRateDefaults.window, description: 'How far back it is counted.' })),
  minimumRequests: Type.Optional(Type.Integer({
    minimum: 1,
    maximum: 1_000_000,
    default: failureRateDefaults.minimumRequests,
    description: 'Requests in that time below which the share means nothing.'
  }))
}, closed)

const passiveHealth = Type.Object({
  consecutiveFailures: Type.Optional(Type.Integer({
    minimum: 0,
    maximum: 1_000_000,
    default: passiveHealthDefaults.consecutiveFailures,
    description: 'Failures in a row that eject: no connection, reset, no answer in time, one of "statuses". 0 = not counted.'
  })),
  statuses: Type.Optional(Type.Array(Type.Integer({ minimum: 500, maximum: 599 }), {
    uniqueItems: true,
    default: passiveHealthDefaults.statuses,
    description: 'Response statuses that count as failures in a row.'
  })),
  failureRate: Type.Optional(Type.Union([Type.Boolean(), failureRate], {
    default: false,
    expects: 'true, false or an object',
    description: 'Ejects by the share of failures. true = half of at least 20 requests within 10 s.'
  })),
  ejection: Type.Optional(durationSchema({ default: passiveHealthDefaults.ejection, description: 'Length of the first ejection; the n-th in short order lasts n times as long.' })),
  maxEjection: Type.Optional(durationSchema({ default: passiveHealthDefaults.maxEjection, description: 'The longest ejection.' })),
  maxEjectedShare: Type.Optional(Type.Number({
    minimum: 0,
    maximum: 1,
    default: passiveHealthDefaults.maxEjectedShare,
    description: 'Share of the pool\'s targets that may be ejected at once, but one at least and never the last. 0 = none.'
  }))
}, closed)

/** `passiveHealth` of a pool: true for all defaults, false for none, or an object. */
export const passiveHealthSchema = Type.Union([Type.Boolean(), passiveHealth], {
  default: passiveHealthDefaults.enabled,
  expects: 'true, false or an object',
  description: 'Keeps requests away for a while from targets that fail them. true = after 5 failures in a row, for 30 s and longer.'
})

export type PassiveHealthInput = Static<typeof passiveHealthSchema>
export type FailureRateInput = boolean | Static<typeof failureRate>
