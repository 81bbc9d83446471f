import t from 'tap'
import { loadScenarios } from '../../../bench/strategies/scenario-files.js'

t.test('every scenario file can be read, and they come in a fixed order', async t => {
  const scenarios = await loadScenarios()
  t.strictSame(scenarios.map(scenario => scenario.name), [
    'equal', 'one-slow', 'capacities', 'capacities-weighted', 'log-normal', 'pareto', 'bursts', 'degrading', 'pauses', 'cold-start',
    'crash', 'fast-failing', 'skewed-keys', 'scale-out', 'saturated-cpu'
  ])
  for (const { name, load, targets } of scenarios) {
    t.ok(targets.length > 1, name)
    t.ok((load.rate ?? 0) <= 600 && (load.connections ?? 0) <= 50, `${name}: two cores bear it`)
  }
})
