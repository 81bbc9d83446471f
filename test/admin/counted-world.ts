import { VirtualClock } from '../../src/base/virtual-clock.js'
import type { PoolSnapshot, RouteSnapshot, Snapshot, TargetSnapshot } from '../../src/admin/snapshot.js'
import { Statistics } from '../../src/admin/statistics.js'
import { takeSnapshot } from '../../src/admin/take-snapshot.js'
import { FullWorld, World, type Setup } from '../proxy/exchange-world.js'
import { fakeLoop } from './fake-loop.js'

/** A snapshot of a world whose one exchange was counted. */
export class Counted<W extends World> {
  readonly world: W
  readonly statistics: Statistics

  constructor (make: (observe: NonNullable<Setup['observe']>) => W) {
    this.statistics = new Statistics(new VirtualClock(), fakeLoop)
    this.world = make(this.statistics.route)
  }

  get snapshot (): Snapshot {
    const { pool, exchange: { route }, services: { clock } } = this.world
    return takeSnapshot({
      clock,
      statistics: this.statistics,
      role: 'single',
      build: { version: '1.2.3', node: 'v20.19.0' },
      connections: 7,
      draining: false,
      reloads: { succeeded: 0, failed: 0, last: null },
      workerRestarts: 0,
      pools: [{ pool, retryBudget: route.retryBudget, config: { queueMax: 10, maxConnections: 0 } }],
      routes: [route.config]
    })
  }

  get pool (): PoolSnapshot {
    return only(this.snapshot.pools)
  }

  get route (): RouteSnapshot {
    return only(this.snapshot.routes)
  }

  target (index: number): TargetSnapshot {
    const target = this.pool.targets[index]
    if (target === undefined) throw new Error(`no target ${index}`)
    return target
  }

  /** `2xx 1` on target 0: `{ '0 2xx': 1 }`; requests that reached none are `none`. */
  get requests (): Record<string, number> {
    const urls = this.pool.targets.map(({ url }) => url)
    return Object.fromEntries(this.route.requests.map(({ target, status, count }) => [`${target === '' ? 'none' : urls.indexOf(target)} ${status}`, count]))
  }
}

/** An exchange that is started. */
export function counted (setup: Setup = {}): Counted<World> {
  const made = new Counted(observe => new World({ ...setup, observe }))
  made.world.start()
  return made
}

/** One whose targets are full. */
export function countedFull (setup: Setup = {}): Counted<FullWorld> {
  const made = new Counted(observe => new FullWorld({ ...setup, observe }))
  made.world.start()
  return made
}

function only<T> ([first]: readonly T[]): T {
  if (first === undefined) throw new Error('there is none')
  return first
}
