import { parseStatusRange, type HealthCheck, type ProbeSchedule, type StatusRange } from '../health/health-check.js'
import { healthCheckDefaults, type HealthCheckInput } from '../health/schema.js'
import type { FailureRate, PassiveHealth } from '../health/passive-health.js'
import { failureRateDefaults, passiveHealthDefaults, type FailureRateInput, type PassiveHealthInput } from '../health/passive-schema.js'
import { retryBudgetDefaults } from '../proxy/retry-budget.js'
import type { TlsOptions } from '../transport/transport.js'
import { parseAddress } from '../upstream/address.js'
import { adaptiveLimitDefaults, type AdaptiveLimitInput } from '../upstream/adaptive-limit-schema.js'
import type { AdaptiveLimitOptions } from '../upstream/adaptive-limit.js'
import { slowStartDefaults, type SlowStartInput } from '../upstream/slow-start-schema.js'
import type { SlowStartRules } from '../upstream/slow-start.js'
import { poolDefaults, type TargetInput, type TlsInput } from '../upstream/schema.js'
import type { TargetSpec } from '../upstream/target.js'
import type { PoolConfig } from './config.js'
import { resolveDuration } from './resolve-duration.js'
import type { PoolInput } from './schema.js'
import { readStrategy, type StrategyReader } from './strategy-spec.js'
import type { TlsFiles } from './tls-files.js'

/** Fills in a pool that has been checked. */
export function resolvePool (input: PoolInput, reader: StrategyReader, files: TlsFiles): PoolConfig {
  return {
    strategy: readStrategy(input.strategy, [], reader).spec,
    targets: input.targets.map(resolveTarget),
    healthCheck: resolveHealthCheck(input.healthCheck ?? false),
    passiveHealth: resolvePassiveHealth(input.passiveHealth ?? passiveHealthDefaults.enabled),
    slowStart: resolveSlowStart(input.slowStart ?? slowStartDefaults.window),
    spillBelow: input.spillBelow ?? poolDefaults.spillBelow,
    whenAllDown: input.whenAllDown ?? poolDefaults.whenAllDown,
    maxConnections: input.maxConnections ?? poolDefaults.maxConnections,
    queueMax: input.queue?.max ?? poolDefaults.queueMax,
    adaptiveLimit: resolveAdaptiveLimit(input.adaptiveLimit ?? false),
    retryBudget: { ...retryBudgetDefaults, ...input.retryBudget },
    tls: resolveTls(input.tls ?? {}, files)
  }
}

function resolveTarget (input: TargetInput): TargetSpec {
  const { url, backup = poolDefaults.backup, zone, ...given } = typeof input === 'string' ? { url: input } : input
  const { weight = poolDefaults.weight, maxConnections = poolDefaults.maxConnections, drain = poolDefaults.drain } = given
  const { priority = backup ? 1 : poolDefaults.priority } = given
  return { url: parseAddress(url).origin, weight, maxConnections, drain, priority, zone: zone === undefined || zone === '' ? null : zone }
}

function resolveAdaptiveLimit (input: AdaptiveLimitInput): AdaptiveLimitOptions | null {
  if (input === false) return null
  return { ...adaptiveLimitDefaults, ...(input === true ? {} : input) }
}

function resolvePassiveHealth (input: PassiveHealthInput): PassiveHealth | null {
  if (input === false) return null
  if (input === true) return resolvePassiveHealth({})
  const { consecutiveFailures, statuses, failureRate = false, ejection, maxEjection, maxEjectedShare } = { ...passiveHealthDefaults, ...input }
  return {
    consecutiveFailures,
    statuses: [...statuses],
    failureRate: resolveFailureRate(failureRate),
    ejection: resolveDuration(ejection),
    maxEjection: resolveDuration(maxEjection),
    maxEjectedShare
  }
}

function resolveFailureRate (input: FailureRateInput): FailureRate | null {
  if (input === false) return null
  const { share, window, minimumRequests } = { ...failureRateDefaults, ...(input === true ? {} : input) }
  return { share, window: resolveDuration(window), minimumRequests }
}

function resolveSlowStart (input: SlowStartInput): SlowStartRules | null {
  const { window, aggression = slowStartDefaults.aggression } = typeof input === 'string' ? { window: input } : input
  const length = resolveDuration(window)
  return length === 0 ? null : { window: length, aggression }
}

function resolveHealthCheck (input: HealthCheckInput): HealthCheck | null {
  if (input === false) return null
  if (input === true) return resolveHealthCheck({})
  const port = input.port ?? null
  if (input.type === 'tcp') return { type: 'tcp', port, ...resolveSchedule(input) }
  return {
    type: 'http',
    path: input.path ?? healthCheckDefaults.path,
    method: input.method ?? healthCheckDefaults.method,
    headers: Object.entries(input.headers ?? {}).flatMap(([name, value]) => [name, value.trim()]),
    status: resolveStatus(input.status ?? healthCheckDefaults.status),
    bodyContains: input.bodyContains ?? null,
    host: input.host ?? null,
    port,
    ...resolveSchedule(input)
  }
}

function resolveSchedule (input: Exclude<HealthCheckInput, boolean>): ProbeSchedule {
  const interval = input.interval ?? healthCheckDefaults.interval
  return {
    interval: resolveDuration(interval),
    intervalDown: resolveDuration(input.intervalDown ?? interval),
    jitter: input.jitter ?? healthCheckDefaults.jitter,
    timeout: resolveDuration(input.timeout ?? healthCheckDefaults.timeout),
    rise: input.rise ?? healthCheckDefaults.rise,
    fall: input.fall ?? healthCheckDefaults.fall
  }
}

type StatusInput = string | number | Array<string | number>

function resolveStatus (input: StatusInput): readonly StatusRange[] {
  const given = Array.isArray(input) ? input : [input]
  return given.flatMap(status => parseStatusRange(String(status)) ?? [])
}

function resolveTls (input: TlsInput, files: TlsFiles): TlsOptions {
  const { verify = poolDefaults.verify, serverName, ca, certificate, key } = input
  return {
    verify,
    ...(serverName === undefined ? {} : { serverName: serverName.toLowerCase() }),
    ...(ca === undefined ? {} : { ca: files.text(ca) }),
    ...(certificate === undefined ? {} : { certificate: files.text(certificate) }),
    ...(key === undefined ? {} : { key: files.text(key) })
  }
}
