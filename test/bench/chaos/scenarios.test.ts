import t from 'tap'
import { scenarios } from '../../../bench/chaos/scenarios.js'

t.test('every scenario has a name and a title of its own', t => {
  t.equal(new Set(scenarios.map(({ name }) => name)).size, scenarios.length)
  t.equal(new Set(scenarios.map(({ title }) => title)).size, scenarios.length)
  t.end()
})

t.test('only where backends announce their end, or nothing happens to any, no request at all may fail', t => {
  t.same(scenarios.filter(({ tolerates }) => tolerates === 'none').map(({ name }) => name), ['rolling', 'aborts'])
  t.same(scenarios.filter(({ tolerates }) => tolerates === 'outage').map(({ name }) => name), ['all-down'])
  t.end()
})
