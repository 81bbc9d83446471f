import type { Logger } from 'pino'
import type { EventLog } from '../admin/event-log.js'
import type { Snapshot } from '../admin/snapshot.js'
import type { Statistics } from '../admin/statistics.js'
import { takeSnapshot } from '../admin/take-snapshot.js'
import type { Clock } from '../base/clock.js'
import { NODE_VERSION } from '../base/process-usage.js'
import type { Config } from '../config/config.js'
import { comparableConfig } from '../config/describe.js'
import { configDifference } from '../config/difference.js'
import type { AdminSide } from './admin-side.js'
import type { Front } from './front.js'
import type { Generation } from './generation.js'
import type { InheritedSockets } from './inherited-sockets.js'
import type { NextListeners } from './listeners.js'
import type { ListeningSocket } from './listening-socket.js'
import { ProxyControl, type Controlled } from './proxy-control.js'
import { Reloader, type Reloaded, type ReloadObserver } from './reloader.js'
import type { RunningPool } from './running-pool.js'
import type { RunningProxy } from './running-proxy.js'
import type { TargetOverrides } from './target-overrides.js'
import type { NextUpstreams, Upstreams } from './upstreams.js'
import { Turns } from './turns.js'
import { VERSION } from './version.js'

/** What a running proxy is made of. */
export interface Parts {
  readonly front: Front
  readonly upstreams: Upstreams
  readonly overrides: TargetOverrides
  readonly events: EventLog
  /** null = nobody looks. */
  readonly statistics: Statistics | null
  readonly log: Logger
  /** Does somebody read the log? Then its level follows the config's. */
  readonly logged: boolean
  readonly clock: Clock
  readonly inherited: InheritedSockets
  /** Reads the config anew from where it came from. @throws {ConfigError} */
  readonly read: () => Config
  readonly reloads: ReloadObserver | undefined
  /** Makes a config's routes and the user's plugins runnable over its pools. */
  build (config: Config, pools: Pick<NextUpstreams, 'get'>): Promise<Generation>
}

/** A proxy in this process: one config at a time, each made ready beside the present one and put in its place in one step. */
export class Running implements RunningProxy, Controlled {
  readonly #parts: Parts
  readonly #reloader: Reloader
  #config: Config
  #generation: Generation
  #admin: AdminSide | null = null
  #addresses: readonly string[] = []
  readonly #turns = new Turns()
  /** Gives up a reload that is under way. */
  readonly #stopping = new AbortController()
  #closing: Promise<number> | null = null

  constructor (config: Config, generation: Generation, parts: Parts) {
    this.#config = config
    this.#generation = generation
    this.#parts = parts
    this.#reloader = new Reloader({ ...parts, apply: config => this.reload(config), observer: parts.reloads })
  }

  get config (): Config { return this.#config }
  get addresses (): readonly string[] { return this.#addresses }
  get adminAddress (): string | null { return this.#admin?.socket.url ?? null }
  get sockets (): readonly ListeningSocket[] { return [...this.#parts.front.sockets, ...this.#admin === null ? [] : [this.#admin.socket]] }
  get pools (): ReadonlyMap<string, RunningPool> { return this.#parts.upstreams.pools }
  get overrides (): TargetOverrides { return this.#parts.overrides }
  readonly serving = true
  get draining (): boolean { return this.#closing !== null }

  /** Has its first verdicts, and listens. @throws the system's error if an address can't be listened on; then all has ended. */
  async start (): Promise<this> {
    const { front, upstreams, events, log } = this.#parts
    try {
      await upstreams.start()
      if (this.#config.admin !== null) {
        const { openAdmin } = await import('./admin-side.js')
        this.#admin = await openAdmin(this.#config.admin, new ProxyControl(this, events, log), this.#parts)
      }
      this.#addresses = await front.listen(this.#config.listen)
      events.add('start', `version ${VERSION} listens on ${this.#addresses.join(', ')}`)
      return this
    } catch (error) {
      await this.close(0)
      throw error
    }
  }

  reload (config: Config): Promise<readonly string[]> {
    return this.#turns.take(() => this.#reload(config))
  }

  reloadFromSource (cause: string): Promise<Reloaded> {
    return this.#reloader.reload(cause)
  }

  /** Fits the pools to the config and to what admins have changed by hand. */
  async refresh (): Promise<void> {
    // The config of the moment when its turn comes: a reload that is under way may bring another one.
    await this.#turns.take(() => this.#reload(this.#config))
  }

  async snapshot (): Promise<Snapshot> {
    const { front, upstreams, statistics, clock } = this.#parts
    if (statistics === null) throw new Error('nothing is counted: there is no admin listener')
    return takeSnapshot({
      clock,
      statistics,
      role: 'single',
      build: { version: VERSION, node: NODE_VERSION },
      connections: front.connections,
      draining: this.draining,
      reloads: this.#reloader.record,
      workerRestarts: 0,
      pools: upstreams.pools.values(),
      routes: this.#config.routes
    })
  }

  close (deadline: number = this.#config.timeouts.drain): Promise<number> {
    this.#closing ??= this.#close(async () => {
      const cut = await this.#parts.front.drain(deadline)
      await this.#admin?.close()
      return cut
    })
    return this.#closing
  }

  leave (deadline: number = this.#config.timeouts.drain): Promise<number> {
    this.#closing ??= this.#close(async () => {
      const [cut] = await Promise.all([this.#parts.front.leave(deadline), this.#admin?.leave()])
      return cut
    })
    return this.#closing
  }

  cut (): number {
    return this.#parts.front.cut()
  }

  async #reload (config: Config): Promise<readonly string[]> {
    const { signal } = this.#stopping
    signal.throwIfAborted()
    const { front, upstreams, overrides, statistics, log, logged } = this.#parts
    const next = await upstreams.prepare(overrides.over(config.pools), config, signal)
    let generation: Generation | null = null
    let listeners: NextListeners | null = null
    try {
      generation = await this.#parts.build(config, next)
      listeners = await front.prepare(config.listen)
      signal.throwIfAborted()
      const old = this.#generation
      const changes = configDifference(comparableConfig(this.#config), comparableConfig(config))
      // From here on nothing can fail, and nothing waits: no request sees half of each config.
      next.commit()
      listeners.commit()
      front.configure(config.timeouts)
      front.use(generation.handle)
      if (logged && config.log.level !== this.#config.log.level) log.level = config.log.level
      statistics?.keep(config.routes)
      this.#config = config
      this.#generation = generation
      this.#addresses = listeners.urls
      void old.close(false)
      return changes
    } catch (error) {
      next.abort()
      listeners?.abort()
      await generation?.close(true)
      throw error
    }
  }

  async #close (drain: () => Promise<number>): Promise<number> {
    const { upstreams, events, statistics } = this.#parts
    events.add('stop', 'the proxy is shutting down')
    // Nothing is waited for that a reload waits for: it comes to nothing now.
    this.#stopping.abort(new Error('the proxy is stopping'))
    const cut = await drain()
    await upstreams.stop(true)
    await this.#generation.close(true)
    statistics?.stop()
    // What a reload had made ready has ended too.
    await this.#turns.ended()
    return cut
  }
}
