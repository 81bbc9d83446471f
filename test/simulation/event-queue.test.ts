import fc from 'fast-check'
import t from 'tap'
import { EventQueue } from '../../src/simulation/event-queue.js'

t.test('what comes out is in the order of time, and what falls together in the order in which it came', async t => {
  const step = fc.oneof(fc.record({ at: fc.integer({ min: 0, max: 20 }) }), fc.constant(null))
  t.doesNotThrow(() => fc.assert(fc.property(fc.array(step, { maxLength: 300 }), steps => {
    const queue = new EventQueue()
    const model: Array<{ at: number, subject: number, number: number }> = []
    for (const [subject, put] of steps.entries()) {
      if (put !== null) {
        model.push({ at: put.at, subject, number: queue.push(put.at, subject) })
        continue
      }
      model.sort((a, b) => a.at - b.at || a.number - b.number)
      const expected = model.shift()
      if (queue.next !== (expected?.at ?? Infinity) || queue.take() !== (expected !== undefined)) return false
      if (expected !== undefined && (queue.at !== expected.at || queue.subject !== expected.subject || queue.number !== expected.number)) return false
      if (queue.size !== model.length) return false
    }
    return true
  })))
})

t.test('it grows', async t => {
  const queue = new EventQueue()
  for (let i = 0; i < 5000; i++) queue.push(5000 - i, i)
  const subjects = Array.from({ length: 5000 }, () => { queue.take(); return queue.subject })
  t.strictSame(subjects, Array.from({ length: 5000 }, (_, i) => 4999 - i))
  t.equal(queue.take(), false)
  t.equal(queue.next, Infinity)
})
