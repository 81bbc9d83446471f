import t from 'tap'
import { median, percentile, shares } from '../../bench/statistics.js'

t.test('percentiles are values of the list, by nearest rank', t => {
  const list = Array.from({ length: 200 }, (_, index) => index + 1)
  t.equal(percentile(list, 50), 100)
  t.equal(percentile(list, 99), 198)
  t.equal(percentile(list, 100), 200)
  t.equal(percentile(list, 0), 1)
  t.equal(percentile([7], 99), 7)
  t.ok(Number.isNaN(percentile([], 50)))
  t.end()
})

t.test('the median needs no order and leaves the list as it is', t => {
  const list = [9, 1, 5]
  t.equal(median(list), 5)
  t.same(list, [9, 1, 5])
  t.end()
})

t.test('shares are percent of what the named ones have', t => {
  t.same(shares(new Map([['2', 30], ['1', 10], ['other', 100]]), ['1', '2', '3']), [25, 75, 0])
  t.same(shares(new Map(), ['1', '2']), [0, 0])
  t.end()
})
