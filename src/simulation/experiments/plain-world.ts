import { ScenarioIdentities } from '../identities.js'
import type { Settings } from '../laboratory.js'
import type { Model } from '../model.js'
import type { ScenarioEvent, ScenarioLoad } from '../scenario.js'
import { ScenarioWork } from '../work.js'

/** Alike targets under an open loop. */
export interface PlainWorld {
  readonly targets: number
  readonly concurrency: number
  /** Mean of the exponential service time, in milliseconds. */
  readonly mean: number
  /** Share of what the targets can do that is asked of them. */
  readonly load: number
  readonly events?: readonly ScenarioEvent[]
  readonly keys?: ScenarioLoad['keys']
}

/** Clients of an open loop: enough for hashing to be even. */
const CLIENTS = 10_000

/** Requests per second that are asked of such a world. */
export function rateOf ({ targets, concurrency, mean, load }: PlainWorld): number {
  return load * targets * concurrency * 1000 / mean
}

export function plainModel (world: PlainWorld): Model {
  const { targets, concurrency, mean, events = [], keys = null } = world
  return {
    targets: Array.from({ length: targets }, (_, index) => ({
      url: `http://target-${index + 1}`,
      nature: { weight: 1, concurrency, slowdown: 1, pauses: null, cold: null, busy: 0, absent: false },
      work: random => new ScenarioWork({ serviceTime: { distribution: 'exponential', mean }, failures: null }, random)
    })),
    events,
    load: { kind: 'open', rate: rateOf(world), bursts: null, clients: CLIENTS },
    keys,
    identities: () => new ScenarioIdentities()
  }
}

/** Milliseconds. */
const WARM_UP = 2000

/** What experiments do not vary. Passive health and retries are off unless they are what it is about. @param duration in milliseconds. */
export function plainSettings (seed: number, size: number, duration: number): Settings {
  return {
    pool: { passiveHealth: false },
    proxies: 1,
    until: { duration: duration * size },
    warmUp: WARM_UP * size,
    seed,
    attempts: 1,
    retryStatuses: [],
    timeout: 0,
    budget: true,
    subsets: null,
    overhead: 0
  }
}
