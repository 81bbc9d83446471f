import { strategyKinds } from '../../src/balancing/strategies.js'
import type { PickContext } from '../../src/balancing/strategy.js'
import { seededRandom } from '../../src/base/random.js'
import type { Lease } from '../../src/upstream/lease.js'
import type { Outcome } from '../../src/upstream/outcome.js'
import { Pool } from '../../src/upstream/pool.js'
import type { Case } from './harness.js'

/** Leases that are open all the while, so that counts differ. */
const OPEN = 64
const answered: Outcome = { kind: 'response', status: 200 }

/** Lease, pick and settle, with every strategy, for small and large pools, of equal and of mixed weights. */
export const leaseCases: readonly Case[] = strategyKinds.filter(({ name }) => name !== 'sticky').flatMap(kind => [30, 1000].flatMap(count => ['equal', 'mixed'].map(weights => {
  const pool = new Pool({ name: 'bench', strategy: () => kind.create({}), whenAllDown: 'fail' })
  pool.reconcile(Array.from({ length: count }, (_, index) => ({
    url: `http://10.0.${index >> 8}.${index & 255}:8080`,
    weight: weights === 'equal' ? 1 : 1 + index % 3
  })))
  const context: PickContext = {
    request: { method: 'GET', path: '/', clientAddress: '192.0.2.7', header: () => 'user-4711' },
    random: seededRandom(1),
    now: () => performance.now()
  }
  const open: Array<Lease | null> = Array.from({ length: OPEN }, () => pool.lease(context))
  return {
    name: `lease, settle: ${kind.name}, ${count} targets, ${weights} weights`,
    bytes: 0,
    run: times => {
      for (let time = 0; time < times; time++) {
        const slot = time % OPEN
        open[slot]?.settle(answered)
        open[slot] = pool.lease(context)
      }
      return pool.eligible[0]?.inflight ?? 0
    }
  }
})))
