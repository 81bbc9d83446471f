import type { Clock } from '../base/clock.js'
import type { Strategy } from '../balancing/strategy.js'
import type { PoolConfig } from '../config/config.js'
import { ActiveCheck } from '../health/active.js'
import { createProbe } from '../health/probes.js'
import { rounded, type Log } from '../proxy/access-log.js'
import { Http1Transport } from '../transport/http1/http1-transport.js'
import type { Transport } from '../transport/transport.js'
import { Pool } from '../upstream/pool.js'
import type { TlsOptions } from '../upstream/tls-options.js'
import type { UpstreamOptions } from './upstream-options.js'

/** Longest wait, in ms, for first verdicts at start-up: a target that hangs does not keep the others from serving. */
const LONGEST_START = 5000

/** A pool with what makes it live: its connections and its health checks. */
export class RunningPool {
  readonly name: string
  readonly pool: Pool
  readonly transport: Transport
  readonly tls: TlsOptions
  readonly #check: ActiveCheck | null
  readonly #clock: Clock

  constructor (name: string, config: PoolConfig, strategy: Strategy, options: UpstreamOptions) {
    this.name = name
    this.#clock = options.clock
    this.pool = new Pool({
      name, strategy, whenAllDown: config.whenAllDown, maxConnections: config.maxConnections, queueMax: config.queueMax
    })
    this.transport = new Http1Transport({ connectTimeout: options.connectTimeout, tls: config.tls }, options.clock)
    this.tls = config.tls
    this.pool.reconcile(config.targets)
    this.pool.observePanic(panicking => { logPanic(options.log, name, panicking) })
    this.#check = config.healthCheck === null ? null : activeCheck(this.pool, config, options)
  }

  /** Starts the health check. @returns when each target has had its first verdict, or after 5 s. */
  async start (): Promise<void> {
    if (this.#check === null) return
    this.#check.start()
    const { ready } = this.#check
    await new Promise<void>(resolve => {
      const timer = this.#clock.after(LONGEST_START, resolve)
      void ready.then(() => { timer.cancel(); resolve() })
    })
  }

  /** Ends the health check and the connections; those in use are cut if `force` is set. */
  async stop (force: boolean): Promise<void> {
    this.transport.close(force)
    await this.#check?.stop()
  }
}

function activeCheck (pool: Pool, config: PoolConfig, options: UpstreamOptions): ActiveCheck | null {
  const { healthCheck, tls } = config
  if (healthCheck === null) return null
  const { clock, random, log } = options
  return new ActiveCheck({
    schedule: healthCheck,
    pool,
    probe: createProbe(healthCheck, tls),
    clock,
    random,
    observer: {
      onFlip: (target, up, reason, tookMs) => {
        const fields = { pool: pool.name, target: target.url, reason, ms: rounded(tookMs) }
        if (up) log.info(fields, 'target is up')
        else log.warn(fields, 'target is down')
      }
    }
  })
}

function logPanic (log: Log, pool: string, panicking: boolean): void {
  if (panicking) log.warn({ pool }, 'all targets are down: trying them anyway')
  else log.info({ pool }, 'a target may serve again: panic is over')
}
