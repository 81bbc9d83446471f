import fc from 'fast-check'
import t from 'tap'
import { Queue } from '../../src/upstream/queue.js'

const nobody = (name: string): void => { throw new Error(`${name} should have kept its place`) }

/** Who is next. */
const first = <T>(queue: Queue<T>): T | undefined => [...queue][0]

/** Lets all out, in turn. */
function drain (queue: Queue<string>): string[] {
  const out: string[] = []
  for (const item of queue) {
    out.push(item)
    queue.leave(item)
  }
  return out
}

t.test('first come, first served; who leaves is passed over', async t => {
  const queue = new Queue<string>(3)
  t.equal(first(queue), undefined)
  for (const name of ['a', 'b', 'c']) t.ok(queue.enter(name, false, nobody))
  t.equal(queue.size, 3)
  t.equal(first(queue), 'a')
  queue.leave('a')
  queue.leave('b')
  queue.leave('b')
  t.equal(first(queue), 'c')
  t.equal(queue.size, 1)
})

t.test('the urgent ones go first, each kind in the order in which it came', async t => {
  const queue = new Queue<string>(6)
  for (const name of ['a', 'B', 'c', 'D', 'e', 'F']) t.ok(queue.enter(name, name < 'a', nobody))
  queue.leave('D')
  t.equal(queue.size, 5)
  t.strictSame(drain(queue), ['B', 'F', 'a', 'c', 'e'])
  t.equal(queue.size, 0)
})

t.test('it is bounded', async t => {
  const queue = new Queue<string>(1)
  t.ok(queue.enter('a', false, nobody))
  t.notOk(queue.enter('b', false, nobody))
  queue.leave('a')
  t.ok(queue.enter('b', false, nobody))
  t.notOk(new Queue<string>(0).enter('a', false, nobody))
  t.notOk(new Queue<string>(0).enter('A', true, nobody), 'no line, no place for anybody')
})

t.test('where it is full, an urgent one takes the place of the last of the others', async t => {
  const queue = new Queue<string>(3)
  const displaced: string[] = []
  const displace = (name: string): void => { displaced.push(`${name}, ${queue.size} left`) }
  for (const name of ['a', 'B', 'c']) queue.enter(name, name < 'a', nobody)
  t.ok(queue.enter('D', true, displace))
  t.strictSame(displaced, ['c, 2 left'], 'it is out before it hears')
  t.ok(queue.enter('E', true, displace))
  t.strictSame(displaced, ['c, 2 left', 'a, 2 left'])
  t.notOk(queue.enter('F', true, displace), 'the urgent ones do not displace each other')
  t.notOk(queue.enter('g', false, displace))
  t.equal(displaced.length, 2)
  t.strictSame(drain(queue), ['B', 'D', 'E'])
})

t.test('whatever happens: the bound holds, and everybody is served, displaced, refused or gone', async t => {
  const step = fc.constantFrom('enter', 'enter', 'urgent', 'serve', 'leave')
  t.doesNotThrow(() => fc.assert(fc.property(fc.nat(5), fc.array(step, { maxLength: 60 }), (max, steps) => {
    const queue = new Queue<number>(max)
    let urgent: number[] = []
    let others: number[] = []
    for (const [item, step] of steps.entries()) {
      if (step === 'serve' || step === 'leave') {
        const line = [...urgent, ...others]
        const who = step === 'serve' ? first(queue) : line.at(-1)
        if (step === 'serve' && who !== line[0]) return false
        if (who === undefined) continue
        queue.leave(who)
        urgent = urgent.filter(other => other !== who)
        others = others.filter(other => other !== who)
      } else {
        const isUrgent = step === 'urgent'
        const isFull = urgent.length + others.length >= max
        const lost: number[] = []
        const entered = queue.enter(item, isUrgent, who => { lost.push(who) })
        const expected = isFull && isUrgent ? others.slice(-1) : []
        if (JSON.stringify(lost) !== JSON.stringify(expected) || entered !== (!isFull || expected.length > 0)) return false
        others = others.filter(other => !lost.includes(other))
        if (entered) (isUrgent ? urgent : others).push(item)
      }
      if (queue.size !== urgent.length + others.length || queue.size > max) return false
    }
    return true
  })))
})
