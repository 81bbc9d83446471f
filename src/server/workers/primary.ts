import type { Server } from 'node:net'
import type { Logger } from 'pino'
import { Departed } from '../../admin/departed.js'
import { EventLog } from '../../admin/event-log.js'
import { mergeSnapshots } from '../../admin/merge-snapshots.js'
import { routeName } from '../../admin/route-name.js'
import type { Snapshot } from '../../admin/snapshot.js'
import { Statistics } from '../../admin/statistics.js'
import { takeSnapshot } from '../../admin/take-snapshot.js'
import { strategyKinds } from '../../balancing/strategies.js'
import type { Clock } from '../../base/clock.js'
import { NODE_VERSION } from '../../base/process-usage.js'
import { systemRandom } from '../../base/random.js'
import type { Config } from '../../config/config.js'
import { comparableConfig } from '../../config/describe.js'
import { configDifference } from '../../config/difference.js'
import type { AdminSide } from '../admin-side.js'
import { eventObserver } from '../event-observer.js'
import { InheritedSockets } from '../inherited-sockets.js'
import type { Listeners, NextListeners } from '../listeners.js'
import type { ListeningSocket } from '../listening-socket.js'
import { ProxyControl, type Controlled } from '../proxy-control.js'
import { Reloader, type Reloaded, type ReloadObserver } from '../reloader.js'
import type { RunningPool } from '../running-pool.js'
import type { RunningProxy } from '../running-proxy.js'
import { TargetOverrides } from '../target-overrides.js'
import type { UpstreamObserver } from '../upstream-options.js'
import { Upstreams } from '../upstreams.js'
import { Turns } from '../turns.js'
import { VERSION } from '../version.js'
import { ConnectionDesk } from './connection-desk.js'
import { createAcceptor } from './create-acceptor.js'
import { Crew, type NextCrew } from './crew.js'
import type { TargetVerdict, ToPrimary } from './messages.js'
import type { Fork } from './worker-channel.js'
import { WorkerEvents } from './worker-events.js'

export interface PrimaryOptions {
  /** How many workers; at least 1. */
  readonly workers: number
  readonly fork: Fork
  readonly clock: Clock
  readonly log: Logger
  /** Reads the config anew from where it came from. @throws {ConfigError} */
  readonly read: () => Config
  readonly reloads?: ReloadObserver
  /** Listening sockets that are open already. Default: none. */
  readonly inherited?: InheritedSockets
}

/**
 * The primary process of several: it reads the config, checks who is well, listens and deals out connections, and answers admins. Its pools
 * carry no traffic. What requests meet is in the workers.
 */
export class Primary implements RunningProxy, Controlled {
  readonly overrides = new TargetOverrides()
  readonly events: EventLog
  readonly #options: PrimaryOptions
  readonly #inherited: InheritedSockets
  readonly #statistics: Statistics | null
  readonly #upstreams: Upstreams
  readonly #listeners: Listeners<Server>
  readonly #desk: ConnectionDesk
  readonly #crew: Crew
  readonly #reloader: Reloader
  #config: Config
  #admin: AdminSide | null = null
  #addresses: readonly string[] = []
  readonly #departed = new Departed()
  readonly #told: WorkerEvents
  readonly #turns = new Turns()
  /** Gives up a reload that is under way. */
  readonly #stopping = new AbortController()
  #closing: Promise<number> | null = null

