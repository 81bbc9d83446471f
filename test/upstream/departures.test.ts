import t from 'tap'
import { Departures } from '../../src/upstream/departures.js'
import { Target } from '../../src/upstream/target.js'

function create () {
  const target = new Target('api', { url: 'http://127.0.0.1:3001' }, () => {})
  const departures = new Departures()
  const told: Target[] = []
  departures.observe(target => { told.push(target) })
  return { target, departures, told }
}

t.test('tells of one that has nothing to finish at once, and once', async t => {
  const { target, departures, told } = create()
  departures.note(target, true)
  t.strictSame(told, [target])
  departures.note(target, true)
  departures.check(target)
  t.equal(told.length, 1)
})

t.test('tells of one that is busy when its last request has ended', async t => {
  const { target, departures, told } = create()
  target.acquire()
  target.acquire()
  departures.note(target, true)
  target.release()
  departures.check(target)
  t.strictSame(told, [])
  target.release()
  departures.check(target)
  departures.check(target)
  t.strictSame(told, [target])
})

t.test('one that stays after all is no longer watched; it may leave again', async t => {
  const { target, departures, told } = create()
  target.acquire()
  departures.note(target, true)
  departures.note(target, false)
  target.release()
  departures.check(target)
  t.strictSame(told, [])
  for (let i = 1; i <= 2; i++) {
    departures.note(target, true)
    t.equal(told.length, i)
    departures.note(target, false)
  }
})

t.test('says nothing of one that does not leave, and tells every observer', async t => {
  const { target, departures, told } = create()
  departures.note(target, false)
  departures.check(target)
  t.strictSame(told, [])
  departures.observe(target => { told.push(target) })
  departures.note(target, true)
  t.strictSame(told, [target, target])
})
