import type { Strategy } from '../../src/balancing/strategy.js'
import { LeastConnections } from '../../src/balancing/least-connections.js'
import { RetryBudget } from '../../src/proxy/retry-budget.js'
import type { PoolModel } from '../../src/simulation/pool-model.js'
import type { SimulationResult } from '../../src/simulation/result.js'
import type { RunOptions } from '../../src/simulation/run-options.js'
import { parseScenario } from '../../src/simulation/scenario.js'
import { scenarioModel } from '../../src/simulation/scenario-model.js'
import { Simulation, type UnderWay } from '../../src/simulation/simulation.js'

/** No health checks, no ejections. */
export const plainPool: PoolModel = { healthCheck: null, passiveHealth: null, slowStart: null, whenAllDown: 'try-anyway' }

export const healthCheck = { interval: 1000, intervalDown: 1000, jitter: 0, rise: 2, fall: 3 }

export const passiveHealth = { consecutiveFailures: 5, statuses: [502, 503, 504], failureRate: null, ejection: 30_000, maxEjection: 300_000, maxEjectedShare: 0.5 }

/** The budget that the proxy has where the config is silent. */
export const budget: RunOptions['budget'] = clock => new RetryBudget(clock)

export interface WorldResult extends SimulationResult {
  readonly left: UnderWay
}

/** Runs a scenario, given as its file has it but for the title. */
export function simulate (scenario: object, options: Partial<RunOptions> = {}): WorldResult {
  const model = scenarioModel(parseScenario('test', JSON.stringify({ title: 'a test', ...scenario })), { targets: null, rate: null, clients: null })
  const simulation = new Simulation(model, {
    strategy: (): Strategy => new LeastConnections(),
    pool: plainPool,
    proxies: 1,
    until: { duration: 10_000 },
    warmUp: 0,
    seed: 1,
    attempts: 1,
    retryStatuses: [],
    timeout: 0,
    budget: null,
    subsets: null,
    overhead: 0,
    ...options
  })
  const result = simulation.run()
  return { ...result, left: simulation.underWay }
}

/** So many times the same target. */
export function times (count: number, target: object): object[] {
  return new Array<object>(count).fill(target)
}

export const nothing: UnderWay = { requests: 0, attempts: 0, atTargets: 0, countedByProxies: 0 }
