import { leastConnections } from './least-connections.js'
import { roundRobin } from './round-robin.js'
import type { StrategyKind } from './strategy.js'

/** The built-in strategies. Another one is a file and a line here. */
export const strategyKinds: readonly StrategyKind[] = [
  roundRobin,
  leastConnections
]

/** The built-in strategy of that name; undefined if there is none. */
export function findStrategy (name: string): StrategyKind | undefined {
  return strategyKinds.find(kind => kind.name === name)
}
