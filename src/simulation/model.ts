import type { Random } from '../base/random.js'
import type { Identities } from './identities.js'
import type { ScenarioEvent, ScenarioLoad } from './scenario.js'
import type { TargetNature } from './simulated-target.js'
import type { Work } from './work.js'

/** How requests come: at random, each client one after the other, or at given moments (milliseconds, in order). */
export type Load =
  | { readonly kind: 'open', readonly rate: number, readonly bursts: ScenarioLoad['bursts'], readonly clients: number }
  | { readonly kind: 'closed', readonly clients: number }
  | { readonly kind: 'replay', readonly at: Float64Array }

/** What is simulated: the world around the proxies, be it made up by a scenario or taken from a log. */
export interface Model {
  readonly targets: readonly ModelTarget[]
  readonly events: readonly ScenarioEvent[]
  readonly load: Load
  readonly keys: ScenarioLoad['keys']
  identities (): Identities
}

export interface ModelTarget {
  readonly url: string
  readonly nature: TargetNature
  work (random: Random): Work
}
