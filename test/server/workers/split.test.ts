import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { VirtualClock } from '../../../src/base/virtual-clock.js'
import { loadConfig } from '../../../src/config/load.js'
import { RetryBudget } from '../../../src/proxy/retry-budget.js'
import { part, shareOf } from '../../../src/server/workers/split.js'
import { configArbitrary } from '../../fixtures/config-arbitrary.js'

const parts = (limit: number, of: number): number[] => Array.from({ length: of }, (_, index) => part(limit, { index, of }))
const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)

t.test('the parts of a limit are the limit, the first ones have the rest', async t => {
  t.strictSame(parts(10, 4), [3, 3, 2, 2])
  t.strictSame(parts(8, 4), [2, 2, 2, 2])
  t.strictSame(parts(0, 3), [0, 0, 0], 'no limit stays none')
  t.strictSame(parts(2, 4), [1, 1, 1, 1], 'nobody is left with 0, which would be no limit')
  t.doesNotThrow(() => fc.assert(fc.property(fc.integer({ min: 1, max: 1_000_000 }), fc.integer({ min: 1, max: 256 }), (limit, of) => {
    const all = parts(limit, of)
    return sum(all) === Math.max(limit, of) && Math.max(...all) - Math.min(...all) <= 1
  })))
})

t.test('a config is split where it limits, and nowhere else', async t => {
  const config = loadConfig({
    pools: { api: { targets: [{ url: 'http://10.0.0.1', maxConnections: 5 }, 'http://10.0.0.2'], maxConnections: 7, queue: { max: 3 }, retryBudget: { minimumPerSecond: 3 } } }
  })
  const shares = [0, 1].map(index => shareOf(config, { index, of: 2 }))
  const pools = shares.map(({ pools }) => pools['api'])
  t.strictSame(pools.map(pool => pool?.maxConnections), [4, 3])
  t.strictSame(pools.map(pool => pool?.queueMax), [2, 1])
  t.strictSame(pools.map(pool => pool?.targets.map(target => target.maxConnections)), [[3, 0], [2, 0]])
  t.strictSame(pools.map(pool => pool?.retryBudget.minimumPerSecond), [1.5, 1.5])
  t.strictSame(pools.map(pool => pool?.retryBudget.share), [0.2, 0.2])
  t.strictSame({ ...shares[0], pools: null }, { ...config, pools: null })
})

t.test('retry budgets allow together what one would', async t => {
  for (const of of [2, 3, 4, 7, 16]) {
    for (const minimumPerSecond of [1.6, 2.5, 3, 7, 10, 1000]) {
      const config = loadConfig({ pools: { api: { targets: ['http://10.0.0.1'], retryBudget: { minimumPerSecond } } } })
      const left = Array.from({ length: of }, (_, index) => shareOf(config, { index, of }).pools['api']?.retryBudget)
        .map(rules => new RetryBudget(new VirtualClock(), rules).left)
      t.equal(sum(left), new RetryBudget(new VirtualClock(), { share: 0, minimumPerSecond }).left, `${minimumPerSecond} over ${of}`)
    }
  }
})

t.test('a config is plain data: nothing of it is lost on the way to a worker', async t => {
  t.doesNotThrow(() => fc.assert(fc.property(configArbitrary, input => {
    const config = loadConfig(input)
    const received: unknown = JSON.parse(JSON.stringify(config))
    return isDeepStrictEqual(received, { ...config, pools: { ...config.pools } })
  }), { numRuns: 60 }))
})
