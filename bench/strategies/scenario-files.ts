import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { parseScenario, type Scenario } from '../../src/simulation/scenario.js'
import { root } from '../root.js'

/** From the plain to the particular: those that are not named here come last, by name. */
const ORDER = [
  'equal', 'one-slow', 'capacities', 'capacities-weighted', 'log-normal', 'pareto', 'bursts', 'degrading', 'pauses', 'cold-start',
  'crash', 'fast-failing', 'skewed-keys', 'scale-out', 'saturated-cpu'
]

/** All scenarios of `bench/scenarios/`. @throws {TypeError} naming the one that can not be read. */
export async function loadScenarios (): Promise<Scenario[]> {
  const directory = join(root, 'bench', 'scenarios')
  const names = (await readdir(directory)).filter(name => name.endsWith('.json')).map(name => basename(name, '.json'))
  const scenarios = await Promise.all(names.map(async name => parseScenario(name, await readFile(join(directory, `${name}.json`), 'utf8'))))
  return scenarios.sort((a, b) => place(a) - place(b) || a.name.localeCompare(b.name))
}

function place ({ name }: Scenario): number {
  const index = ORDER.indexOf(name)
  return index === -1 ? ORDER.length : index
}
