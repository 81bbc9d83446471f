import type { Random } from '../base/random.js'

/** How long the work on a request takes, in milliseconds. */
export type ServiceTime =
  | { readonly distribution: 'constant', readonly value: number }
  | { readonly distribution: 'log-normal', readonly median: number, readonly sigma: number }
  /** What would be above `maximum` is `maximum`. */
  | { readonly distribution: 'pareto', readonly minimum: number, readonly alpha: number, readonly maximum: number }
  | { readonly distribution: 'exponential', readonly mean: number }

/** Draws service times, in milliseconds. */
export function serviceTimes (time: ServiceTime, random: Random): () => number {
  switch (time.distribution) {
    case 'constant': return () => time.value
    case 'log-normal': return () => time.median * Math.exp(time.sigma * normal(random))
    case 'pareto': return () => Math.min(time.maximum, time.minimum * (1 - random()) ** (-1 / time.alpha))
    case 'exponential': return () => exponential(random, time.mean)
  }
}

/** Draws from the exponential distribution: the time between two events that come at random. */
export function exponential (random: Random, mean: number): number {
  return -mean * Math.log(1 - random())
}

/** Draws from the standard normal distribution. Source: G. E. P. Box and M. E. Muller, "A Note on the Generation of Random Normal Deviates", 1958. */
function normal (random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}
