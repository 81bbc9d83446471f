import { setTimeout as sleep } from 'node:timers/promises'
import type { Scenario, ScenarioEvent } from '../../src/simulation/scenario.js'
import type { Children } from '../children.js'
import { busyMeter } from '../machine.js'
import { percentile } from '../statistics.js'
import { Fleet } from './fleet.js'
import { runLoad, type LoadResult } from './load.js'
import { Proxy } from './proxy.js'
import { CURVE, type Run } from './run.js'
import { TimelineRecorder } from './timeline.js'

/** Seconds of load before the measured ones, so that code is compiled, connections stand and strategies have learnt. */
export const WARM_UP = 1
/** Apart from each other, so that no two backends of any two runs draw the same numbers. */
const SEEDS = 1_000_003

/** One run to be measured. */
export interface Experiment {
  readonly scenario: Scenario
  readonly strategy: string
  /** Counted from 1. Every strategy meets the same chance in the same round. */
  readonly round: number
}

/** What all runs have in common. */
export interface MeasureOptions {
  /** Seconds. */
  readonly duration: number
  /** Where the scenario does not say. */
  readonly connections: number
  readonly seed: number
  /** Directory of the build under test. */
  readonly build: string
  /** Hears of what is strange but does not end the run. */
  readonly warn: (what: string) => void
}

/** Starts backends and proxy, puts the load on, plays the scenario's events, and ends all. */
export async function measure (children: Children, { scenario, strategy, round }: Experiment, options: MeasureOptions): Promise<Run> {
  const recorder = new TimelineRecorder(scenario.targets.length, options.duration * 1000)
  const seed = options.seed * SEEDS + round * 1000
  // Its process comes up while those of the backends do.
  const proxy = new Proxy(children, options.build)
  const fleet = await Fleet.start(children, scenario.targets, seed, (number, report) => { recorder.add(number, report) })
  const url = await proxy.start({ strategy, targets: fleet.pool, pool: scenario.pool })
  const load = { url, load: scenario.load, connections: scenario.load.connections ?? options.connections }
  await runLoad({ ...load, seconds: WARM_UP, seed: seed - 1 })
  // Its failure is reported when the load has ended, not as a rejection that nobody handles.
  let script: Promise<unknown> = Promise.resolve()
  const begun = (): void => {
    recorder.begin(performance.timeOrigin + performance.now())
    script = play(scenario.events, options.duration * 1000, fleet, proxy).catch((error: unknown) => error)
  }
  const busy = busyMeter()
  const result = await runLoad({ ...load, seconds: options.duration, seed, begun })
  const processors = busy()
  const failure = await script
  if (failure instanceof Error) throw failure
  if (!await proxy.end()) options.warn('the proxy did not end when asked to, and was killed')
  await fleet.end()
  return { scenario: scenario.name, strategy, round, ...figures(result, scenario.targets.length), processors, peaks: recorder.peaks, timeline: recorder.timeline() }
}

function figures ({ latencies, requestsPerSecond, errors, served, affinity }: LoadResult, targets: number): Pick<Run, 'completed' | 'requestsPerSecond' | 'p50' | 'p90' | 'p99' | 'p999' | 'curve' | 'errors' | 'served' | 'affinity'> {
  return {
    completed: latencies.length,
    requestsPerSecond,
    p50: percentile(latencies, 50),
    p90: percentile(latencies, 90),
    p99: percentile(latencies, 99),
    p999: percentile(latencies, 99.9),
    // Beyond the last answer a percentile would only repeat it.
    curve: CURVE.map(percent => latencies.length * (1 - percent / 100) < 1 ? Number.NaN : percentile(latencies, percent)),
    errors,
    affinity,
    served: Array.from({ length: targets }, (_, index) => served.get(String(index + 1)) ?? 0)
  }
}

/** Makes happen what the scenario says, at its time; what has one time happens at once. @param duration in milliseconds. */
async function play (events: readonly ScenarioEvent[], duration: number, fleet: Fleet, proxy: Proxy): Promise<void> {
  const begun = performance.now()
  for (const at of new Set(events.map(event => event.at))) {
    await sleep(Math.max(0, begun + at * duration - performance.now()))
    const now = events.filter(event => event.at === at)
    await Promise.all(now.map(event => happen(event, duration, fleet)))
    if (now.some(({ action }) => action === 'join' || action === 'leave')) await proxy.reconcile(fleet.pool)
  }
}

async function happen (event: ScenarioEvent, duration: number, fleet: Fleet): Promise<void> {
  const { target } = event
  switch (event.action) {
    case 'kill': await fleet.kill(target); break
    case 'restart': await fleet.restart(target); break
    case 'slow': fleet.order(target, { order: 'slow', factor: event.factor, over: event.over * duration }); break
    case 'fail': fleet.order(target, { order: 'fail' }); break
    case 'heal': fleet.order(target, { order: 'heal' }); break
    case 'join': await fleet.join(target); break
    case 'leave': fleet.leave(target)
  }
}
