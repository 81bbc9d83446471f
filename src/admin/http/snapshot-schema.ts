import { Type, type Static, type TObject, type TProperties } from '../../base/type.js'
import type { PoolSnapshot, ProxyEvent, RouteSnapshot, Snapshot, TargetSnapshot } from '../snapshot.js'

const count = Type.Integer({ minimum: 0 })
const text = Type.String()
const moment = Type.Number({ description: 'Milliseconds since 1970.' })
const milliseconds = Type.Number({ minimum: 0, description: 'Milliseconds.' })

function record<T extends TProperties> (properties: T, description?: string): TObject<T> {
  return Type.Object(properties, { additionalProperties: false, ...(description === undefined ? {} : { description }) })
}

const timeSchema = record({ count, sum: milliseconds, max: milliseconds }, 'Of the samples of the process\'s life: sum / count is the average.')

const byCode = Type.Record(text, count)

const judge = Type.Enum(['active', 'passive', 'admin', 'full'])

/** A `TargetSnapshot` as the API shows it. */
export const targetSchema = record({
  url: text,
  state: Type.Enum(['up', 'full', 'down', 'ejected', 'drain', 'maint', 'checking']),
  vetoedBy: Type.Array(judge),
  weight: Type.Number({ minimum: 0 }),
  slowStartShare: Type.Number({ minimum: 0, maximum: 1, description: 'The part of the weight that slow start gives it now.' }),
  priority: count,
  zone: Type.Union([text, Type.Null()]),
  maxConnections: Type.Integer({ minimum: 0, description: '0 = no limit.' }),
  adaptiveLimit: Type.Union([Type.Number(), Type.Null()]),
  inflight: count,
  inflightMax: count,
  requests: count,
  retries: count,
  responses: record({ 1: count, 2: count, 3: count, 4: count, 5: count }, 'By the first digit of the status.'),
  failures: Type.Record(text, count, { description: 'Attempts that failed on the target\'s side, by code.' }),
  cancelled: Type.Integer({ minimum: 0, description: 'Attempts that ended without a word about the target: the client left, or a limit of the proxy\'s own ran out.' }),
  interruptions: record({ proxy: byCode, client: byCode }, 'Their causes, by side and code.'),
  stale: Type.Integer({ minimum: 0, description: 'Attempts that met a kept connection which the target had closed.' }),
  bytesIn: count,
  bytesOut: count,
  connections: record({ open: count, idle: count, opened: count, reused: count }),
  times: record({ connect: timeSchema, head: timeSchema, total: timeSchema }),
  lastCheck: Type.Union([record({ at: moment, passed: Type.Boolean(), reason: text, tookMs: milliseconds }), Type.Null()]),
  checks: record({ passed: count, failed: count, times: record({ passed: timeSchema, failed: timeSchema }) }),
  ejections: count,
  downtime: Type.Number({ minimum: 0, description: 'Milliseconds out of service in all.' }),
  since: moment
})

/** A `PoolSnapshot` as the API shows it. */
export const poolSchema = record({
  name: text,
  strategy: text,
  inflight: count,
  queue: record({ now: count, max: count, limit: count, total: count, timedOut: count, refused: count }),
  maxConnections: count,
  panicking: Type.Boolean(),
  retries: count,
  budgetLeft: Type.Number({ description: 'Retries that the budget would allow now.' }),
  budgetRefused: count,
  targets: Type.Array(targetSchema)
})

/** A `RouteSnapshot` as the API shows it. */
export const routeSchema = record({
  name: text,
  host: Type.Union([text, Type.Null()]),
  prefix: text,
  methods: Type.Union([Type.Array(text), Type.Null()]),
  pool: text,
  inflight: count,
  requests: Type.Array(record({
    target: text,
    status: Type.Enum(['1xx', '2xx', '3xx', '4xx', '5xx']),
    count
  })),
  failures: record({ target: byCode, proxy: byCode, client: byCode }, 'Requests that did not end with a whole response, by side and code.'),
  durations: record({ buckets: Type.Array(count), sum: milliseconds })
})

/** A `ProxyEvent` as the API shows it. */
export const eventSchema = record({
  id: count,
  at: moment,
  kind: Type.Enum([
    'up', 'down', 'ejected', 'returned', 'drain', 'drained', 'ready', 'maint', 'weight', 'added', 'removed', 'panic', 'panic-over',
    'reload', 'reload-failed', 'worker-died', 'worker-started', 'start', 'stop'
  ]),
  pool: Type.Union([text, Type.Null()]),
  target: Type.Union([text, Type.Null()]),
  message: text
})

/** The build that runs. */
export const buildSchema = record({ version: text, node: text })

const processSchema = record({
  pid: count,
  role: Type.Enum(['single', 'primary', 'worker']),
  startedAt: moment,
  cpuSeconds: Type.Number({ minimum: 0 }),
  memoryBytes: count,
  connections: count,
  eventLoop: record({ p50: milliseconds, p99: milliseconds, max: milliseconds, utilization: Type.Number({ minimum: 0 }) })
})

/** A `Snapshot` as the API shows it. */
export const snapshotSchema = record({
  at: moment,
  build: buildSchema,
  startedAt: moment,
  processes: Type.Array(processSchema),
  connections: count,
  draining: Type.Boolean(),
  reloads: record({ succeeded: count, failed: count, last: Type.Union([record({ at: moment, ok: Type.Boolean(), message: text }), Type.Null()]) }),
  workerRestarts: count,
  unrouted: Type.Integer({ minimum: 0, description: 'Requests that had no route.' }),
  refused: Type.Integer({ minimum: 0, description: 'Requests that were refused without looking for one: they could not be read, or may not be served.' }),
  pools: Type.Array(poolSchema),
  routes: Type.Array(routeSchema)
})

type Writable<T> = T extends object ? { -readonly [Key in keyof T]: Writable<T[Key]> } : T
type Same<A, B> = [A] extends [B] ? [B] extends [A] ? true : never : never

/** @internal The compiler refuses this where a schema does not say what its type says. */
export const proofs: readonly [
  Same<Writable<Snapshot>, Static<typeof snapshotSchema>>,
  Same<Writable<PoolSnapshot>, Static<typeof poolSchema>>,
  Same<Writable<TargetSnapshot>, Static<typeof targetSchema>>,
  Same<Writable<RouteSnapshot>, Static<typeof routeSchema>>,
  Same<Writable<ProxyEvent>, Static<typeof eventSchema>>
] = [true, true, true, true, true]
