import { consistentHash } from './consistent-hash.js'
import { firstAvailable } from './first-available.js'
import { leastConnections } from './least-connections.js'
import { leastResponseTime } from './least-response-time.js'
import { loadAware } from './load-aware.js'
import { peakEwma } from './peak-ewma.js'
import { powerOfTwo } from './power-of-two.js'
import { random } from './random.js'
import { roundRobin } from './round-robin.js'
import { sticky } from './sticky.js'
import type { StrategyKind } from './strategy.js'

/** The built-in strategies. Another one is a file and a line here. */
export const strategyKinds: readonly StrategyKind[] = [
  roundRobin,
  random,
  leastConnections,
  powerOfTwo,
  peakEwma,
  leastResponseTime,
  firstAvailable,
  consistentHash,
  sticky,
  loadAware
]

/** The built-in strategy of that name; undefined if there is none. */
export function findStrategy (name: string): StrategyKind | undefined {
  return strategyKinds.find(kind => kind.name === name)
}
