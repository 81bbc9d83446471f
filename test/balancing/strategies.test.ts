import { Ajv } from 'ajv'
import t from 'tap'
import { findStrategy, strategyKinds } from '../../src/balancing/strategies.js'

t.test('each is found by its name, and names are unique', async t => {
  for (const kind of strategyKinds) t.equal(findStrategy(kind.name), kind)
  t.equal(new Set(strategyKinds.map(({ name }) => name)).size, strategyKinds.length)
  t.ok(findStrategy('round-robin'))
  t.ok(findStrategy('least-connections'))
  for (const name of ['', 'Round-Robin', 'constructor', '__proto__']) t.equal(findStrategy(name), undefined)
})

t.test('each has a schema that refuses unknown options, and makes a strategy of its own for each pool', async t => {
  for (const { name, schema, create } of strategyKinds) {
    const accepts = new Ajv({ strict: true }).compile(schema)
    t.ok(accepts({}), name)
    t.notOk(accepts({ nonsense: 1 }), name)
    t.not(create({}), create({}))
  }
})
