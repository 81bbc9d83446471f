import type { Scenario, ScenarioEvent, ScenarioLoad, ScenarioTarget } from '../../src/simulation/scenario.js'
import { number } from '../table.js'
import type { Run } from './run.js'
import { summarize, type StrategySummary } from './summary.js'
import { verdict, type Verdict } from './verdict.js'

/** What came of all runs of one scenario. */
export interface ScenarioReport {
  readonly name: string
  readonly title: string
  /** What load there was, what the targets are and what befell them, each in a line. */
  readonly load: string
  readonly targets: string
  readonly events: string
  /** Do its requests carry keys? */
  readonly keys: boolean
  readonly summaries: readonly StrategySummary[]
  readonly verdict: Verdict
  /** How busy the machine was. */
  readonly processors: string
}

/** Percent from which processes wait for a processor so often that it shows. */
const BUSY = 85

/** Puts the runs of one scenario together; the strategies are in the order of their first runs. */
export function reportScenario (scenario: Scenario, runs: readonly Run[], { duration, connections }: { readonly duration: number, readonly connections: number }): ScenarioReport {
  const weights = scenario.targets.map(target => target.weight)
  const strategies = [...new Set(runs.map(run => run.strategy))]
  const summaries = strategies.map(strategy => summarize(runs.filter(run => run.strategy === strategy), weights))
  return {
    name: scenario.name,
    title: scenario.title,
    load: describeLoad(scenario.load, connections),
    targets: describeTargets(scenario.targets),
    events: scenario.events.map(event => describeEvent(event, duration)).join(', '),
    keys: scenario.load.keys !== null,
    summaries,
    verdict: verdict(summaries, scenario.load.rate !== null),
    processors: describeProcessors(summaries)
  }
}

function describeLoad ({ rate, connections, bursts, keys }: ScenarioLoad, clients: number): string {
  const loop = rate === null ? `closed loop, ${connections ?? clients} connections (autocannon)` : `open loop, ${number(rate)} requests/s at random (own client)`
  return [
    loop,
    bursts === null ? '' : `, ${bursts.factor} times that for ${bursts.length} ms in every ${bursts.every} ms`,
    keys === null ? '' : `; ${number(keys.count)} keys, Zipf ${keys.skew}`
  ].join('')
}

function describeProcessors (summaries: readonly StrategySummary[]): string {
  const highest = Math.max(...summaries.map(summary => summary.processors.high))
  const [low, high] = [number(Math.min(...summaries.map(summary => summary.processors.low))), number(highest)]
  const text = `processors ${low === high ? high : `${low} to ${high}`} % busy`
  return highest < BUSY ? text : `${text}: some latencies are those of waiting for a processor, not of the strategy`
}

/** Equal targets in a row are named once. */
function describeTargets (targets: readonly ScenarioTarget[]): string {
  const groups: Array<{ text: string, times: number }> = []
  for (const text of targets.map(describeTarget)) {
    const last = groups.at(-1)
    if (last?.text === text) last.times++
    else groups.push({ text, times: 1 })
  }
  return groups.map(({ text, times }) => `${times} x ${text}`).join(' + ')
}

function describeTarget ({ serviceTime, weight, concurrency, slowdown, failures, pauses, cold, busy, absent }: ScenarioTarget): string {
  return [
    describeServiceTime(serviceTime),
    slowdown === 1 ? '' : ` x ${slowdown}`,
    concurrency === 0 ? '' : `, ${concurrency} at once`,
    weight === 1 ? '' : `, weight ${weight}`,
    failures === null ? '' : `, ${failures.share * 100} % answer ${failures.status} after ${failures.after} ms`,
    pauses === null ? '' : `, stands still for ${pauses.length} ms in every ${pauses.every} ms`,
    cold === null ? '' : `, ${cold.slowdown} times slower when new, for ${cold.for} ms`,
    busy === 0 ? '' : `, ${busy * 100} % of its processor taken`,
    absent ? ', absent at first' : ''
  ].join('')
}

function describeServiceTime (time: ScenarioTarget['serviceTime']): string {
  switch (time.distribution) {
    case 'constant': return `${time.value} ms`
    case 'log-normal': return `log-normal (median ${time.median} ms, sigma ${time.sigma})`
    case 'pareto': return `Pareto (${time.minimum} to ${time.maximum} ms, alpha ${time.alpha})`
    case 'exponential': return `exponential (mean ${time.mean} ms)`
  }
}

function describeEvent (event: ScenarioEvent, duration: number): string {
  const slow = event.action === 'slow' ? ` to x ${event.factor}${event.over === 0 ? '' : ` within ${hundredths(event.over * duration)} s`}` : ''
  return `${hundredths(event.at * duration)} s: ${event.action} ${event.target}${slow}`
}

function hundredths (value: number): number {
  return Math.round(value * 100) / 100
}
