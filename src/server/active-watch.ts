import type { Clock } from '../base/clock.js'
import type { Random } from '../base/random.js'
import { ActiveCheck } from '../health/active.js'
import { createProbe } from '../health/probes.js'
import type { MakeWatch } from './target-watch.js'

/** Makes checks of this process's own. */
export function activeWatch ({ clock, random }: { readonly clock: Clock, readonly random: Random }): MakeWatch {
  return (pool, check, tls, observer) => new ActiveCheck({ schedule: check, pool, probe: createProbe(check, tls), clock, random, observer })
}
