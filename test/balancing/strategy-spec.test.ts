import t from 'tap'
import { RoundRobin } from '../../src/balancing/round-robin.js'
import { createStrategy, type StrategySpec } from '../../src/balancing/strategy-spec.js'
import type { Strategy, StrategyKind } from '../../src/balancing/strategy.js'

const spec = (name: string, beneath: StrategySpec | null = null, options: object = {}): StrategySpec => ({ name, options, beneath, module: null })

/** Remembers what it was made of. */
class Made extends RoundRobin {
  readonly name: string
  readonly options: object
  readonly beneath: Strategy | undefined

  constructor (name: string, options: object, beneath: Strategy | undefined) {
    super()
    this.name = name
    this.options = options
    this.beneath = beneath
  }
}

const kindOf = (name: string): StrategyKind<object> => ({ name, schema: {}, create: (options, beneath) => new Made(name, options, beneath?.()) })
const find = ({ name }: StrategySpec): StrategyKind => {
  if (name === 'unknown') throw new RangeError('there is none')
  // Kinds take what their own schema lets through; these take any object.
  return kindOf(name) as StrategyKind
}

t.test('makes a strategy of its options', async t => {
  t.match(createStrategy(spec('a', null, { b: 1 }), find), { name: 'a', options: { b: 1 }, beneath: undefined })
})

t.test('and those beneath it, as deep as it goes', async t => {
  t.match(createStrategy(spec('a', spec('b', spec('c', null, { deep: true })), { top: true }), find), {
    name: 'a', options: { top: true }, beneath: { name: 'b', beneath: { name: 'c', options: { deep: true }, beneath: undefined } }
  })
})

t.test('each one is new', async t => {
  const both = spec('a', spec('b'))
  const [first, second] = [createStrategy(both, find), createStrategy(both, find)]
  t.not(first, second)
  t.ok(first instanceof Made && second instanceof Made && first.beneath !== second.beneath)
})

t.test('an unknown one is told, also beneath', async t => {
  t.throws(() => createStrategy(spec('unknown'), find), RangeError)
  t.throws(() => createStrategy(spec('a', spec('unknown')), find), RangeError)
})
