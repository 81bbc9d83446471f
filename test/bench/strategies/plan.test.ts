import t from 'tap'
import { estimate, plan } from '../../../bench/strategies/plan.js'
import { parseScenario } from '../../../src/simulation/scenario.js'

const scenarios = ['x', 'y'].map(name => parseScenario(name, '{ "title": "X", "targets": [{ "serviceTime": "1ms" }] }'))

t.test('by scenario, then by round: the strategies take turns', async t => {
  const { experiments } = plan({ scenarios, strategies: ['a', 'b'], rounds: 2, duration: 1 })
  t.strictSame(experiments.map(({ scenario, strategy, round }) => `${scenario.name}${round}${strategy}`), ['x1a', 'x1b', 'x2a', 'x2b', 'y1a', 'y1b', 'y2a', 'y2b'])
})

t.test('what is asked for is done', async t => {
  t.match(plan({ scenarios, strategies: ['a'], duration: 60 }), { duration: 60, rounds: 3 })
  t.match(plan({ scenarios, strategies: ['a'], rounds: 7 }), { duration: 5, rounds: 7 })
})

t.test('without a wish all runs together take about two minutes', async t => {
  for (const count of [1, 2, 4, 10, 15]) {
    const strategies = Array.from({ length: count }, (_, index) => `s${index}`)
    const { duration, rounds, experiments } = plan({ scenarios, strategies })
    t.ok(duration >= 2 && duration <= 5 && rounds >= 1 && rounds <= 3)
    t.ok(estimate(experiments.length, duration) <= 135, `${count} strategies: ${estimate(experiments.length, duration)} s`)
  }
})
