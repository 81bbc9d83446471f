import t from 'tap'
import { comparisonRows, type Round } from '../../../bench/peers/comparison.js'

const round = (load: string, peer: string, cpu: number, requestsPerSecond = 1000, errors = 0): Round =>
  ({ load, peer, cpu, requestsPerSecond, errors, requests: 1, p99: cpu / 10 })

t.test('the best round counts, against the best of the first under the same load', t => {
  const rows = comparisonRows([
    round('small', 'a', 30), round('small', 'b', 50, 900, 2), round('small', 'a', 20), round('small', 'b', 40, 800, 1),
    round('large', 'a', 100), round('large', 'b', 50)
  ])
  t.same(rows, [
    ['small', 'a', '20.0', '1.00', '20.0..30.0', '1,000', '2.0', '0'],
    ['small', 'b', '40.0', '2.00', '40.0..50.0', '900', '4.0', '3'],
    ['large', 'a', '100.0', '1.00', '100.0..100.0', '1,000', '10.0', '0'],
    ['large', 'b', '50.0', '0.50', '50.0..50.0', '1,000', '5.0', '0']
  ])
  t.end()
})

t.test('nothing measured, no rows', t => {
  t.same(comparisonRows([]), [])
  t.end()
})
