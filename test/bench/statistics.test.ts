import t from 'tap'
import { figure, median, percentile, shares, spread } from '../../bench/statistics.js'

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

t.test('several measurements are their middle and the outermost ones', t => {
  t.strictSame(figure([9, 1, 5]), { middle: 5, low: 1, high: 9, count: 3 })
  t.strictSame(figure([4, 1, 3, 10]), { middle: 3.5, low: 1, high: 10, count: 4 })
  t.strictSame(figure([2, Number.NaN]), { middle: 2, low: 2, high: 2, count: 1 })
  t.strictSame(figure([]), { middle: Number.NaN, low: Number.NaN, high: Number.NaN, count: 0 })
  t.equal(spread(figure([38, 41, 44])), 3)
  t.end()
})

t.test('shares are percent of all', t => {
  t.same(shares([10, 30, 0]), [25, 75, 0])
  t.same(shares([0, 0]), [0, 0])
  t.end()
})
