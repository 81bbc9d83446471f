import { writeFileSync } from 'node:fs'
import { Command } from 'commander'
import { strategyKinds } from '../src/balancing/strategies.js'
import { Children } from './children.js'
import { machine, machineLine } from './machine.js'
import { count, listOf, seconds } from './options.js'
import { htmlReport } from './strategies/html-report.js'
import { measure } from './strategies/measure.js'
import { estimate, plan } from './strategies/plan.js'
import { Progress } from './strategies/progress.js'
import { BUILD } from './strategies/proxy.js'
import type { Run } from './strategies/run.js'
import { loadScenarios } from './strategies/scenario-files.js'
import { reportScenario, type ScenarioReport } from './strategies/scenario-report.js'
import { head, scenarioText } from './strategies/text-report.js'

interface Options {
  readonly scenario: string[]
  readonly strategy: string[]
  readonly duration?: number
  readonly rounds?: number
  readonly connections: number
  readonly seed: number
  readonly json?: string
  readonly html?: string
  readonly markdown?: boolean
  readonly build: string
}

/** What runs if nobody says: three that tell most in a short time. */
const DEFAULT_SCENARIOS = ['equal', 'one-slow', 'crash']

const scenarios = await loadScenarios()
const scenarioNames = scenarios.map(scenario => scenario.name)
const strategyNames = strategyKinds.map(kind => kind.name)

const options = new Command('bench')
  .description('Puts load on the proxy, once per scenario, round and strategy, and prints one table per scenario.')
  .option('--scenario <names>', `comma-separated, or all: ${scenarioNames.join(', ')}`, listOf(scenarioNames), DEFAULT_SCENARIOS)
  .option('--strategy <names>', `comma-separated, or all: ${strategyNames.join(', ')}`, listOf(strategyNames), strategyNames)
  .option('--duration <time>', 'of each run, such as 10s (default: 2s to 5s, so that all runs take about two minutes)', seconds)
  .option('--rounds <number>', 'turns of each strategy (default: 3, or 1 where three would take over two minutes and no duration is given)', count)
  .option('--connections <number>', 'of closed loops, each with one request at a time, where the scenario does not say', count, 50)
  .option('--seed <number>', 'of all that is left to chance', count, 1)
  .option('--json <file>', 'write every run to a file as well')
  .option('--html <file>', 'write a report with charts, which needs no network')
  .option('--markdown', 'print the tables as Markdown')
  .option('--build <directory>', 'another build of the proxy', BUILD)
  .parse().opts<Options>()

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
  const chosen = scenarios.filter(scenario => options.scenario.includes(scenario.name))
  const { duration, rounds, experiments } = plan({ scenarios: chosen, strategies: options.strategy, duration: options.duration, rounds: options.rounds })
  const progress = new Progress(process.stderr, experiments.length)
  const runs: Run[] = []
  const reports: ScenarioReport[] = []
  const style = options.markdown === true ? 'markdown' : 'plain'
  const begun = performance.now()
  console.log(head(duration, rounds))
  for (const experiment of experiments) {
    const { scenario, strategy, round } = experiment
    const left = experiments.length - runs.length
    const each = runs.length === 0 ? estimate(1, duration) : (performance.now() - begun) / 1000 / runs.length
    progress.begin(`${scenario.name}, round ${round}/${rounds}, ${strategy}`, each * left)
    runs.push(await measure(children, experiment, { ...options, duration, warn: what => { progress.note(what) } }))
    if (round < rounds || strategy !== options.strategy.at(-1)) continue
    const report = reportScenario(scenario, runs.filter(run => run.scenario === scenario.name), { duration, connections: options.connections })
    reports.push(report)
    progress.clear()
    console.log(`\n${scenarioText(report, style)}`)
  }
  const about = { at: new Date().toISOString(), duration, rounds, connections: options.connections, seed: options.seed }
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify({ ...about, machine, verdicts: verdicts(reports), runs }, null, 1)}\n`)
  if (options.html !== undefined) writeFileSync(options.html, htmlReport({ ...about, machine: machineLine() }, reports))
}

function verdicts (reports: readonly ScenarioReport[]): Record<string, string> {
  return Object.fromEntries(reports.map(({ name, verdict }) => [name, verdict.text]))
}
