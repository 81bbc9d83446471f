/** What strategies need beside their name to be of use in a run of a few seconds, simulated or measured. */
const OPTIONS: Readonly<Record<string, object>> = {
  'consistent-hash': { key: 'header:x-key' },
  sticky: { secret: 'a scenario has nothing to hide' },
  'load-aware': { blackout: '1s' }
}

/** How often targets are probed, unless the scenario says otherwise: often, for runs of a few seconds. */
const HEALTH_CHECK = { type: 'http', path: '/health', interval: '500ms', timeout: '1s' }

/** Options of a pool that are simulated. */
const SIMULATED = ['healthCheck', 'passiveHealth', 'slowStart', 'whenAllDown', 'retryBudget']

/**
 * A pool as the proxy's config takes it, but for its targets.
 * @param pool options of the scenario.
 * @param options of the strategy.
 */
export function poolInput (strategy: string, pool: Readonly<Record<string, unknown>>, options: object = {}): Record<string, unknown> {
  return { healthCheck: HEALTH_CHECK, ...pool, strategy: { name: strategy, ...OPTIONS[strategy], ...options } }
}

/** Names of options that have no effect in a simulation. */
export function notSimulated (pool: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(pool).filter(name => !SIMULATED.includes(name))
}
