import { Type, type Static } from '../base/type.js'
import { durationSchema } from '../base/duration-schema.js'

/** What a health check does where the config is silent. */
export const healthCheckDefaults = {
  path: '/', method: 'GET', status: '200-299', interval: '5s', jitter: 0.1, timeout: '2s', rise: 2, fall: 3
} as const

const KINDS = '"http" or "tcp"'

const closed = { additionalProperties: false }

const schedule = {
  interval: Type.Optional(durationSchema({ description: 'Time from one probe to the next.', default: healthCheckDefaults.interval })),
  intervalDown: Type.Optional(durationSchema({ description: 'The same while the target is down. Default: as "interval".' })),
  jitter: Type.Optional(Type.Number({
    minimum: 0,
    maximum: 1,
    default: healthCheckDefaults.jitter,
    description: 'Share of the interval by which each one is made longer or shorter at random, so that probes do not come in step.'
  })),
  timeout: Type.Optional(durationSchema({ description: 'A probe that takes longer has failed.', default: healthCheckDefaults.timeout })),
  rise: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: healthCheckDefaults.rise, description: 'Passed probes in a row that bring a target up again.' })),
  fall: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: healthCheckDefaults.fall, description: 'Failed probes in a row that take a target down.' })),
  port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65535, description: 'Port to probe. Default: the target\'s own.' }))
}

const statusRange = Type.String({ check: 'status-range', pattern: '^[2-5][0-9]{2}(-[2-5][0-9]{2})?$' })
const status = Type.Integer({ minimum: 200, maximum: 599 })

const httpCheck = Type.Object({
  type: Type.Optional(Type.Literal('http', { default: 'http', expects: KINDS, description: 'Sends a request and looks at the answer.' })),
  path: Type.Optional(Type.String({ check: 'origin-form', default: healthCheckDefaults.path, description: 'Path and query to ask for.' })),
  method: Type.Optional(Type.String({ check: 'method', default: healthCheckDefaults.method, description: 'Method to ask with.' })),
  headers: Type.Optional(Type.Record(Type.String(), Type.String({ check: 'field-value' }), {
    propertyNames: { check: 'probe-field' },
    description: 'Fields to send, by name.'
  })),
  status: Type.Optional(Type.Union([statusRange, status, Type.Array(Type.Union([statusRange, status]), { minItems: 1 })], {
    default: healthCheckDefaults.status,
    expects: 'a status such as 204, a range such as "200-299", or a list of these',
    description: 'Statuses that pass: one, a range, or a list of these.'
  })),
  bodyContains: Type.Optional(Type.String({ minLength: 1, maxLength: 4096, description: 'Text that the body must hold. Default: the body is not looked at.' })),
  host: Type.Optional(Type.String({ check: 'authority', description: 'Value of the Host field. Default: the target\'s own.' })),
  ...schedule
}, closed)

const tcpCheck = Type.Object({
  type: Type.Literal('tcp', { expects: KINDS, description: 'Opens a connection and closes it.' }),
  ...schedule
}, closed)

/** `healthCheck` of a pool: true for all defaults, false for none, or an object. */
export const healthCheckSchema = Type.Union([Type.Boolean(), httpCheck, tcpCheck], {
  default: false,
  expects: 'true, false or an object',
  description: 'Probes each target and keeps requests away from those that fail. true = GET / every 5 s.'
})

export type HealthCheckInput = Static<typeof healthCheckSchema>
