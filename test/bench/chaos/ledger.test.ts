import t from 'tap'
import { duplicates, parseLedger } from '../../../bench/chaos/ledger.js'

t.test('a ledger is read line by line; one that was cut short is left out', t => {
  t.same(parseLedger(2, '1000 GET g1\n1001 POST p5\n100'), [
    { at: 1000, backend: 2, method: 'GET', id: 'g1' },
    { at: 1001, backend: 2, method: 'POST', id: 'p5' }
  ])
  t.same(parseLedger(1, ''), [])
  t.end()
})

t.test('POSTs that arrived more than once are found, over all backends; GETs may be repeated', t => {
  const entries = [
    ...parseLedger(1, '1 GET g1\n2 POST p5\n3 POST p10\n4 POST p10\n5 POST p15\n'),
    ...parseLedger(2, '6 GET g1\n7 POST p5\n'),
    ...parseLedger(3, '8 POST p5\n')
  ]
  t.same(duplicates(entries), ['p10', 'p5'])
  t.end()
})
