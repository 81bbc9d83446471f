import { isDeepStrictEqual } from 'node:util'
import type { Clock } from '../base/clock.js'
import type { PoolConfig } from '../config/config.js'
import { firstVerdicts } from '../health/first-verdicts.js'
import { PassiveCheck } from '../health/passive.js'
import type { Probe } from '../health/probe.js'
import { createProbe } from '../health/probes.js'
import type { CheckResult } from '../health/watch.js'
import { RetryBudget } from '../proxy/retry-budget.js'
import type { Upstream } from '../proxy/upstream.js'
import { rounded } from '../proxy/access-log.js'
import { Http1Transport } from '../transport/http1/http1-transport.js'
import type { Transport } from '../transport/transport.js'
import { parseAddress } from '../upstream/address.js'
import { Pool, type Reconciliation } from '../upstream/pool.js'
import { SlowStart } from '../upstream/slow-start.js'
import type { Target, TargetSpec } from '../upstream/target.js'
import type { TlsOptions } from '../upstream/tls-options.js'
import { activeWatch } from './active-watch.js'
import type { PoolSettings } from './pool-settings.js'
import { poolStrategy } from './pool-strategy.js'
import type { TargetWatch, WatchObserver } from './target-watch.js'
import type { UpstreamObserver, UpstreamOptions } from './upstream-options.js'

/** Of targets that are about to join, by origin. */
type FirstVerdicts = ReadonlyMap<string, CheckResult>

/** Longest wait, in ms, for first verdicts: a target that hangs does not keep the others from serving. */
const LONGEST_START = 5000

/** A pool with what makes it live: its connections, its health checks and the limits its requests share. */
export class RunningPool implements Upstream {
  readonly name: string
  readonly pool: Pool
  readonly retryBudget: RetryBudget
  readonly #options: UpstreamOptions
  readonly #clock: Clock
  #config: PoolConfig
  #settings: PoolSettings
  #transport: Http1Transport
  #watch: TargetWatch | null
  #passive: PassiveCheck | null
  #slowStart: SlowStart | null

