import { Type, type Static } from '../base/type.js'
import { durationSchema } from '../base/duration-schema.js'

/** What slow start does where the config is silent; a window of 0s = none. */
export const slowStartDefaults = { window: '0s', aggression: 1 } as const

const closed = { additionalProperties: false }

/** `slowStart` of a pool: how long it takes, or an object with more. */
export const slowStartSchema = Type.Union([
  durationSchema({ zero: true, description: 'How long it takes. 0s = none.' }),
  Type.Object({
    window: durationSchema({ zero: true, description: 'How long it takes. 0s = none.' }),
    aggression: Type.Optional(Type.Number({
      minimum: 0.1,
      maximum: 10,
      default: slowStartDefaults.aggression,
      description: '1 = the share grows evenly, more = faster at first, less = slower at first.'
    }))
  }, closed)
], {
  default: slowStartDefaults.window,
  expects: 'a duration such as "10s" or an object with a "window"',
  description: 'A target that comes back or is added gets its share of new requests little by little. Default: at once.'
})

export type SlowStartInput = Static<typeof slowStartSchema>
