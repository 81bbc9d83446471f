import type { StrategySpec } from '../balancing/strategy-spec.js'
import type { HealthCheck, StatusRange } from '../health/health-check.js'
import type { FailureRate, PassiveHealth } from '../health/passive-health.js'
import { prefixCharacters } from '../proxy/prefix-characters.js'
import type { HeaderRules, PriorityRule, RetryRules, RouteConfig, RouteTimeouts } from '../proxy/route-config.js'
import type { TlsOptions } from '../transport/transport.js'
import type { SlowStartRules } from '../upstream/slow-start.js'
import type { Config, PoolConfig } from './config.js'
import { isRecord } from './place.js'

const REDACTED = '(redacted)'
const SECRET_FIELD = /auth|cookie|credential|key|pass|secret|session|signature|token/i
const SECRET_OPTION = /auth|credential|pass|secret|token|.key$/i
const UNITS = [['h', 3_600_000], ['m', 60_000], ['s', 1000]] as const
const SIZE_UNITS = [['gb', 1024 ** 3], ['mb', 1024 ** 2], ['kb', 1024]] as const

/** A secret in a description: two of them are equal if what they hide is. */
export class Secret {
  readonly hidden: unknown

  constructor (hidden: unknown) {
    this.hidden = hidden
  }

  toJSON (): string {
    return REDACTED
  }
}

/**
 * A resolved config as JSON, written as its input would be with nothing left to default. Without secrets: TLS keys, and
 * the values of fields whose name sounds like one. But for these, loading it gives the same config again.
 */
export function describeConfig (config: Config): object {
  return mapped(comparableConfig(config), value => value instanceof Secret ? REDACTED : value)
}

/** The same for `configDifference` with another one: a secret that has changed is a difference, too. Not to be shown. */
export function comparableConfig (config: Config): object {
  const { listen, log, admin, debug, workers, watch, tracing, zone, trustProxy, timeouts, limits, pools, routes } = config
  return mapped({
    listen,
    log,
    ...(admin !== null && { admin: { ...admin.address, ...(admin.token !== null && { token: new Secret(admin.token) }) } }),
    ...(debug.secret !== null && { debug: { secret: new Secret(debug.secret) } }),
    workers,
    watch,
    tracing,
    ...(zone !== null && { zone }),
    trustProxy,
    timeouts: describeDurations(timeouts),
    limits: { uploadRate: sizeText(limits.uploadRate) },
    pools: Object.fromEntries(Object.entries(pools).map(([name, pool]) => [name, describePool(pool)])),
    routes: routes.map(describeRoute)
    // What looks like a variable now was none in the input.
  }, value => typeof value === 'string' ? value.replaceAll('${', () => '$${') : value)
}

function describePool (pool: PoolConfig): object {
  const { strategy, targets, healthCheck, passiveHealth, slowStart, spillBelow, whenAllDown, maxConnections, queueMax, adaptiveLimit, retryBudget, tls } = pool
  return {
    strategy: describeStrategy(strategy),
    targets: targets.map(withoutNulls),
    healthCheck: healthCheck === null ? false : describeHealthCheck(healthCheck),
    passiveHealth: passiveHealth === null ? false : describePassiveHealth(passiveHealth),
    slowStart: slowStart === null ? '0s' : describeSlowStart(slowStart),
    spillBelow,
    whenAllDown,
    maxConnections,
    queue: { max: queueMax },
    adaptiveLimit: adaptiveLimit ?? false,
    retryBudget,
    ...(targets.some(({ url }) => url.startsWith('https:')) ? { tls: describeTls(tls) } : {})
  }
}

function describeStrategy ({ name, module, options, beneath }: StrategySpec): string | object {
  const described = describeOptions(options)
  const all = beneath === null ? described : { ...described, strategy: describeStrategy(beneath) }
  if (module !== null) return { module: name, options: all }
  return Object.keys(all).length === 0 ? name : { name, ...all }
}

/** What options mean is their strategy's to know: whatever sounds like a secret is one, however deep it lies. `key` alone is what to hash by. */
function describeOptions (options: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(options).map(([key, value]) => [key, SECRET_OPTION.test(key) ? new Secret(value) : describeOption(value)]))
}

function describeOption (value: unknown): unknown {
  if (Array.isArray(value)) return value.map(element => describeOption(element))
  return isRecord(value) ? describeOptions(value) : value
}

