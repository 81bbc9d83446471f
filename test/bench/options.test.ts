import t from 'tap'
import { count, listOf, seconds } from '../../bench/options.js'

t.test('a list is all, or some in the known order', t => {
  const read = listOf(['a', 'b', 'c'])
  t.same(read('all'), ['a', 'b', 'c'])
  t.same(read('c, a'), ['a', 'c'])
  t.throws(() => read('a,x,y'), { message: 'x, y: not one of a, b, c' })
  t.throws(() => read(''))
  t.end()
})

t.test('durations are whole seconds', t => {
  t.equal(seconds('5s'), 5)
  t.equal(seconds('2m'), 120)
  t.throws(() => seconds('5'))
  t.throws(() => seconds('500ms'))
  t.end()
})

t.test('counts are whole numbers from 1 up', t => {
  t.equal(count('50'), 50)
  for (const bad of ['0', '-1', '1.5', 'x', '']) t.throws(() => count(bad), bad)
  t.end()
})
