import type { ScenarioEvent } from '../scenario.js'
import type { SimulationResult } from '../result.js'
import { milliseconds, number, percent } from '../table.js'
import type { Experiment } from './experiment.js'
import { plainModel, plainSettings } from './plain-world.js'

const WORLD = { targets: 20, concurrency: 4, mean: 20, load: 0.6 }
const PROXIES = 5
const DURATION = 30_000
/** Milliseconds after which a proxy gives an attempt up. */
const PATIENCE = 250
/** Attempts in all, and whether the budget holds. */
const CASES: ReadonlyArray<readonly [number, boolean]> = [[1, false], [2, false], [4, false], [2, true], [4, true]]

/** What retries add to an outage. */
export const retryStorm: Experiment = {
  name: 'retry-storm',
  title: 'Half of the targets fail: retries with and without a budget',
  run (laboratory, seed, size) {
    const events: ScenarioEvent[] = Array.from({ length: WORLD.targets / 2 }, (_, index) => ({ at: 0, action: 'fail', target: index + 1 }))
    const model = plainModel({ ...WORLD, events })
    const rows = CASES.map(([attempts, budget]) => {
      const settings = { ...plainSettings(seed, size, DURATION), proxies: PROXIES, attempts, retryStatuses: [500], timeout: PATIENCE, budget }
      return { attempts, budget, run: laboratory.run(model, 'round-robin', settings) }
    })
    const find = (attempts: number, budget: boolean): SimulationResult | undefined => rows.find(row => row.attempts === attempts && row.budget === budget)?.run
    return {
      setting: `${WORLD.targets} targets that work on ${WORLD.concurrency} requests at once for ${WORLD.mean} ms on average, asked for ${WORLD.load * 100} % of what they can do through ${PROXIES} proxies with round-robin. Half of them answer 500 after 1 ms; 500 and ${PATIENCE} ms without an answer are tried again. Nobody is ejected. Busy: the targets that are well.`,
      table: {
        headings: ['attempts', 'budget', 'sent per request', 'failed %', 'p50 ms', 'p99 ms', 'busy %', 'in flight'],
        words: 0,
        rows: rows.map(({ attempts, budget, run }) => [
          number(attempts),
          attempts === 1 ? '' : budget ? 'on' : 'off',
          number(run.amplification, 2),
          percent(1 - run.served / Math.max(1, run.requests)),
          milliseconds(run.latency?.p50),
          milliseconds(run.latency?.p99),
          percent(busy(run)),
          number(run.peakInflight)
        ])
      },
      reading: `With up to ${CASES[2]?.[0] ?? 0} attempts and no budget each request is sent ${number(find(4, false)?.amplification, 2)} times, which drives the targets that are well to ${percent(busy(find(4, false)), 0)} %; the budget holds it at ${number(find(4, true)?.amplification, 2)} and them at ${percent(busy(find(4, true)), 0)} %.`
    }
  }
}

/** Mean utilisation of the half that does not fail. */
function busy (run: SimulationResult | undefined): number | null {
  const well = run?.targets.slice(WORLD.targets / 2) ?? []
  return well.length === 0 ? null : well.reduce((sum, { utilization }) => sum + utilization, 0) / well.length
}
