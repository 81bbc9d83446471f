import { Type, type Static } from '../base/type.js'
import { durationSchema } from '../base/duration-schema.js'
import { sizeSchema } from '../base/size-schema.js'
import { adaptiveLimitSchema } from '../upstream/adaptive-limit-schema.js'
import { healthCheckSchema } from '../health/schema.js'
import { passiveHealthSchema } from '../health/passive-schema.js'
import { retryBudgetSchema, routeDefaults, routeSchema, routeTimeoutKeys } from '../proxy/schema.js'
import { slowStartSchema } from '../upstream/slow-start-schema.js'
import { poolLimitSchema, queueSchema, spillBelowSchema, targetSchema, tlsSchema, whenAllDownSchema } from '../upstream/schema.js'
import { adminSchema } from './admin-schema.js'
import { logLevels } from './config.js'

/** What the whole proxy does where the config is silent. */
export const configDefaults = {
  host: '0.0.0.0',
  port: 8080,
  level: 'info',
  access: true,
  explain: false,
  workers: 1,
  watch: false,
  tracing: false,
  uploadRate: '0b',
  strategy: 'round-robin',
  timeouts: { clientHeaders: '10s', clientRequest: '5m', clientKeepAlive: '75s', connect: '3s', tls: '3s', queue: '5s', drain: '30s', ...routeDefaults.timeouts }
} as const

const closed = { additionalProperties: false }
const { timeouts } = configDefaults

const tcpListen = Type.Object({
  host: Type.Optional(Type.String({ check: 'listen-host', default: configDefaults.host, description: 'Name or IP address, without brackets. "0.0.0.0" and "::" = all.' })),
  port: Type.Optional(Type.Integer({ minimum: 0, maximum: 65535, default: configDefaults.port, description: '0 = any free one.' }))
}, closed)

const unixListen = Type.Object({
  path: Type.String({ check: 'socket-path', description: 'Path of a Unix socket, relative to the config file; in all at most 107 bytes (103 on macOS).' })
}, closed)

const listenSchema = Type.Union([tcpListen, unixListen, Type.Array(Type.Union([tcpListen, unixListen], { expects: 'an object' }), { minItems: 1 })], {
  expects: 'an object or a list of objects',
  description: 'Where to accept connections.'
})

const logSchema = Type.Object({
  level: Type.Optional(Type.Enum([...logLevels], { default: configDefaults.level, description: 'The least level that is written.' })),
  access: Type.Optional(Type.Boolean({ default: configDefaults.access, description: 'Write one line per request.' })),
  explain: Type.Optional(Type.Boolean({ default: configDefaults.explain, description: 'Say in each of these lines why the request went where it went.' }))
}, { ...closed, description: 'What is logged: JSON lines, or readable ones in a terminal.' })

const debugSchema = Type.Object({
  secret: Type.Optional(Type.String({ pattern: '^[!-~]{16,}$', check: 'field-secret', description: 'A request that has this in its Headrace-Debug field is told in its response why it went where it went.' }))
}, { ...closed, description: 'Who may look behind the scenes.' })

const trustProxySchema = Type.Array(Type.String({ check: 'address-range' }), {
  uniqueItems: true,
  default: [],
  description: 'Whose X-Forwarded-* fields are believed: IP addresses, ranges, or "loopback", "linklocal", "uniquelocal". Default: nobody\'s.'
})

const timeoutsSchema = Type.Object({
  clientHeaders: Type.Optional(durationSchema({ zero: true, default: timeouts.clientHeaders, description: 'Until a client\'s request head is complete. 0s = no limit.' })),
  clientRequest: Type.Optional(durationSchema({ zero: true, default: timeouts.clientRequest, description: 'Until a client\'s whole request has arrived. 0s = no limit.' })),
  clientKeepAlive: Type.Optional(durationSchema({ zero: true, default: timeouts.clientKeepAlive, description: 'How long an idle client connection is kept. 0s = not at all.' })),
  connect: Type.Optional(durationSchema({ default: timeouts.connect, description: 'Until a connection to a target stands.' })),
  tls: Type.Optional(durationSchema({ default: timeouts.tls, description: 'Until a connection to an https: target is secured, from when it stands.' })),
  queue: Type.Optional(durationSchema({ zero: true, default: timeouts.queue, description: 'How long a request waits while all targets are full. 0s = not at all.' })),
  ...routeTimeoutKeys(timeouts),
  drain: Type.Optional(durationSchema({ zero: true, default: timeouts.drain, description: 'How long a stop waits for requests under way. 0s = they are cut at once.' }))
}, { ...closed, description: 'Time limits. A route may override responseHead, idleBody, request and tunnelIdle.' })

