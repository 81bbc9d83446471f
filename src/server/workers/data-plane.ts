import type { Socket } from 'node:net'
import type { Logger } from 'pino'
import type { Snapshot } from '../../admin/snapshot.js'
import { Statistics } from '../../admin/statistics.js'
import { takeSnapshot } from '../../admin/take-snapshot.js'
import { strategyKinds } from '../../balancing/strategies.js'
import type { Clock } from '../../base/clock.js'
import { NODE_VERSION } from '../../base/process-usage.js'
import { systemRandom } from '../../base/random.js'
import type { Config } from '../../config/config.js'
import type { Target } from '../../upstream/target.js'
import { buildGeneration } from '../build-generation.js'
import { Front } from '../front.js'
import type { Generation } from '../generation.js'
import { routeServices, routeTable, tracingOf, trustedProxies } from '../start.js'
import type { MakeWatch } from '../target-watch.js'
import type { UpstreamObserver } from '../upstream-options.js'
import { Upstreams, type NextUpstreams } from '../upstreams.js'
import { VERSION } from '../version.js'

export interface DataPlaneOptions {
  readonly clock: Clock
  readonly log: Logger
  readonly makeWatch: MakeWatch
  readonly observer: UpstreamObserver
  /** Is what happens counted, for somebody who looks? */
  readonly counted: boolean
}

/** A config made ready beside the running one. */
export interface NextPlane {
  /** Makes it the running one, in one synchronous step that can't fail. */
  commit (): void
  abort (): void
}

/** All that a request meets, and nothing else: it does not listen, does not check who is well, and has no admin listener. */
export class DataPlane {
  readonly #options: DataPlaneOptions
  readonly #statistics: Statistics | null
  readonly #upstreams: Upstreams
  readonly #front: Front
  #config: Config
  #generation: Generation

  private constructor (config: Config, upstreams: Upstreams, options: DataPlaneOptions) {
    const { clock, log, counted } = options
    this.#config = config
    this.#options = options
    this.#statistics = counted ? new Statistics(clock) : null
    this.#upstreams = upstreams
    this.#generation = NOTHING
    this.#front = new Front({ timeouts: config.timeouts, clock, log, strays: this.#statistics }, NOTHING.handle)
  }

  /** @throws {ConfigError} if a strategy can't be made after all. */
  static async start (config: Config, options: DataPlaneOptions): Promise<DataPlane> {
    const { clock, log, makeWatch, observer } = options
    const { zone, timeouts } = config
    const upstreams = new Upstreams(config.pools, { clock, random: systemRandom, log, strategies: strategyKinds, zone, timeouts, observer, makeWatch })
    const plane = new DataPlane(config, upstreams, options)
    await upstreams.start()
    plane.#use(config, await plane.#build(config, upstreams))
    return plane
  }

  /** Client connections that stand. */
  get connections (): number {
    return this.#front.connections
  }

  /** Takes a client's connection. */
  serve (socket: Socket): void {
    this.#front.serve(socket)
  }

  /** undefined = it has left, or was never there. */
  target (pool: string, origin: string): Target | undefined {
    return this.#upstreams.pools.get(pool)?.pool.targets.find(({ url }) => url === origin)
  }

  /** @throws {ConfigError} if it can't be made; then nothing has changed. */
  async prepare (config: Config): Promise<NextPlane> {
    const next = await this.#upstreams.prepare(config.pools, config)
    try {
      const generation = await this.#build(config, next)
      return {
        commit: () => {
          const old = this.#generation
          next.commit()
          this.#use(config, generation)
          void old.close(false)
        },
        abort: () => {
          next.abort()
          void generation.close(true)
        }
      }
    } catch (error) {
      next.abort()
      throw error
    }
  }

  /** null = nothing is counted. */
  snapshot (): Snapshot | null {
    if (this.#statistics === null) return null
    return takeSnapshot({
      clock: this.#options.clock,
      statistics: this.#statistics,
      role: 'worker',
      build: { version: VERSION, node: NODE_VERSION },
      connections: this.connections,
      draining: this.#front.draining,
      reloads: { succeeded: 0, failed: 0, last: null },
      workerRestarts: 0,
      pools: this.#upstreams.pools.values(),
      routes: this.#config.routes
    })
  }

  /**
   * Lets what is under way end, and ends.
   * @param deadline ms; default: the config's.
   * @param leave does another process accept in the place of this one?
   * @returns how many connections were cut.
   */
  async close (deadline: number = this.#config.timeouts.drain, leave = false): Promise<number> {
    const cut = await (leave ? this.#front.leave(deadline) : this.#front.drain(deadline))
    await this.#upstreams.stop(true)
    await this.#generation.close(true)
    this.#statistics?.stop()
    return cut
  }

  /** @returns how many connections there were. */
  cut (): number {
    return this.#front.cut()
  }

  async #build (config: Config, pools: Pick<NextUpstreams, 'get'>): Promise<Generation> {
    const { clock, log } = this.#options
    const { access } = config.log
    const services = routeServices({ clock, log, config, access, statistics: this.#statistics, tracing: await tracingOf(config), draining: () => this.#front.draining })
    return await buildGeneration({ table: routeTable(config, pools, services), trustProxy: trustedProxies(config.trustProxy), plugins: [], log, access, clock })
  }

  #use (config: Config, generation: Generation): void {
    this.#front.configure(config.timeouts)
    this.#front.use(generation.handle)
    this.#statistics?.keep(config.routes)
    this.#config = config
    this.#generation = generation
    this.#options.log.level = config.log.level
  }
}

/** Before the first config is ready there are no connections. */
const NOTHING: Generation = { handle: () => {}, close: async () => {} }
