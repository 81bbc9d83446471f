import type { Random } from '../../base/random.js'
import { deterministicSubsets, randomSubsets } from '../subsets.js'
import { milliseconds, number } from '../table.js'
import type { Experiment } from './experiment.js'
import { plainModel, plainSettings } from './plain-world.js'

const STRATEGY = 'least-connections'
const PROXIES = 50
const SIZES = [100, 50, 20, 10, 5, 3]
/** The size that the reading speaks of. */
const FEW = 10
const WORLD = { targets: 100, concurrency: 4, mean: 20, load: 0.7 }
const DURATION = 15_000

type Subsets = (proxies: number, targets: number, size: number, random: Random) => number[][]

/** What it costs that each proxy keeps connections to some of the targets only. */
export const subsetSizes: Experiment = {
  name: 'subsets',
  title: 'Each proxy sees some of the targets only',
  run (laboratory, seed, size) {
    const model = plainModel(WORLD)
    const measure = (subset: number, subsets: Subsets): { readonly imbalance: number, readonly p99: number | undefined } => {
      const run = laboratory.run(model, STRATEGY, {
        ...plainSettings(seed, size, DURATION),
        proxies: PROXIES,
        subsets: (proxies, targets, random) => subsets(proxies, targets, subset, random)
      })
      return { imbalance: Math.max(...run.targets.map(({ share }) => share)) * WORLD.targets, p99: run.latency?.p99 }
    }
    const rows = SIZES.map(subset => ({ subset, deterministic: measure(subset, deterministicSubsets), random: measure(subset, randomSubsets) }))
    const few = rows.find(row => row.subset === FEW)
    return {
      setting: `${WORLD.targets} targets that work on ${WORLD.concurrency} requests at once for ${WORLD.mean} ms on average, asked for ${WORLD.load * 100} % of what they can do, through ${PROXIES} proxies with ${STRATEGY}. Busiest: its share of the requests, as a multiple of an even one. Connections: pairs of proxy and target.`,
      table: {
        headings: ['targets seen', 'connections', 'busiest, dealt', 'p99 ms, dealt', 'busiest, random', 'p99 ms, random'],
        words: 0,
        rows: rows.map(({ subset, deterministic, random }) => [
          number(subset),
          number(subset * PROXIES),
          number(deterministic.imbalance, 2),
          milliseconds(deterministic.p99),
          number(random.imbalance, 2),
          milliseconds(random.p99)
        ])
      },
      reading: `With ${FEW} of ${WORLD.targets} targets for each proxy the busiest has ${number(few?.deterministic.imbalance, 2)} times its share where subsets are dealt out in turn, and ${number(few?.random.imbalance, 2)} times where each proxy draws its own; the p99 is ${milliseconds(few?.deterministic.p99)} against ${milliseconds(few?.random.p99)} ms.`
    }
  }
}
