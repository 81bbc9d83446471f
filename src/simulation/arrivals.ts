import type { Random } from '../base/random.js'
import type { ScenarioLoad } from './scenario.js'
import { exponential } from './service-time.js'

/**
 * The moments at which requests come, in milliseconds from the begin, in order and without end: a Poisson process whose rate is
 * multiplied during bursts.
 * @param rate requests per second outside of bursts.
 */
export function arrivals (rate: number, bursts: ScenarioLoad['bursts'], random: Random): () => number {
  let at = 0
  const mean = 1000 / rate
  if (bursts === null) return () => { at += exponential(random, mean); return at }
  const { every, length, factor } = bursts
  let inBurst = false
  let end = every - length
  return () => {
    // What is drawn is a time at the ordinary rate; in a burst the clock runs through it `factor` times as fast.
    let left = exponential(random, mean)
    for (;;) {
      const speed = inBurst ? factor : 1
      if (at + left / speed < end) {
        at += left / speed
        return at
      }
      left -= (end - at) * speed
      at = end
      inBurst = !inBurst
      end += inBurst ? length : every - length
    }
  }
}
