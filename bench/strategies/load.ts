import { seededRandom } from '../../src/base/random.js'
import type { ScenarioLoad } from '../../src/simulation/scenario.js'
import { Clients } from './clients.js'
import { runClosedLoop } from './closed-loop.js'
import { runOpenLoop } from './open-loop.js'

/** Seconds after which a client gives up. */
export const PATIENCE = 10

/** One run of load. */
export interface LoadOptions {
  readonly url: string
  readonly load: ScenarioLoad
  /** Connections of a closed loop, clients of an open one. */
  readonly connections: number
  readonly seconds: number
  /** The same requests at the same moments for the same seed, as far as the load does not depend on the answers. */
  readonly seed: number
  /** Called when the load begins. */
  readonly begun?: () => void
}

/** What came of it. */
export interface LoadResult {
  /** Milliseconds, of the answers with a 2xx status; sorted. */
  readonly latencies: readonly number[]
  readonly requestsPerSecond: number
  readonly errors: LoadErrors
  /** Answers of any status by the backend that named itself in `x-backend`. */
  readonly served: ReadonlyMap<string, number>
  /** Percent of the answers that came from the backend which their key got most of its answers from; NaN without keys that came twice. */
  readonly affinity: number
}

/** Requests that had no good answer. */
export interface LoadErrors {
  readonly non2xx: number
  /** Refused or reset. */
  readonly socket: number
  /** The connection was closed in good order, with a request on it that nobody answered. */
  readonly unanswered: number
  readonly timeouts: number
}

/** Puts the load of a scenario on a proxy. */
export async function runLoad (options: LoadOptions): Promise<LoadResult> {
  const random = seededRandom(options.seed)
  const clients = new Clients(options.connections, options.load.keys, random)
  return options.load.rate === null
    ? await runClosedLoop(options, clients)
    : await runOpenLoop({ ...options, rate: options.load.rate }, clients, random)
}
