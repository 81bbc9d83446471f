import { milliseconds, number } from '../table.js'
import type { Experiment } from './experiment.js'
import { plainModel, plainSettings } from './plain-world.js'

const STRATEGIES = ['random', 'round-robin', 'least-connections', 'power-of-two', 'peak-ewma', 'least-response-time', 'load-aware']
const PROXIES = [1, 10, 100]
const WORLD = { targets: 100, concurrency: 4, mean: 20, load: 0.8 }
const DURATION = 10_000

/** What strategies lose when each proxy knows only of its own requests. */
export const herding: Experiment = {
  name: 'herding',
  title: 'Many proxies in front of the same targets, each counting its own requests',
  run (laboratory, seed, size) {
    const model = plainModel(WORLD)
    const settings = plainSettings(seed, size, DURATION)
    const results = STRATEGIES.map(strategy => ({
      strategy,
      runs: PROXIES.map(proxies => laboratory.run(model, strategy, { ...settings, proxies }))
    }))
    const p99 = (strategy: string, place: number): number => results.find(result => result.strategy === strategy)?.runs[place]?.latency?.p99 ?? Number.NaN
    const last = PROXIES.length - 1
    return {
      setting: `${WORLD.targets} targets that work on ${WORLD.concurrency} requests at once for ${WORLD.mean} ms on average (exponential), asked for ${WORLD.load * 100} % of what they can do; the same load through 1, 10 and 100 proxies. In flight: the most that one target had.`,
      table: {
        headings: ['strategy', ...PROXIES.map(proxies => `p99 ms, ${proxies}`), ...PROXIES.map(proxies => `in flight, ${proxies}`)],
        words: 1,
        rows: results.map(({ strategy, runs }) => [
          strategy,
          ...runs.map(run => milliseconds(run.latency?.p99)),
          ...runs.map(run => number(run.peakInflight))
        ])
      },
      reading: `With one proxy least-connections has a p99 of ${milliseconds(p99('least-connections', 0))} ms against ${milliseconds(p99('random', 0))} ms at random; ` +
        `with ${PROXIES[last] ?? 0} of them ${milliseconds(p99('least-connections', last))} against ${milliseconds(p99('random', last))} ms: the less a proxy sees of the load, the less its counts say. Round-robin goes from ${milliseconds(p99('round-robin', 0))} to ${milliseconds(p99('round-robin', last))} ms: proxies that started together go round in step for a while.`
    }
  }
}
