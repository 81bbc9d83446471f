import fc from 'fast-check'
import t from 'tap'
import { seededRandom } from '../../src/base/random.js'
import { Pauses } from '../../src/simulation/pauses.js'

t.test('a time is put off to the end of its pause, never beyond, and so often as the rule says', async t => {
  const rule = { every: 1000, length: 100, jitter: 0.5 }
  const pauses = new Pauses(rule, 0, seededRandom(1))
  let paused = 0
  for (let now = 0; now < 1_000_000; now += 10) {
    const end = pauses.end(now, now)
    if (end < now || end > now + 100) t.fail(`${now}: ${end}`)
    if (end > now) paused++
  }
  t.ok(Math.abs(paused / 100_000 - 0.1) < 0.01, `${paused / 1000} % of the time`)
})

t.test('asked about the future in any order, it says the same later', async t => {
  t.doesNotThrow(() => fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 5000 }), { minLength: 1, maxLength: 40 }), fc.nat(), (ats, seed) => {
    const rule = { every: 300, length: 120, jitter: 1 }
    const pauses = new Pauses(rule, 0, seededRandom(seed))
    const said = ats.map(at => pauses.end(at, 0))
    const fresh = new Pauses(rule, 0, seededRandom(seed))
    const order = ats.map((at, index) => ({ at, index })).sort((a, b) => a.at - b.at)
    return order.every(({ at, index }) => fresh.end(at, at) === said[index])
  })))
})

t.test('without jitter they come at even distances', async t => {
  const pauses = new Pauses({ every: 25, length: 20, jitter: 0 }, 0, () => 0)
  t.equal(pauses.end(0, 0), 20)
  t.equal(pauses.end(20, 20), 20)
  t.equal(pauses.end(25, 20), 45)
  t.equal(pauses.end(47, 45), 47)
  t.equal(pauses.end(1001, 1000), 1020)
})