  /** @throws {ConfigError} if a strategy can't be made after all. */
  constructor (config: Config, options: PrimaryOptions) {
    const { clock, log, workers, fork, read, reloads, inherited = new InheritedSockets() } = options
    this.#config = config
    this.#options = options
    this.#inherited = inherited
    this.events = new EventLog(clock)
    const counted = config.admin !== null
    this.#statistics = counted ? new Statistics(clock) : null
    this.#upstreams = new Upstreams(config.pools, {
      clock, random: systemRandom, log, strategies: strategyKinds, zone: config.zone, timeouts: config.timeouts, forwards: false, observer: this.#upstreamObserver()
    })
    this.#told = new WorkerEvents(this.events, () => this.#crew.workers.filter(({ ready }) => ready))
    this.#crew = new Crew(config, { size: workers, fork, clock, log, events: this.events, counted, verdicts: () => this.#verdicts }, {
      relieved: () => { this.#desk.serve() },
      left: untaken => { this.#desk.giveBack(untaken) },
      told: (worker, message) => {
        if (message.type === 'event') this.#told.told(worker, message)
        else this.#withdraw(message)
      },
      died: worker => {
        this.#told.died(worker)
        if (worker.lastSnapshot !== null) this.#departed.add(worker.lastSnapshot)
      }
    })
    this.#desk = new ConnectionDesk(config.timeouts.queue, { clock, log, strays: this.#statistics, takers: () => this.#crew.takers })
    this.#listeners = createAcceptor(inherited, socket => { this.#desk.accept(socket) })
    this.#reloader = new Reloader({ read, apply: config => this.reload(config), log, clock, events: this.events, overrides: this.overrides, observer: reloads })
  }

  get config (): Config { return this.#config }
  get addresses (): readonly string[] { return this.#addresses }
  get adminAddress (): string | null { return this.#admin?.socket.url ?? null }
  get sockets (): readonly ListeningSocket[] { return [...this.#listeners.sockets, ...this.#admin === null ? [] : [this.#admin.socket]] }
  get pools (): ReadonlyMap<string, RunningPool> { return this.#upstreams.pools }
  get serving (): boolean { return this.#crew.serving }
  get draining (): boolean { return this.#closing !== null }

  /** Has its first verdicts and its workers, and listens. @throws the system's error, or {ConfigError}; then all has ended. */
  async start (): Promise<this> {
    const { clock, log } = this.#options
    try {
      await this.#upstreams.start()
      await this.#crew.start()
      if (this.#config.admin !== null) {
        const { openAdmin } = await import('../admin-side.js')
        this.#admin = await openAdmin(this.#config.admin, new ProxyControl(this, this.events, log), { clock, log, inherited: this.#inherited })
      }
      const listeners = await this.#listeners.prepare(this.#config.listen)
      listeners.commit()
      this.#addresses = listeners.urls
      this.events.add('start', `version ${VERSION} listens on ${this.#addresses.join(', ')}, with ${this.#options.workers} workers`)
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

  /** Fits the pools, here and in the workers, to the config and to what admins have changed by hand. */
  async refresh (): Promise<void> {
    // The config of the moment when its turn comes: a reload that is under way may bring another one.
    await this.#turns.take(() => this.#reload(this.#config))
  }

  async snapshot (): Promise<Snapshot> {
    const statistics = this.#statistics
    if (statistics === null) throw new Error('nothing is counted: there is no admin listener')
    const ofWorkers = await this.#crew.snapshots()
    const own = takeSnapshot({
      clock: this.#options.clock,
      statistics,
      role: 'primary',
      build: { version: VERSION, node: NODE_VERSION },
      connections: this.#desk.waiting,
      draining: this.draining,
      reloads: this.#reloader.record,
      workerRestarts: this.#crew.restarts,
      pools: this.#upstreams.pools.values(),
      routes: this.#config.routes
    })
    return mergeSnapshots([own, ...this.#departed.counted, ...ofWorkers])
  }

  close (deadline: number = this.#config.timeouts.drain): Promise<number> {
    this.#closing ??= this.#close(deadline, false)
    return this.#closing
  }

  leave (deadline: number = this.#config.timeouts.drain): Promise<number> {
    this.#closing ??= this.#close(deadline, true)
    return this.#closing
  }

  cut (): number {
    const { connections } = this.#crew
    this.#crew.broadcast({ type: 'cut' })
    return connections + this.#desk.clear()
  }

  async #reload (config: Config): Promise<readonly string[]> {
    const { signal } = this.#stopping
    signal.throwIfAborted()
    const overridden = { ...config, pools: this.overrides.over(config.pools) }
    const next = await this.#upstreams.prepare(overridden.pools, config, signal)
    let listeners: NextListeners | null = null
    let crew: NextCrew | null = null
    try {
      listeners = await this.#listeners.prepare(config.listen)
      crew = await this.#crew.prepare(overridden)
      signal.throwIfAborted()
      const changes = configDifference(comparableConfig(this.#config), comparableConfig(config))
      // From here on nothing can fail. The verdicts on targets that join are those of the pools that have been made ready: they go along.
      next.commit()
      listeners.commit()
      this.#addresses = listeners.urls
      this.#desk.patience = config.timeouts.queue
      this.#config = config
      this.#options.log.level = config.log.level
      this.#forget()
      await crew.commit()
      return changes
    } catch (error) {
      next.abort()
      listeners?.abort()
      crew?.abort()
      throw error
    }
  }

  /** What was told and counted of what is no longer so. */
  #forget (): void {
    const pools = [...this.pools.values()].map(({ name, pool: { targets } }) => ({ name, targets }))
    this.#statistics?.keep(this.#config.routes)
    this.#departed.keep({ pools, routes: this.#config.routes.map(route => ({ name: routeName(route), pool: route.pool })) })
    this.#told.keepDraining((pool, url) => {
      const target = this.pools.get(pool)?.pool.targets.find(target => target.url === url)
      return target === undefined || target.vetoedBy.includes('admin')
    })
  }

  async #close (deadline: number, leave: boolean): Promise<number> {
    this.events.add('stop', 'the proxy is shutting down')
    // Nothing is waited for that a reload waits for: it comes to nothing now.
    this.#stopping.abort(new Error('the proxy is stopping'))
    // Each worker ends what it has: here there is nothing to wait for.
    void this.#listeners.close(leave)
    this.#desk.serve()
    const refused = this.#desk.clear()
    const [cut] = await Promise.all([this.#crew.end(deadline, leave), leave ? this.#admin?.leave() : undefined])
    if (!leave) await this.#admin?.close()
    await this.#upstreams.stop(true)
    this.#statistics?.stop()
    // What a reload had made ready has ended too.
    await this.#turns.ended()
    return cut + refused
  }

  /** What the health checks know now. */
  get #verdicts (): readonly TargetVerdict[] {
    return [...this.pools.values()].flatMap(running => running.pool.targets.flatMap(target => {
      const up = running.isUp(target)
      return up === null ? [] : [{ pool: running.name, target: target.url, up }]
    }))
  }

  /** What the checks find goes into the list of events, and to the workers. */
  #upstreamObserver (): UpstreamObserver {
    const own = eventObserver(this.events)
    return {
      changed: (kind, pool, target, message) => {
        own.changed(kind, pool, target, message)
        if (target !== null && (kind === 'up' || kind === 'down')) this.#crew.broadcast({ type: 'verdict', verdict: { pool, target: target.url, up: kind === 'up' } })
      },
      checked: (pool, target, { report }) => {
        // Only for strategies that go by it.
        if (report !== null && target.follower?.reported !== undefined) this.#crew.broadcast({ type: 'report', pool, target: target.url, report })
      }
    }
  }

  #withdraw ({ pool, target: url }: Extract<ToPrimary, { type: 'withdraw' }>): void {
    const running = this.pools.get(pool)
    const target = running?.pool.targets.find(target => target.url === url)
    if (target !== undefined) running?.withdraw(target)
  }
}
