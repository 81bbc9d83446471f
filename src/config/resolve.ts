import { resolve as resolvePath } from 'node:path'
import type { StrategyKind } from '../balancing/strategy.js'
import type { Config, ListenAddress, PoolConfig, Timeouts } from './config.js'
import { resolveAdmin } from './resolve-admin.js'
import { resolveDuration } from './resolve-duration.js'
import { resolvePool } from './resolve-pool.js'
import { resolveRoute } from './resolve-route.js'
import { resolveSize } from './resolve-size.js'
import { configDefaults, type ConfigInput, type ListenInput } from './schema.js'
import type { TlsFiles } from './tls-files.js'

/** What a config is resolved with. */
export interface Surroundings {
  readonly directory: string
  readonly kinds: readonly StrategyKind[]
  readonly files: TlsFiles
}

/** Fills in a config that has been checked: every default, every unit. */
export function resolveConfig (input: ConfigInput, { directory, kinds, files }: Surroundings): Config {
  const timeouts = resolveTimeouts(input.timeouts ?? {})
  const pools: Record<string, PoolConfig> = Object.create(null)
  for (const [name, pool] of Object.entries(input.pools)) pools[name] = resolvePool(pool, { kinds, directory }, files)
  // Without routes there is one pool: cross-check.ts has seen to that.
  const routes = input.routes ?? Object.keys(pools).map(pool => ({ prefix: '/', pool }))
  return {
    listen: resolveListen(input.listen ?? {}, directory),
    log: {
      level: input.log?.level ?? configDefaults.level,
      access: input.log?.access ?? configDefaults.access,
      explain: input.log?.explain ?? configDefaults.explain
    },
    admin: resolveAdmin(input.admin, directory),
    debug: { secret: input.debug?.secret ?? null },
    workers: input.workers ?? configDefaults.workers,
    watch: input.watch ?? configDefaults.watch,
    tracing: input.tracing ?? configDefaults.tracing,
    zone: input.zone === undefined || input.zone === '' ? null : input.zone,
    trustProxy: input.trustProxy ?? [],
    timeouts,
    limits: { uploadRate: resolveSize(input.limits?.uploadRate ?? configDefaults.uploadRate) },
    pools,
    routes: routes.map(route => resolveRoute(route, timeouts))
  }
}

function resolveListen (input: ListenInput, directory: string): readonly ListenAddress[] {
  const { host, port } = configDefaults
  return (Array.isArray(input) ? input : [input]).map(address => 'path' in address
    ? { path: resolvePath(directory, address.path) }
    : { host, port, ...address })
}

function resolveTimeouts (input: NonNullable<ConfigInput['timeouts']>): Timeouts {
  const texts = { ...configDefaults.timeouts, ...input }
  return {
    clientHeaders: resolveDuration(texts.clientHeaders),
    clientRequest: resolveDuration(texts.clientRequest),
    clientKeepAlive: resolveDuration(texts.clientKeepAlive),
    connect: resolveDuration(texts.connect),
    tls: resolveDuration(texts.tls),
    queue: resolveDuration(texts.queue),
    responseHead: resolveDuration(texts.responseHead),
    idleBody: resolveDuration(texts.idleBody),
    request: resolveDuration(texts.request),
    tunnelIdle: resolveDuration(texts.tunnelIdle),
    drain: resolveDuration(texts.drain)
  }
}
