import fc from 'fast-check'
import t from 'tap'
import { firstAvailable } from '../../src/balancing/first-available.js'
import { strategyContract } from './contract.js'
import { candidates, context, nonEmpty } from './fake-candidate.js'

strategyContract(t, { create: () => firstAvailable.create({}), weighted: false, spreads: false })

t.test('always the first of those there are, whatever its weight and load', async t => {
  const target = fc.record({ weight: fc.integer({ min: 1, max: 20 }), inflight: fc.nat(50), here: fc.boolean() })
  t.doesNotThrow(() => fc.assert(fc.property(fc.array(target, { minLength: 1, maxLength: 20 }), fc.nat(), (targets, seed) => {
    const all = candidates(...targets.map(({ weight }) => weight))
    all.forEach((candidate, i) => { candidate.inflight = targets[i]?.inflight ?? 0 })
    const here = all.filter((_, i) => targets[i]?.here)
    return here.length === 0 || firstAvailable.create({}).prepare(nonEmpty(here)).pick(context(seed)) === here[0]
  })))
})

t.test('one that comes back takes over again', async t => {
  const strategy = firstAvailable.create({})
  const [a, b] = candidates(1, 1)
  if (b === undefined) throw new Error('there are two')
  t.equal(strategy.prepare([a, b]).pick(context()), a)
  t.equal(strategy.prepare([b]).pick(context()), b)
  t.equal(strategy.prepare([a, b]).pick(context()), a)
})
