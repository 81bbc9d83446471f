import type { Random } from '../base/random.js'
import { arrivals } from './arrivals.js'
import type { Load, Model } from './model.js'
import { zipf } from './zipf.js'

/** The moments at which requests come by themselves, in order; Infinity = no more. Those of a closed loop come with the answers. */
export function arrivalTimes (load: Load, random: Random): () => number {
  switch (load.kind) {
    case 'open': return arrivals(load.rate, load.bursts, random)
    case 'closed': return () => Infinity
    case 'replay': {
      let next = 0
      return () => load.at[next++] ?? Infinity
    }
  }
}

/** Numbers of those who ask: the key if there are keys, else the client, any one of them in an open loop, or the line of the log. */
export function requesters ({ load, keys }: Model, random: Random): (client: number) => number {
  if (keys !== null) return zipf(keys.count, keys.skew, random)
  switch (load.kind) {
    case 'closed': return client => client
    case 'open': return () => Math.floor(random() * load.clients)
    case 'replay': {
      let line = 0
      return () => line++
    }
  }
}
