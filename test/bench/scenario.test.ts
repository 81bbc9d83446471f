import t from 'tap'
import { loadScenarios, parseScenario } from '../../bench/scenario.js'

t.test('every scenario file can be read', async t => {
  const scenarios = await loadScenarios()
  t.same(scenarios.map(scenario => scenario.name), ['equal', 'one-slow', 'crash'])
  for (const { name, targets } of scenarios) t.ok(targets.length > 1 && targets.every(target => target.serviceTime > 0), name)
  const slow = scenarios.find(scenario => scenario.name === 'one-slow')
  t.same(slow?.targets.map(target => target.serviceTime), [10, 10, 100])
})

t.test('defaults are filled in, events put in order', t => {
  const scenario = parseScenario('x', JSON.stringify({
    title: 'X',
    targets: [{ serviceTime: '5ms', slowdown: 3 }, { serviceTime: '1s', weight: 4 }],
    events: [{ at: 0.5, action: 'restart', target: 2 }, { at: 0.1, action: 'kill', target: 2 }],
    pool: { slowStart: '1s' }
  }))
  t.same(scenario, {
    name: 'x',
    title: 'X',
    targets: [{ serviceTime: 15, weight: 1 }, { serviceTime: 1000, weight: 4 }],
    events: [{ at: 0.1, action: 'kill', target: 2 }, { at: 0.5, action: 'restart', target: 2 }],
    pool: { slowStart: '1s' }
  })
  t.end()
})

t.test('what can not be meant is refused by name', t => {
  const target = { serviceTime: '5ms' }
  const refused: Array<[object, RegExp]> = [
    [{ title: 'X', targets: [] }, /scenario x: \/targets/],
    [{ title: 'X', targets: [{ serviceTime: '5' }] }, /scenario x: \/targets\/0\/serviceTime/],
    [{ title: 'X', targets: [target], event: [] }, /scenario x: /],
    [{ title: 'X', targets: [target], events: [{ at: 0, action: 'kill', target: 2 }] }, /no target 2 to kill/],
    [{ title: 'X', targets: [target], events: [{ at: 0, action: 'restart', target: 1 }] }, /cannot restart target 1, it is alive/],
    [{ title: 'X', targets: [target], events: [{ at: 0, action: 'kill', target: 1 }, { at: 0.5, action: 'kill', target: 1 }] }, /cannot kill target 1, it is dead/]
  ]
  for (const [file, message] of refused) t.throws(() => parseScenario('x', JSON.stringify(file)), { name: 'TypeError', message })
  t.throws(() => parseScenario('x', '{'))
  t.end()
})