  /** @throws {ConfigError} if its strategy can't be made after all. */
  constructor (name: string, config: PoolConfig, options: UpstreamOptions) {
    this.name = name
    this.#options = options
    this.#clock = options.clock
    this.#config = config
    this.#settings = options
    this.pool = new Pool({ name, clock: options.clock, ...poolOptions(config, options), strategy: this.#strategy(config) })
    this.retryBudget = new RetryBudget(options.clock, config.retryBudget)
    this.#transport = this.#newTransport(config, options)
    this.#slowStart = config.slowStart === null ? null : new SlowStart(config.slowStart, options.clock)
    this.pool.observeService((target, inService) => { this.#slowStart?.serviceChanged(target, inService) })
    this.pool.observeEmpty(target => { this.#emptied(target) })
    this.pool.reconcile(config.targets)
    this.pool.observePanic(panicking => { this.#panicked(panicking) })
    this.#passive = this.#newPassive(config)
    this.#watch = this.#newWatch(config)
  }

  get transport (): Transport { return this.#transport }
  get tls (): TlsOptions { return this.#config.tls }
  get config (): PoolConfig { return this.#config }

  /** Starts the health check. @returns when each target has had its first verdict, or after 5 s. */
  async start (): Promise<void> {
    if (this.#watch === null) return
    this.#watch.start()
    const { ready } = this.#watch
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
    this.#watch?.reconcile()
    this.#passive?.reconcile()
    return done
  }

  /**
   * Makes ready what another config of this pool needs; nothing has changed yet.
   * @param givenUp ends the wait for first verdicts: nobody will make it the config.
   * @returns what makes it the config, in one synchronous step that can't fail.
   * @throws {ConfigError} if it can't be.
   */
  async prepare (config: PoolConfig, settings: PoolSettings, givenUp: AbortSignal): Promise<() => void> {
    const strategy = this.#sameStrategy(config, settings) ? null : this.#strategy(config)
    // Made once on trial: options that its kind does not take after all are to be found before anything has changed.
    strategy?.()
    const transport = isDeepStrictEqual([config.tls, settings.timeouts], [this.#config.tls, this.#settings.timeouts]) ? null : this.#newTransport(config, settings)
    const verdicts = await this.#verdictsOfNew(config, givenUp)
    return () => {
      const before = this.#config
      this.#config = config
      this.#settings = settings
      this.pool.configure({ ...poolOptions(config, settings), strategy })
      this.retryBudget.configure(config.retryBudget)
      if (transport !== null) {
        this.#transport.close(false)
        this.#transport = transport
      }
      if (!isDeepStrictEqual(config.slowStart, before.slowStart)) this.#changeSlowStart()
      this.pool.reconcile(config.targets)
      this.#changePassive(before)
      this.#changeWatch(before, verdicts)
      this.#tellFirst(verdicts)
    }
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
    if (this.#watch === null) this.#passive?.withdraw(target)
    else this.#watch.withdraw(target)
  }

  /** What the health check makes of a target: up, down, or null = nothing is known, or there is no check. */
  isUp (target: Target): boolean | null {
    return this.#watch?.isUp(target) ?? null
  }

  /** Ends the health check and the connections; those in use are cut if `force` is set. */
  async stop (force: boolean): Promise<void> {
    this.#passive?.stop()
    this.#slowStart?.stop()
    this.#transport.close(force)
    await this.#watch?.stop()
  }

  #strategy (config: PoolConfig) {
    return poolStrategy(this.name, config.strategy, this.#options.strategies, this.#options.log)
  }

  #sameStrategy ({ strategy, spillBelow }: PoolConfig, { zone }: PoolSettings): boolean {
    return isDeepStrictEqual([strategy, spillBelow, zone], [this.#config.strategy, this.#config.spillBelow, this.#settings.zone])
  }

  #newTransport ({ tls }: PoolConfig, { timeouts }: PoolSettings): Http1Transport {
    return new Http1Transport({ connectTimeout: timeouts.connect, tlsTimeout: timeouts.tls, tls }, this.#clock)
  }

  /** A target that joins is to serve from its first moment on, if it is well. */
  async #verdictsOfNew ({ healthCheck, targets, tls }: PoolConfig, givenUp: AbortSignal): Promise<FirstVerdicts> {
    if (healthCheck === null || this.#options.makeWatch !== undefined) return new Map()
    const present = new Set(this.pool.targets.map(({ url }) => url))
    const joining = targets.map(({ url }) => parseAddress(url)).filter(({ origin }) => !present.has(origin))
    if (joining.length === 0) return new Map()
    const probe = createProbe(healthCheck, tls)
    const either: Probe = { check: (address, overdue) => probe.check(address, AbortSignal.any([overdue, givenUp])) }
    return await firstVerdicts(joining, either, Math.min(healthCheck.timeout, LONGEST_START), this.#clock)
  }

  #newWatch ({ healthCheck, tls }: PoolConfig): TargetWatch | null {
    const { makeWatch = activeWatch(this.#options) } = this.#options
    return healthCheck === null ? null : makeWatch(this.pool, healthCheck, tls, this.#watchObserver)
  }

  #changeWatch (before: PoolConfig, verdicts: FirstVerdicts): void {
    const old = this.#watch
    if (isDeepStrictEqual([this.#config.healthCheck, this.#config.tls], [before.healthCheck, before.tls])) {
      old?.reconcile(target => verdicts.get(target.url)?.passed ?? null)
      return
    }
    // Nobody waits for the end of a probe that was given up: it is bounded, and can't fail.
    void old?.stop()
    this.#watch = this.#newWatch(this.#config)
    if (this.#watch === null) for (const target of this.pool.targets) target.judge('active', true)
    // Without a check before, who was there has served until now.
    else this.#watch.start(target => verdicts.get(target.url)?.passed ?? (old === null ? true : old.isUp(target)))
  }

  /** What was found of targets before they joined is told when they have. */
  #tellFirst (verdicts: FirstVerdicts): void {
    for (const target of this.pool.targets) {
      const result = verdicts.get(target.url)
      if (result === undefined) continue
      const { passed, reason, tookMs, report } = result
      target.counts.checked({ at: this.#clock.wallTime(), passed, reason, tookMs })
      if (report !== null) target.reported(report, this.#clock.now())
      this.#watchObserver.onResult(target, result)
      this.#watchObserver.onFlip(target, passed, reason, tookMs)
    }
  }

  #newPassive ({ passiveHealth }: PoolConfig): PassiveCheck | null {
    const { clock, random } = this.#options
    if (passiveHealth === null) return null
    const passive = new PassiveCheck({
      rules: passiveHealth,
      pool: this.pool,
      clock,
      random,
      observer: {
        onEject: (target, reason, ms, n) => { this.#ejected(target, reason, ms, n) },
        onReturn: target => {
          this.#options.log.info({ pool: this.name, target: target.url }, 'target is back from ejection')
          this.#tell('returned', target, 'is back from ejection')
        }
      }
    })
    passive.start()
    return passive
  }

  #changePassive ({ passiveHealth }: PoolConfig): void {
    const rules = this.#config.passiveHealth
    this.#passive?.reconcile()
    if (isDeepStrictEqual(rules, passiveHealth)) return
    if (rules === null) {
      this.#passive?.release()
      this.#passive = null
    } else if (this.#passive === null) {
      this.#passive = this.#newPassive(this.#config)
    } else {
      this.#passive.configure(rules)
    }
  }

  /** Who serves now is warm. */
  #changeSlowStart (): void {
    this.#slowStart?.stop()
    const { slowStart } = this.#config
    this.#slowStart = slowStart === null ? null : new SlowStart(slowStart, this.#clock)
    for (const target of this.pool.targets) if (target.inService) this.#slowStart?.adopt(target)
  }

  readonly #watchObserver: WatchObserver = {
    onFlip: (target, up, reason, tookMs) => {
      const { log } = this.#options
      const fields = { pool: this.name, target: target.url, reason, ms: rounded(tookMs) }
      if (up) this.#passive?.absolve(target)
      // Told by another process, which has said so in the log itself.
      if (this.#options.makeWatch !== undefined) return
      if (up) log.info(fields, 'target is up')
      else log.warn(fields, 'target is down')
      this.#tell(up ? 'up' : 'down', target, `is ${up ? 'up' : 'down'}: ${reason}`)
    },
    onResult: (target, result) => { this.#options.observer?.checked?.(this.name, target, result) }
  }

  #ejected (target: Target, reason: string, ms: number, n: number): void {
    this.#options.log.warn({ pool: this.name, target: target.url, reason, ms: rounded(ms), n }, 'target is ejected')
    this.#tell('ejected', target, `ejected for ${Math.round(ms / 1000)} s: ${reason}`)
  }

  /** The last request has ended on a target that drains or has left: its connections are of no more use. */
  #emptied (target: Target): void {
    this.#transport.forget(target)
    if (this.#options.forwards === false) return
    this.#options.log.info({ pool: this.name, target: target.url }, 'target has drained')
    this.#tell('drained', target, 'has drained')
  }

  #panicked (panicking: boolean): void {
    const { log, forwards } = this.#options
    if (forwards === false) return
    if (panicking) log.warn({ pool: this.name }, 'all targets are down: trying them anyway')
    else log.info({ pool: this.name }, 'a target may serve again: panic is over')
    this.#tell(panicking ? 'panic' : 'panic-over', null, panicking ? 'all targets are down: trying them anyway' : 'a target may serve again')
  }

  #tell (kind: Parameters<UpstreamObserver['changed']>[0], target: Target | null, message: string): void {
    this.#options.observer?.changed(kind, this.name, target, message)
  }
}

function poolOptions (config: PoolConfig, { zone }: PoolSettings) {
  const { strategy: { name: strategyName }, whenAllDown, maxConnections, queueMax, adaptiveLimit, spillBelow } = config
  return { strategyName, whenAllDown, maxConnections, queueMax, adaptiveLimit, spillBelow, zone }
}