function describeHealthCheck (check: HealthCheck): object {
  const { interval, intervalDown, timeout, ...rest } = check
  return withoutNulls({
    ...rest,
    ...(check.type === 'http' ? { status: check.status.map(describeStatus), headers: describeFields(pairs(check.headers)) } : {}),
    ...describeDurations({ interval, intervalDown, timeout })
  })
}

function describeStatus ({ from, to }: StatusRange): string | number {
  return from === to ? from : `${from}-${to}`
}

function describePassiveHealth ({ ejection, maxEjection, failureRate, ...rest }: PassiveHealth): object {
  return { ...rest, failureRate: failureRate === null ? false : describeFailureRate(failureRate), ...describeDurations({ ejection, maxEjection }) }
}

function describeFailureRate ({ window, ...rest }: FailureRate): object {
  return { ...rest, ...describeDurations({ window }) }
}

function describeSlowStart ({ window, aggression }: SlowStartRules): object {
  return { ...describeDurations({ window }), aggression }
}

function describeTls (tls: TlsOptions): object {
  return tls.key === undefined ? tls : { ...tls, key: new Secret(tls.key) }
}

function describeRoute (route: RouteConfig): object {
  const { hostHeader, prefix, headers, timeouts, retry, priority } = route
  return withoutNulls({
    ...route,
    prefix: prefixCharacters(prefix),
    hostHeader: typeof hostHeader === 'string' ? hostHeader : hostHeader.literal,
    headers: { request: describeRules(headers.request), response: describeRules(headers.response) },
    timeouts: describeDurations<RouteTimeouts>(timeouts),
    retry: describeRetry(retry),
    priority: describePriority(priority)
  })
}

function describeRules ({ set, remove }: HeaderRules): object {
  return { set: describeFields(set), remove }
}

function describeFields (fields: ReadonlyArray<readonly [string, string]>): object {
  return Object.fromEntries(fields.map(([name, value]) => [name, SECRET_FIELD.test(name) ? new Secret(value) : value]))
}

function describeRetry ({ attempts, perTryTimeout, backOff, maxRetryAfter, tryFor, bufferBody, on }: RetryRules): object {
  const { connect, reset, timeout, statuses } = on
  const causes = Object.entries({ connect, reset, timeout }).flatMap(([cause, counts]) => counts ? [cause] : [])
  return {
    attempts,
    ...describeDurations({ perTryTimeout, maxRetryAfter, tryFor }),
    backOff: describeDurations(backOff),
    bufferBody: sizeText(bufferBody),
    on: [...causes, ...statuses]
  }
}

function describePriority (priority: PriorityRule): unknown {
  return typeof priority === 'object' && SECRET_FIELD.test(priority.header) ? { header: priority.header, high: [new Secret(priority.high)] } : priority
}

function describeDurations<T extends object> (durations: T): Record<string, string> {
  return Object.fromEntries(Object.entries(durations).map(([key, milliseconds]) => [key, durationText(Number(milliseconds))]))
}

/** A duration in the largest unit that divides it: `"90s"`, `"5m"`, `"1.5ms"`. */
export function durationText (milliseconds: number): string {
  if (milliseconds === 0) return '0s'
  for (const [unit, length] of UNITS) if (milliseconds % length === 0) return `${milliseconds / length}${unit}`
  return `${Number(milliseconds.toFixed(3))}ms`
}

/** A size in the largest unit that divides it: `"64kb"`, `"1500b"`. */
export function sizeText (bytes: number): string {
  for (const [unit, length] of SIZE_UNITS) if (bytes !== 0 && bytes % length === 0) return `${bytes / length}${unit}`
  return `${bytes}b`
}

function pairs (list: readonly string[]): ReadonlyArray<readonly [string, string]> {
  return list.flatMap((name, index): Array<readonly [string, string]> => index % 2 === 0 ? [[name, list[index + 1] ?? '']] : [])
}

function withoutNulls (object: object): object {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null))
}

/** With something else in the place of each value that holds no others. */
function mapped (object: object, map: (value: unknown) => unknown): object {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, mappedValue(value, map)]))
}

function mappedValue (value: unknown, map: (value: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map(element => mappedValue(element, map))
  return typeof value !== 'object' || value === null || value instanceof Secret ? map(value) : mapped(value, map)
}
