import type { Clock } from '../base/clock.js'
import type { Strategy } from '../balancing/strategy.js'
import type { PoolConfig } from '../config/config.js'
import { ActiveCheck } from '../health/active.js'
import { PassiveCheck } from '../health/passive.js'
import { createProbe } from '../health/probes.js'
import { RetryBudget } from '../proxy/retry-budget.js'
import type { Upstream } from '../proxy/upstream.js'
import { rounded, type Log } from '../proxy/access-log.js'
import { Http1Transport } from '../transport/http1/http1-transport.js'
import type { Transport } from '../transport/transport.js'
import { parseAddress } from '../upstream/address.js'
import { Pool, type Reconciliation } from '../upstream/pool.js'
import { SlowStart } from '../upstream/slow-start.js'
import type { Target, TargetSpec } from '../upstream/target.js'
import type { TlsOptions } from '../upstream/tls-options.js'
import type { UpstreamOptions } from './upstream-options.js'

/** Longest wait, in ms, for first verdicts at start-up: a target that hangs does not keep the others from serving. */
const LONGEST_START = 5000

/** A pool with what makes it live: its connections, its health checks and the limits its requests share. */
export class RunningPool implements Upstream {
  readonly name: string
  readonly pool: Pool
  readonly transport: Transport
  readonly tls: TlsOptions
  readonly retryBudget: RetryBudget
  readonly #check: ActiveCheck | null
  readonly #passive: PassiveCheck | null
  readonly #slowStart: SlowStart | null
  readonly #clock: Clock

  constructor (name: string, config: PoolConfig, strategy: Strategy, options: UpstreamOptions) {
    this.name = name
    this.#clock = options.clock
    this.pool = new Pool({
      name,
      strategy,
      whenAllDown: config.whenAllDown,
      maxConnections: config.maxConnections,
      queueMax: config.queueMax,
      adaptiveLimit: config.adaptiveLimit,
      clock: options.clock
    })
    this.retryBudget = new RetryBudget(options.clock, config.retryBudget)
    this.transport = new Http1Transport({ connectTimeout: options.timeouts.connect, tlsTimeout: options.timeouts.tls, tls: config.tls }, options.clock)
    this.tls = config.tls
    this.#slowStart = config.slowStart === null ? null : new SlowStart(config.slowStart, options.clock)
    if (this.#slowStart !== null) this.pool.observeService(this.#slowStart.serviceChanged)
    this.pool.observeEmpty(target => { this.#emptied(target, options.log) })
    this.pool.reconcile(config.targets)
    this.pool.observePanic(panicking => { logPanic(options.log, name, panicking) })
    this.#passive = passiveCheck(this.pool, config, options)
    this.#passive?.start()
    this.#check = activeCheck(this.pool, config, options, this.#passive)
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

  /**
   * Takes the full set of targets. Survivors keep their state; one that is gone finishes what it has, and the log says when.
   * @throws {TypeError} on a bad URL; then nothing has changed.
   */
  reconcile (specs: readonly TargetSpec[]): Reconciliation {
    const done = this.pool.reconcile(specs)
    this.#check?.reconcile()
    this.#passive?.reconcile()
    return done
  }

  /**
   * Lets a target finish what it has and gives it nothing new, or takes that back.
   * @param url as in the config.
   * @throws {RangeError} if the pool has no such target, {TypeError} if it is no URL of one.
   */
  drain (url: string, draining = true): void {
    const { origin } = parseAddress(url)
    const target = this.pool.targets.find(({ address }) => address.origin === origin)
    if (target === undefined) throw new RangeError(`pool ${this.name} has no target ${origin}`)
    target.judge('admin', !draining)
  }

  /** A target has said in a response that it is about to stop: it gets no new requests. */
  withdraw (target: Target): void {
    if (this.#check === null) this.#passive?.withdraw(target)
    else this.#check.withdraw(target)
  }

  /** The last request has ended on a target that drains or has left: its connections are of no more use. */
  #emptied (target: Target, log: Log): void {
    this.transport.forget(target)
    log.info({ pool: this.name, target: target.url }, 'target has drained')
  }

  /** Ends the health check and the connections; those in use are cut if `force` is set. */
  async stop (force: boolean): Promise<void> {
    this.#passive?.stop()
    this.#slowStart?.stop()
    this.transport.close(force)
    await this.#check?.stop()
  }
}

function activeCheck (pool: Pool, config: PoolConfig, options: UpstreamOptions, passive: PassiveCheck | null): ActiveCheck | null {
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
        if (up) passive?.absolve(target)
        if (up) log.info(fields, 'target is up')
        else log.warn(fields, 'target is down')
      }
    }
  })
}

function passiveCheck (pool: Pool, config: PoolConfig, options: UpstreamOptions): PassiveCheck | null {
  const { clock, random, log } = options
  if (config.passiveHealth === null) return null
  return new PassiveCheck({
    rules: config.passiveHealth,
    pool,
    clock,
    random,
    observer: {
      onEject: (target, reason, ms, n) => { log.warn({ pool: pool.name, target: target.url, reason, ms: rounded(ms), n }, 'target is ejected') },
      onReturn: target => { log.info({ pool: pool.name, target: target.url }, 'target is back from ejection') }
    }
  })
}

function logPanic (log: Log, pool: string, panicking: boolean): void {
  if (panicking) log.warn({ pool }, 'all targets are down: trying them anyway')
  else log.info({ pool }, 'a target may serve again: panic is over')
}