const limitsSchema = Type.Object({
  uploadRate: Type.Optional(sizeSchema({
    default: configDefaults.uploadRate,
    description: 'Bytes per second that a client must send of its request\'s body, on average over 5 s, while the target takes them. 0b = no limit.'
  }))
}, { ...closed, description: 'What clients may ask of the proxy.' })

const strategySchema = Type.Union([
  Type.String(),
  Type.Object({ name: Type.String() }, { additionalProperties: true }),
  Type.Object({ module: Type.Unknown() }, { additionalProperties: true })
], {
  default: configDefaults.strategy,
  expects: 'a strategy\'s name or an object with a "name" or a "module"',
  description: 'How a target is chosen: a name, or an object with the name and the strategy\'s options, or with a module of your own.'
})

const poolSchema = Type.Object({
  strategy: Type.Optional(strategySchema),
  targets: Type.Array(targetSchema, { minItems: 1, description: 'The backends, each once.' }),
  healthCheck: Type.Optional(healthCheckSchema),
  passiveHealth: Type.Optional(passiveHealthSchema),
  slowStart: Type.Optional(slowStartSchema),
  spillBelow: Type.Optional(spillBelowSchema),
  whenAllDown: Type.Optional(whenAllDownSchema),
  maxConnections: Type.Optional(poolLimitSchema),
  queue: Type.Optional(queueSchema),
  adaptiveLimit: Type.Optional(adaptiveLimitSchema),
  retryBudget: Type.Optional(retryBudgetSchema),
  tls: Type.Optional(tlsSchema)
}, closed)

/** The whole input. Built from the rooms' own fragments; strategy options are checked by each strategy's own schema. */
export const configSchema = Type.Object({
  $schema: Type.Optional(Type.String({ description: 'For editors.' })),
  listen: Type.Optional(listenSchema),
  log: Type.Optional(logSchema),
  admin: Type.Optional(adminSchema),
  debug: Type.Optional(debugSchema),
  workers: Type.Optional(Type.Union([Type.Integer({ minimum: 1, maximum: 256 }), Type.Literal('auto')], {
    default: configDefaults.workers,
    description: 'Processes that carry the traffic. 1 = one process does it all, "auto" = as many as there are CPUs.'
  })),
  watch: Type.Optional(Type.Boolean({ default: configDefaults.watch, description: 'Reload when the config file changes. SIGHUP does so in any case.' })),
  tracing: Type.Optional(Type.Boolean({ default: configDefaults.tracing, description: 'Make OpenTelemetry spans of requests and attempts, and give requests that have none a traceparent. false = traceparent is passed on as it is.' })),
  zone: Type.Optional(Type.String({ description: 'Where this proxy is: targets of the same zone are preferred. Default, and if it is empty: nowhere.' })),
  trustProxy: Type.Optional(trustProxySchema),
  timeouts: Type.Optional(timeoutsSchema),
  limits: Type.Optional(limitsSchema),
  pools: Type.Record(Type.String(), poolSchema, {
    propertyNames: { check: 'pool-name', pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$' },
    minProperties: 1,
    description: 'Sets of targets, by name.'
  }),
  routes: Type.Optional(Type.Array(routeSchema, {
    minItems: 1,
    description: 'Which requests go to which pool. May be left out if there is one pool: it gets all of them.'
  }))
}, closed)

/** A config as people write it: the JSON file, the plugin's options, the API. */
export type ConfigInput = Static<typeof configSchema>
export type PoolInput = ConfigInput['pools'][string]
export type ListenInput = NonNullable<ConfigInput['listen']>
export type StrategyInput = NonNullable<PoolInput['strategy']>
