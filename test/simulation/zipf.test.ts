import t from 'tap'
import { seededRandom } from '../../src/base/random.js'
import { zipf } from '../../src/simulation/zipf.js'

function counts (count: number, skew: number, draws: number): number[] {
  const draw = zipf(count, skew, seededRandom(1))
  const all = new Array<number>(count).fill(0)
  for (let i = 0; i < draws; i++) {
    const drawn = draw()
    all[drawn] = (all[drawn] ?? Number.NaN) + 1
  }
  return all
}

t.test('the first is as much more frequent than the others as the law says', async t => {
  const all = counts(1000, 1, 200_000)
  t.notOk(all.some(Number.isNaN), 'nothing else is drawn')
  for (const place of [2, 4, 10]) t.ok(Math.abs((all[0] ?? 0) / (all[place - 1] ?? 0) / place - 1) < 0.1, `place ${place}`)
})

t.test('without skew all are alike', async t => {
  for (const each of counts(10, 0, 100_000)) t.ok(Math.abs(each / 10_000 - 1) < 0.05)
})

t.test('one key is always drawn', async t => {
  t.strictSame(counts(1, 1.1, 10), [10])
})
