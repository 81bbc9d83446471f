import t from 'tap'
import { nearest } from '../../src/config/nearest.js'

t.test('finds the word that was meant', async t => {
  const known = ['host', 'prefix', 'methods', 'pool', 'stripPrefix', 'rewritePrefix', 'hostHeader']
  const cases: ReadonlyArray<readonly [string, string | undefined]> = [
    ['prefx', 'prefix'],
    ['prefixx', 'prefix'],
    ['perfix', 'prefix'],
    ['HOST', 'host'],
    ['ohst', 'host'],
    ['method', 'methods'],
    ['strip_prefix', 'stripPrefix'],
    ['pol', 'pool'],
    ['x', undefined],
    ['', undefined],
    ['upstream', undefined]
  ]
  for (const [word, meant] of cases) t.equal(nearest(word, known), meant, word)
  t.equal(nearest('a', []), undefined)
})
