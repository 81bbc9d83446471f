import { AdminError } from '../admin/admin-error.js'
import type { Control, NewTarget, ReloadResult, TargetChange } from '../admin/control.js'
import type { EventLog } from '../admin/event-log.js'
import type { Snapshot } from '../admin/snapshot.js'
import type { Config } from '../config/config.js'
import { describeConfig } from '../config/describe.js'
import type { Log } from '../proxy/access-log.js'
import { parseAddress } from '../upstream/address.js'
import type { Target, TargetSpec } from '../upstream/target.js'
import type { Reloaded } from './reloader.js'
import type { RunningPool } from './running-pool.js'
import type { TargetOverrides } from './target-overrides.js'
import { Turns } from './turns.js'

/** What a control works on: one process, or the primary of several. */
export interface Controlled {
  readonly config: Config
  /** Of this process; in a primary they carry no traffic, but know who may serve. */
  readonly pools: ReadonlyMap<string, RunningPool>
  readonly overrides: TargetOverrides
  readonly draining: boolean
  /** Is there a process that requests can be given to? */
  readonly serving: boolean
  snapshot (): Promise<Snapshot>
  /** Fits the pools to config and overrides. */
  refresh (): Promise<void>
  reloadFromSource (cause: string): Promise<Reloaded>
}

/** What admins may see and do, over a running proxy. Whatever they change is logged, and an event. */
export class ProxyControl implements Control {
  readonly events: EventLog
  readonly #proxy: Controlled
  readonly #log: Log
  /** One change after the other. */
  readonly #changes = new Turns()

  constructor (proxy: Controlled, events: EventLog, log: Log) {
    this.#proxy = proxy
    this.events = events
    this.#log = log
  }

  snapshot (): Promise<Snapshot> {
    return this.#proxy.snapshot()
  }

  config (): object {
    return describeConfig(this.#proxy.config)
  }

  reload (): Promise<ReloadResult> {
    return this.#proxy.reloadFromSource('the admin API')
  }

  async changeTarget (pool: string, url: string, change: TargetChange): Promise<void> {
    await this.#change(overrides => {
      const target = this.#target(pool, url)
      overrides.change(pool, target.url, change, this.#configured(pool, target.url))
      const { state, weight } = change
      return () => {
        if (state !== undefined) this.#note(state, pool, target.url, `set to ${state} by an admin`)
        if (weight !== undefined) this.#note('weight', pool, target.url, `given weight ${weight} by an admin`)
      }
    })
  }

  async addTarget (pool: string, target: NewTarget): Promise<void> {
    await this.#change(overrides => {
      const { origin } = this.#address(target.url)
      const running = this.#pool(pool)
      if (running.pool.targets.some(({ url }) => url === origin)) throw new AdminError(409, `pool ${pool} has ${origin} already`)
      const { state, weight = 1, maxConnections = 0 } = target
      overrides.add(pool, { url: origin, weight, maxConnections })
      if (state !== undefined) overrides.change(pool, origin, { state })
      return () => { this.#note('added', pool, origin, 'added by an admin') }
    })
  }

  async removeTarget (pool: string, url: string): Promise<void> {
    await this.#change(overrides => {
      const target = this.#target(pool, url)
      overrides.remove(pool, target.url, this.#configured(pool, target.url) !== undefined)
      return () => { this.#note('removed', pool, target.url, 'removed by an admin') }
    })
  }

  /**
   * A single pool without a target is no reason to take the whole proxy out of service: the others still have theirs. Nor are targets that are
   * down and tried anyway, or full.
   */
  readiness (): { readonly ready: boolean, readonly reasons: readonly string[] } {
    const { draining, serving, pools } = this.#proxy
    const without = [...pools.values()].filter(({ pool }) => pool.eligible.length === 0 && !pool.full)
    const reasons = [
      ...(draining ? ['the proxy is shutting down'] : []),
      ...(serving ? [] : ['no worker process answers']),
      ...without.map(({ name }) => `pool ${name} has no target that may serve`)
    ]
    return { ready: !draining && serving && without.length < pools.size, reasons }
  }

  /**
   * Makes a change when those before it are made. One that can't be made leaves nothing behind.
   * @param change makes it in the overrides. @returns what tells of it: before it takes effect, so that what follows from it is told after it.
   */
  #change (change: (overrides: TargetOverrides) => () => void): Promise<void> {
    return this.#changes.take(async () => {
      const { overrides, draining } = this.#proxy
      if (draining) throw new AdminError(409, 'the proxy is shutting down')
      const takeBack = overrides.save()
      try {
        change(overrides)()
        await this.#proxy.refresh()
      } catch (error) {
        takeBack()
        if (!(error instanceof AdminError)) this.#log.error({ reason: error instanceof Error ? error.message : String(error) }, 'what an admin has just changed is taken back: it could not be done')
        throw error
      }
    })
  }

  #note (kind: 'ready' | 'drain' | 'maint' | 'weight' | 'added' | 'removed', pool: string, target: string, message: string): void {
    this.events.add(kind, message, { pool, target })
    this.#log.info({ pool, target }, `target was ${message}`)
  }

  #configured (pool: string, origin: string): TargetSpec | undefined {
    return this.#proxy.config.pools[pool]?.targets.find(({ url }) => url === origin)
  }

  #pool (name: string): RunningPool {
    const pool = this.#proxy.pools.get(name)
    if (pool === undefined) throw new AdminError(404, `there is no pool ${name}`)
    return pool
  }

  #target (pool: string, url: string): Target {
    const { origin } = this.#address(url)
    const target = this.#pool(pool).pool.targets.find(each => each.url === origin)
    if (target === undefined) throw new AdminError(404, `pool ${pool} has no target ${origin}`)
    return target
  }

  #address (url: string): { readonly origin: string } {
    try {
      return parseAddress(url)
    } catch (error) {
      throw new AdminError(400, error instanceof Error ? error.message : String(error))
    }
  }
}
