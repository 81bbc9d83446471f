import t from 'tap'
import { seededRandom } from '../../src/base/random.js'
import { arrivals } from '../../src/simulation/arrivals.js'

/** All that come before `end`, in milliseconds. */
function until (end: number, next: () => number): number[] {
  const all: number[] = []
  for (let at = next(); at < end; at = next()) all.push(at)
  return all
}

t.test('as many as the rate says, in order, and at random', async t => {
  const all = until(100_000, arrivals(500, null, seededRandom(1)))
  t.ok(Math.abs(all.length / 50_000 - 1) < 0.02)
  const gaps = all.map((at, index) => at - (all[index - 1] ?? 0))
  t.ok(gaps.every(gap => gap >= 0))
  const mean = 2
  const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length
  t.ok(Math.abs(variance / mean ** 2 - 1) < 0.05, 'of a Poisson process the gaps vary as much as they are long')
})

t.test('bursts multiply the rate at the end of each period, and only there', async t => {
  const all = until(100_000, arrivals(100, { every: 1000, length: 200, factor: 4 }, seededRandom(1)))
  const inBurst = all.filter(at => at % 1000 >= 800)
  t.ok(Math.abs(inBurst.length / (20 * 400) - 1) < 0.05)
  t.ok(Math.abs((all.length - inBurst.length) / (80 * 100) - 1) < 0.05)
})

t.test('the first to come after a burst comes as if there had been none', async t => {
  const all = until(1_000_000, arrivals(10, { every: 1000, length: 10, factor: 100 }, seededRandom(1)))
  const waits = all.flatMap((at, index) => {
    const end = Math.floor(at / 1000) * 1000
    return (all[index - 1] ?? at) < end ? [at - end] : []
  })
  const mean = waits.reduce((sum, wait) => sum + wait, 0) / waits.length
  t.ok(Math.abs(mean / 100 - 1) < 0.1, `${mean} ms`)
})

t.test('periods that are no round numbers do not hold it up', async t => {
  t.ok(until(10_000, arrivals(1000, { every: 0.3, length: 0.1, factor: 2 }, seededRandom(1))).length > 10_000)
})
