import { writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { Command } from 'commander'
import { strategyKinds } from '../src/balancing/strategies.js'
import { Children } from './children.js'
import { Fleet } from './fleet.js'
import { runLoad } from './load.js'
import { machine } from './machine.js'
import { count, listOf, seconds } from './options.js'
import { PROGRAM, startProxy } from './proxy-process.js'
import { report, type Run } from './report.js'
import { loadScenarios, type Scenario } from './scenario.js'

/** Seconds of load before the measured ones, so that code is compiled and connections stand. */
const WARM_UP = 1
/** Seconds that all runs may take together if no duration is asked for; and what one needs beside its duration. */
const BUDGET = 100
const OVERHEAD = 2.5
/** Milliseconds for the first health checks to be answered. */
const SETTLE = 300

interface Options {
  readonly scenario: string[]
  readonly strategy: string[]
  readonly duration?: number
  readonly connections: number
  readonly json?: string
  readonly markdown?: boolean
  readonly program: string
}

const scenarios = await loadScenarios()
const scenarioNames = scenarios.map(scenario => scenario.name)
const strategyNames = strategyKinds.map(kind => kind.name)

const options = new Command('bench')
  .description('Puts load on the proxy, once per scenario and strategy, and prints one table.')
  .option('--scenario <names>', `comma-separated, or all: ${scenarioNames.join(', ')}`, listOf(scenarioNames), scenarioNames)
  .option('--strategy <names>', `comma-separated, or all: ${strategyNames.join(', ')}`, listOf(strategyNames), strategyNames)
  .option('--duration <time>', 'of each run, such as 30s (default: 5s, or less if many runs would take over two minutes)', seconds)
  .option('--connections <number>', 'client connections, each with one request at a time', count, 50)
  .option('--json <file>', 'write the results to a file as well')
  .option('--markdown', 'print the table as Markdown')
  .option('--program <file>', 'another build of the proxy', PROGRAM)
  .parse().opts<Options>()

const chosen = scenarios.filter(scenario => options.scenario.includes(scenario.name))
const duration = options.duration ?? Math.max(2, Math.min(5, Math.floor(BUDGET / (chosen.length * options.strategy.length) - OVERHEAD)))
const children = new Children()
try {
  await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
} finally {
  await children.endAll()
}

async function main (): Promise<void> {
  const runs: Run[] = []
  for (const scenario of chosen) {
    for (const strategy of options.strategy) {
      console.error(`${scenario.name}, ${strategy}: ${duration} s`)
      runs.push(await measure(scenario, strategy))
    }
  }
  console.log(report({ duration, connections: options.connections, scenarios: chosen, runs }, options.markdown === true ? 'markdown' : 'plain'))
  if (options.json === undefined) return
  const results = { at: new Date().toISOString(), machine, duration, connections: options.connections, runs }
  writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`)
}

async function measure (scenario: Scenario, strategy: string): Promise<Run> {
  const fleet = await Fleet.start(children, scenario.targets)
  const targets = fleet.urls.map((url, index) => ({ url, weight: scenario.targets[index]?.weight ?? 1 }))
  const proxy = await startProxy(children, { strategy, targets, pool: scenario.pool }, options.program)
  await sleep(SETTLE)
  const { connections } = options
  await runLoad({ url: proxy.url, connections, seconds: WARM_UP })
  // Its failure is reported when the load has ended, not as a rejection that nobody handles.
  let script: Promise<unknown> = Promise.resolve()
  const load = await runLoad({ url: proxy.url, connections, seconds: duration, begun: () => { script = play(scenario, fleet).catch((error: unknown) => error) } })
  const failure = await script
  if (failure instanceof Error) throw failure
  if (!await proxy.end()) console.error('  the proxy did not end when asked to, and was killed')
  await fleet.end()
  const { served, ...rest } = load
  return { scenario: scenario.name, strategy, ...rest, served: Object.fromEntries(served) }
}

/** Makes happen what the scenario says, at its time. */
async function play (scenario: Scenario, fleet: Fleet): Promise<void> {
  const begun = performance.now()
  for (const { at, action, target } of scenario.events) {
    await sleep(Math.max(0, begun + at * duration * 1000 - performance.now()))
    await fleet[action](target)
  }
}
