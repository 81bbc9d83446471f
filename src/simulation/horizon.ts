import type { Load } from './model.js'
import type { RunOptions } from './run-options.js'

/**
 * Milliseconds that the load lasts, as far as it is known before: the times of a scenario's events are shares of it.
 * @throws {RangeError} if there are events and it is not known.
 */
export function horizonOf (load: Load, until: RunOptions['until'], hasEvents: boolean): number {
  if ('duration' in until) return until.duration
  switch (load.kind) {
    case 'replay': return load.at[Math.min(load.at.length, until.requests) - 1] ?? 0
    case 'open': {
      const { every, length, factor } = load.bursts ?? { every: 1, length: 0, factor: 1 }
      return until.requests * 1000 / (load.rate * (1 + (factor - 1) * length / every))
    }
    case 'closed':
      if (hasEvents) throw new RangeError('the scenario has events, and when so many requests will be over can not be known before: give a duration')
      return 0
  }
}
