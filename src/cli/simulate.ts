import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../base/clock.js'
import { loadConfig } from '../config/load.js'
import { RetryBudget } from '../proxy/retry-budget.js'
import { simulateCommand } from '../simulation/command.js'
import type { Proxying } from '../simulation/laboratory.js'
import { print } from './output.js'

const SCENARIOS = new URL('../../bench/scenarios/', import.meta.url)

/** A simulation goes by the options that the proxy would have, and by its retry budget. */
export const proxying: Proxying = {
  resolvePool: options => {
    const { pool } = loadConfig({ pools: { pool: { ...options, targets: ['http://target-1'] } } }).pools
    if (pool === undefined) throw new TypeError('a config has the pool that it was given')
    return pool
  },
  createBudget: (clock, rules) => new RetryBudget(clock, rules)
}

/** `headrace simulate`. @param args what comes after it. */
export async function simulate (args: string[]): Promise<void> {
  const command = simulateCommand({
    proxying,
    clock: systemClock,
    scenarios: readdirSync(SCENARIOS).filter(name => name.endsWith('.json')).map(name => name.slice(0, -'.json'.length)),
    scenarioPath: name => fileURLToPath(new URL(`${name}.json`, SCENARIOS)),
    readFile: path => readFileSync(path, 'utf8'),
    print
  })
  await command.parseAsync(args, { from: 'user' })
}
