import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { strategyKinds } from '../src/balancing/strategies.js'
import { proxying } from '../src/cli/simulate.js'
import { Laboratory } from '../src/simulation/laboratory.js'
import type { SimulationResult } from '../src/simulation/result.js'
import { scenarioModel } from '../src/simulation/scenario-model.js'
import type { Scenario } from '../src/simulation/scenario.js'
import { machineLine } from './machine.js'
import { count, listOf, seconds } from './options.js'
import { median } from './statistics.js'
import { WARM_UP } from './strategies/measure.js'
import type { Run } from './strategies/run.js'
import { loadScenarios } from './strategies/scenario-files.js'
import { number, table, type Column } from './table.js'

/** The simulator runs longer than the benchmark: its percentiles are to be beyond chance. */
const SIMULATED_RUNS = 10
/** Its targets all take the same time, so what is measured above it is what client, proxy and network take. */
const CALIBRATION = 'equal'
/** Clients of that run: with so many it has about as many requests per second as most scenarios. */
const FEW = 12
/** Clients of the other runs, where the scenario does not say. */
const CONNECTIONS = 50
/** Difference, in percent, up to which the two agree. */
const AGREED = 25
const RUN = fileURLToPath(new URL('./run.js', import.meta.url))

interface Options {
  readonly scenario: string[]
  readonly strategy: string[]
  readonly duration: number
  readonly rounds: number
  readonly seed: number
}

const COLUMNS: readonly Column[] = [
  { heading: 'scenario', align: 'left' },
  { heading: 'strategy', align: 'left' },
  ...['p50 measured', 'p50 simulated', 'off %', 'p99 measured', 'p99 simulated', 'off %'].map((heading): Column => ({ heading, align: 'right' }))
]

const scenarios = await loadScenarios()
const names = scenarios.map(({ name }) => name)
const strategies = strategyKinds.map(({ name }) => name)

const options = new Command('validate')
  .description('Measures scenarios with the benchmark, simulates them, and prints both side by side.')
  .option('--scenario <names>', `comma-separated: ${names.join(', ')}`, listOf(names), ['capacities-weighted', 'log-normal', 'bursts'])
  .option('--strategy <names>', `comma-separated: ${strategies.join(', ')}`, listOf(strategies), ['round-robin', 'least-connections', 'peak-ewma'])
  .option('--duration <time>', 'of each run', seconds, 10)
  .option('--rounds <number>', 'turns of each strategy', count, 3)
  .option('--seed <number>', 'of all that is left to chance', count, 1)
  .parse().opts<Options>()

const directory = mkdtempSync(join(tmpdir(), 'headrace-validate-'))
try {
  await main()
} finally {
  rmSync(directory, { recursive: true, force: true })
}

async function main (): Promise<void> {
  const overhead = await calibrate()
  const runs = await measure(options.scenario, options.strategy, options.rounds)
  const laboratory = new Laboratory(proxying)
  let agreed = 0
  const rows = scenarios.filter(({ name }) => options.scenario.includes(name)).flatMap(scenario => options.strategy.map(strategy => {
    const measured = runs.filter(run => run.scenario === scenario.name && run.strategy === strategy)
    const { latency } = simulate(laboratory, scenario, strategy, overhead)
    const p50 = compared(median(measured.map(run => run.p50)), latency?.p50)
    const p99 = compared(median(measured.map(run => run.p99)), latency?.p99)
    if (p50.agree && p99.agree) agreed++
    return [scenario.name, strategy, ...p50.cells, ...p99.cells]
  }))
  console.log([
    `${machineLine()}; measured: the middle of ${options.rounds} rounds of ${options.duration} s; simulated: ${options.duration * SIMULATED_RUNS} s and ${number(overhead, 2)} ms for client, proxy and network,`,
    `which is what "${CALIBRATION}" took above its service time just before. Milliseconds.`,
    '',
    table(COLUMNS, rows, 'markdown'),
    '',
    `${agreed} of ${rows.length} agree within ${AGREED} % in both.`
  ].join('\n'))
  if (agreed < rows.length) process.exitCode = 1
}

/** Milliseconds of a request beside the work of its target. */
async function calibrate (): Promise<number> {
  const plain = scenarios.find(({ name }) => name === CALIBRATION)?.targets[0]?.serviceTime
  if (plain?.distribution !== 'constant') throw new TypeError(`the targets of "${CALIBRATION}" must take the same time always`)
  const runs = await measure([CALIBRATION], ['round-robin'], 1, FEW)
  return Math.max(0, median(runs.map(({ p50 }) => p50)) - plain.value)
}

function simulate (laboratory: Laboratory, scenario: Scenario, strategy: string, overhead: number): SimulationResult {
  return laboratory.run(scenarioModel(scenario, { targets: null, rate: null, clients: null }), strategy, {
    pool: scenario.pool,
    proxies: 1,
    // Events come at shares of the run: one that is longer would be another run.
    until: { duration: options.duration * 1000 * (scenario.events.length === 0 ? SIMULATED_RUNS : 1) },
    warmUp: WARM_UP * 1000,
    seed: options.seed,
    attempts: 2,
    retryStatuses: [],
    timeout: 0,
    budget: true,
    subsets: null,
    overhead
  })
}

/** Runs the benchmark. @param connections of closed loops, where the scenario does not say. */
async function measure (scenario: readonly string[], strategy: readonly string[], rounds: number, connections = CONNECTIONS): Promise<readonly Run[]> {
  const file = join(directory, 'runs.json')
  const { duration, seed } = options
  const child = spawn(process.execPath, [RUN,
    '--scenario', scenario.join(), '--strategy', strategy.join(), '--duration', `${duration}s`, '--rounds', String(rounds), '--connections', String(connections), '--seed', String(seed), '--json', file
  ], { stdio: ['ignore', 'ignore', 'inherit'] })
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', resolve)
  })
  if (status !== 0) throw new Error(`the benchmark ended with status ${status ?? 'none'}`)
  // What the benchmark writes.
  const { runs } = JSON.parse(readFileSync(file, 'utf8')) as { runs: readonly Run[] }
  return runs
}

function compared (measured: number, simulated: number | undefined): { readonly cells: string[], readonly agree: boolean } {
  const off = ((simulated ?? Number.NaN) / measured - 1) * 100
  return { cells: [number(measured, 1), number(simulated ?? Number.NaN, 1), `${off > 0 ? '+' : ''}${number(off)}`], agree: Math.abs(off) <= AGREED }
}
