import t from 'tap'
import { LeastLoaded } from '../../../src/server/workers/least-loaded.js'

t.test('the one with the fewest; equals take turns', async t => {
  const chooser = new LeastLoaded()
  const workers = [{ name: 'a', load: 0 }, { name: 'b', load: 0 }, { name: 'c', load: 0 }]
  const [a, b, c] = workers
  const names = (count: number): string => Array.from({ length: count }, () => chooser.choose(workers)?.name).join('')
  t.equal(names(6), 'abcabc')
  if (a === undefined || b === undefined || c === undefined) return
  b.load = 1
  t.equal(names(4), 'acac')
  c.load = 2
  a.load = 5
  t.equal(names(2), 'bb')
  t.equal(chooser.choose([c])?.name, 'c', 'others have gone')
  t.equal(chooser.choose([]), undefined)
})

t.test('connections that are counted at once end up even', async t => {
  const chooser = new LeastLoaded()
  const workers = Array.from({ length: 5 }, () => ({ load: 0 }))
  for (let i = 0; i < 103; i++) {
    const chosen = chooser.choose(workers)
    if (chosen !== undefined) chosen.load++
  }
  t.strictSame(workers.map(({ load }) => load).sort(), [20, 20, 21, 21, 21])
})
