import t from 'tap'
import { WorkQueue } from '../../../bench/saturation/work-queue.js'
import { VirtualClock } from '../../../src/base/virtual-clock.js'

t.test('as many jobs as there are workers are done at once, the others in turn', t => {
  const clock = new VirtualClock()
  const queue = new WorkQueue(clock, { workers: 2, serviceTime: 10, doublesAt: Infinity })
  const done: string[] = []
  for (const name of ['a', 'b', 'c', 'd', 'e']) queue.add(() => done.push(`${name} ${clock.now()}`))
  t.equal(queue.waiting, 3)
  clock.advance(25)
  t.same(done, ['a 10', 'b 10', 'c 20', 'd 20'])
  t.equal(queue.waiting, 0)
  clock.advance(25)
  t.same(done.at(-1), 'e 30')
  t.equal(clock.pending, 0)
  t.end()
})

t.test('a long line makes each job longer', t => {
  const clock = new VirtualClock()
  const queue = new WorkQueue(clock, { workers: 1, serviceTime: 10, doublesAt: 2 })
  const done: number[] = []
  for (let i = 0; i < 5; i++) queue.add(() => done.push(clock.now()))
  clock.advance(1000)
  // The first began when nobody waited; the others with 3, 2, 1 and 0 behind them.
  t.same(done, [10, 35, 55, 70, 80])
  t.end()
})

t.test('the order is kept over thousands of jobs', t => {
  const clock = new VirtualClock()
  const queue = new WorkQueue(clock, { workers: 3, serviceTime: 1, doublesAt: Infinity })
  const done: number[] = []
  for (let i = 0; i < 5000; i++) queue.add(() => done.push(i))
  t.equal(queue.waiting, 4997)
  clock.advance(5000)
  t.equal(queue.waiting, 0)
  t.same(done, Array.from({ length: 5000 }, (_, i) => i))
  t.end()
})
