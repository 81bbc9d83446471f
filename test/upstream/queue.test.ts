import t from 'tap'
import { Queue } from '../../src/upstream/queue.js'

t.test('first come, first served; who leaves is passed over', async t => {
  const queue = new Queue<string>(3)
  t.equal(queue.first, undefined)
  for (const name of ['a', 'b', 'c']) t.ok(queue.enter(name))
  t.equal(queue.size, 3)
  t.equal(queue.first, 'a')
  queue.leave('a')
  queue.leave('b')
  queue.leave('b')
  t.equal(queue.first, 'c')
  t.equal(queue.size, 1)
})

t.test('it is bounded', async t => {
  const queue = new Queue<string>(1)
  t.ok(queue.enter('a'))
  t.notOk(queue.enter('b'))
  queue.leave('a')
  t.ok(queue.enter('b'))
  t.notOk(new Queue<string>(0).enter('a'))
})
