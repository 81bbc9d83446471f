import type { Clock } from '../base/clock.js'
import { LoopLoad } from '../base/loop-load.js'
import { ownLoop, type MeteredLoop } from '../base/loop-meter.js'
import type { RouteConfig } from '../proxy/route-config.js'
import type { Strays } from '../proxy/strays.js'
import { routeName } from './route-name.js'
import { RouteStatistics } from './route-statistics.js'

type Matched = Pick<RouteConfig, 'host' | 'prefix' | 'methods' | 'pool'>

/** What a process knows of itself beside what its pools and targets count: one for each process, whatever its config. */
export class Statistics implements Strays {
  /** Milliseconds since 1970. */
  readonly startedAt: number
  readonly load: LoopLoad
  /** Requests that had no route. */
  unroutedRequests = 0
  /** Requests that were refused without looking for one. */
  refusedRequests = 0
  readonly #routes = new Map<string, RouteStatistics>()

  /** @param loop whose lateness is measured. */
  constructor (clock: Clock, loop: MeteredLoop = ownLoop) {
    this.startedAt = clock.wallTime()
    this.load = new LoopLoad(loop, clock)
  }

  /** The numbers of a route: those of the route of this name and pool that was there before, if there was one. */
  readonly route = (config: Matched): RouteStatistics => {
    const key = keyOf(config)
    let route = this.#routes.get(key)
    if (route === undefined) this.#routes.set(key, route = new RouteStatistics())
    return route
  }

  /** Forgets routes that are gone: one that comes back begins anew, as a target does. */
  keep (routes: readonly Matched[]): void {
    const kept = new Set(routes.map(keyOf))
    for (const key of this.#routes.keys()) if (!kept.has(key)) this.#routes.delete(key)
  }

  unrouted (): void {
    this.unroutedRequests++
  }

  refused (): void {
    this.refusedRequests++
  }

  /** Measures no more. */
  stop (): void {
    this.load.stop()
  }
}

/** No pool's name and no route's has a line break in it. */
function keyOf (config: Matched): string {
  return `${routeName(config)}\n${config.pool}`
}
