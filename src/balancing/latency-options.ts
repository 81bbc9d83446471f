import { Type, type Static } from '../base/type.js'
import { durationSchema } from '../base/duration-schema.js'
import { readDuration } from './read-duration.js'

/** How latencies are averaged where the config is silent. */
export const latencyDefaults = { decay: '10s', errorLatency: '1s' } as const

/** Options of the strategies that go by latency. */
export const latencyOptionsSchema = Type.Object({
  decay: Type.Optional(durationSchema({
    default: latencyDefaults.decay,
    description: 'Time in which an old latency loses about two thirds of its weight. Shorter = quicker to follow, and to try a slow target again.'
  })),
  errorLatency: Type.Optional(durationSchema({
    default: latencyDefaults.errorLatency,
    zero: true,
    description: 'What a failed request or a 5xx counts as, at least, so that a target which fails fast does not look quick. 0s = as long as it took.'
  }))
}, { additionalProperties: false })

export type LatencyOptions = Static<typeof latencyOptionsSchema>

/** Options read: milliseconds. */
export interface LatencySettings {
  readonly decay: number
  readonly errorLatency: number
}

/** @throws {TypeError} if an option is no duration, or `decay` is zero. */
export function readLatencyOptions ({ decay = latencyDefaults.decay, errorLatency = latencyDefaults.errorLatency }: LatencyOptions): LatencySettings {
  const settings = { decay: readDuration(decay), errorLatency: readDuration(errorLatency) }
  if (settings.decay === 0) throw new TypeError('"decay" must be longer than 0')
  return settings
}
