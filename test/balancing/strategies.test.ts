import t from 'tap'
import { RoundRobin } from '../../src/balancing/round-robin.js'
import { findStrategy, strategyKinds } from '../../src/balancing/strategies.js'
import { compile } from '../../src/config/validator.js'

t.test('each is found by its name, and names are unique', async t => {
  for (const kind of strategyKinds) t.equal(findStrategy(kind.name), kind)
  t.equal(new Set(strategyKinds.map(({ name }) => name)).size, strategyKinds.length)
  t.ok(findStrategy('round-robin'))
  t.ok(findStrategy('least-connections'))
  for (const name of ['', 'Round-Robin', 'constructor', '__proto__']) t.equal(findStrategy(name), undefined)
})

t.test('each has a schema that refuses unknown options, and makes a strategy of its own for each pool', async t => {
  for (const { name, schema, create } of strategyKinds) {
    t.notOk(compile(schema, false)({ nonsense: 1 }), name)
    const withDefaults = {}
    // One that requires an option has its own test.
    if (!compile(schema, true)(withDefaults)) continue
    const made = [{}, {}, withDefaults].map(options => create(options, () => new RoundRobin()))
    t.equal(new Set(made).size, made.length, name)
  }
})
