import { Type, type Static } from '../base/type.js'

/** What a target and a pool do where the config is silent. */
export const poolDefaults = { weight: 1, maxConnections: 0, whenAllDown: 'try-anyway', verify: true, queueMax: 1024, drain: false, backup: false, priority: 0, spillBelow: 0.7 } as const

const closed = { additionalProperties: false }

const url = Type.String({ check: 'target', description: 'http://host:port, https://host:port or unix:/path/to.sock.' })

/** One of a pool's `targets`: its URL, or an object with more. */
export const targetSchema = Type.Union([
  url,
  Type.Object({
    url,
    weight: Type.Optional(Type.Number({
      minimum: 0,
      maximum: 1_000_000,
      default: poolDefaults.weight,
      description: 'Share of the traffic relative to the other targets. 0 = no new requests.'
    })),
    maxConnections: Type.Optional(Type.Integer({
      minimum: 0,
      maximum: 1_000_000,
      default: poolDefaults.maxConnections,
      description: 'Requests at once. 0 = no limit.'
    })),
    drain: Type.Optional(Type.Boolean({ default: poolDefaults.drain, description: 'Let it finish what it has and give it nothing new.' })),
    backup: Type.Optional(Type.Boolean({ default: poolDefaults.backup, description: 'Use it when the others are not well enough: the same as a priority of 1.' })),
    priority: Type.Optional(Type.Integer({
      minimum: 0,
      maximum: 15,
      default: poolDefaults.priority,
      description: '0 comes first. Targets of a later priority get requests when those before are not well enough.'
    })),
    zone: Type.Optional(Type.String({ description: 'Where it is. Of one priority, the targets in the zone of the proxy come first. Default: everywhere.' }))
  }, closed)
], { expects: 'a URL or an object with a "url"' })

/** `spillBelow` of a pool. */
export const spillBelowSchema = Type.Number({
  minimum: 0.01,
  maximum: 1,
  default: poolDefaults.spillBelow,
  description: 'Share of the weight of a priority, or of a zone, that must be in service for it to get all requests. Below that the rest go to the next one.'
})

/** `whenAllDown` of a pool. */
export const whenAllDownSchema = Type.Enum(['try-anyway', 'fail'], {
  default: poolDefaults.whenAllDown,
  description: '"try-anyway": when every target is down, use them all the same. "fail": answer 503.'
})

/** `maxConnections` of a pool. */
export const poolLimitSchema = Type.Integer({
  minimum: 0,
  maximum: 1_000_000,
  default: poolDefaults.maxConnections,
  description: 'Requests at once over all targets of the pool. 0 = no limit.'
})

/** `queue` of a pool. */
export const queueSchema = Type.Object({
  max: Type.Optional(Type.Integer({
    minimum: 0,
    maximum: 1_000_000,
    default: poolDefaults.queueMax,
    description: 'Requests that may wait at once; more are answered 503. 0 = nobody waits.'
  }))
}, { ...closed, description: 'Requests that wait, in turn, while every target that is well has as many requests as it may. "timeouts.queue" says how long.' })

/** `tls` of a pool. */
export const tlsSchema = Type.Object({
  verify: Type.Optional(Type.Boolean({ default: poolDefaults.verify, description: 'Verify the targets\' certificates.' })),
  serverName: Type.Optional(Type.String({
    check: 'host-name',
    description: 'Name sent as SNI and expected in the certificate. Default: the target\'s host name.'
  })),
  ca: Type.Optional(Type.String({ minLength: 1, description: 'PEM file of the authorities to trust instead of the system\'s, or the PEM text itself.' })),
  certificate: Type.Optional(Type.String({ minLength: 1, description: 'PEM file of the certificate to show to targets, or the PEM text itself. Needs "key".' })),
  key: Type.Optional(Type.String({ minLength: 1, description: 'PEM file of the certificate\'s private key, or the PEM text itself.' }))
}, { ...closed, description: 'How connections to https: targets are secured. Paths are relative to the config file.' })

export type TargetInput = Static<typeof targetSchema>
export type TlsInput = Static<typeof tlsSchema>
