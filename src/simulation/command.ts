import { Command } from 'commander'
import type { Clock } from '../base/clock.js'
import { ConfigError } from '../base/errors.js'
import { experiments } from './experiments/experiments.js'
import { Laboratory, type Proxying, type Settings } from './laboratory.js'
import { limitsOfLog, limitsOfScenario, limitsText } from './limits.js'
import { logModel } from './log-model.js'
import type { Model } from './model.js'
import { runLegend, runTable, type StrategyRun } from './report.js'
import { parseScenario, type Scenario } from './scenario.js'
import { scenarioModel } from './scenario-model.js'
import { declareOptions, type SimulateOptions } from './simulate-options.js'
import { deterministicSubsets } from './subsets.js'
import { layOut, number } from './table.js'

/** Milliseconds that a scenario runs if nobody says. */
const DURATION = 30_000

/** What the command needs of the program. */
export interface SimulateHost {
  readonly proxying: Proxying
  readonly clock: Clock
  /** Names of the scenarios that come with the package. */
  readonly scenarios: readonly string[]
  /** Path of the one of that name. */
  scenarioPath (name: string): string
  /** @throws if it can not be read. */
  readFile (path: string): string
  print (text: string): void
}

/** What is simulated. */
interface Subject {
  readonly title: string
  readonly model: Model
  readonly pool: Readonly<Record<string, unknown>>
  readonly limits: readonly string[]
}

/** `headrace simulate`: its action throws a ConfigError if what is asked for can not be. */
export function simulateCommand (host: SimulateHost): Command {
  return declareOptions(new Command('headrace simulate').description('Simulates clients, proxies and targets in virtual time.'), host.scenarios)
    .action((options: SimulateOptions) => {
      try {
        if (options.experiment === undefined) simulate(host, options)
        else experiment(host, options)
      } catch (error) {
        if (error instanceof RangeError) throw new ConfigError([{ path: '', message: error.message }])
        throw error
      }
    })
}

function simulate (host: SimulateHost, options: SimulateOptions): void {
  const { title, model, pool, limits } = subjectOf(host, options)
  const laboratory = new Laboratory(host.proxying)
  const begun = host.clock.now()
  const runs = options.strategy.map((strategy): StrategyRun => ({ strategy, ...laboratory.run(model, strategy, settingsOf(options, pool)) }))
  const seconds = (host.clock.now() - begun) / 1000
  if (options.json === true) return host.print(JSON.stringify({ title, options, seconds, runs, limits }, null, 1))
  const sum = (of: (run: StrategyRun) => number): string => number(runs.reduce((total, run) => total + of(run), 0))
  host.print([
    title,
    `${number(model.targets.length)} targets, ${number(options.proxies)} ${options.proxies === 1 ? 'proxy' : 'proxies'}, ${sum(run => run.requests)} requests in all; ${sum(run => run.events)} events in ${number(seconds, 1)} s.`,
    '',
    runTable(runs),
    '',
    runLegend,
    '',
    limitsText(limits)
  ].join('\n'))
}

function experiment (host: SimulateHost, options: SimulateOptions): void {
  const found = experiments.find(({ name }) => name === options.experiment)
  if (found === undefined) throw new RangeError(`there is no experiment "${options.experiment ?? ''}"`)
  const finding = found.run(new Laboratory(host.proxying), options.seed, 1)
  if (options.json === true) return host.print(JSON.stringify({ experiment: found.name, title: found.title, seed: options.seed, ...finding }, null, 1))
  host.print([found.title, '', finding.setting, '', layOut(finding.table), '', finding.reading].join('\n'))
}

function subjectOf (host: SimulateHost, options: SimulateOptions): Subject {
  const { scenario: name, log, pool } = options
  if ((name === undefined) === (log === undefined)) throw new RangeError('expected one of --scenario, --log and --experiment')
  if (log !== undefined) {
    const superfluous = (['targets', 'rate', 'connections'] as const).filter(option => options[option] !== undefined)
    if (superfluous.length > 0) throw new RangeError(`--${superfluous.join(', --')} can not be changed in a log`)
    return { title: `The requests of ${log}, once more`, model: logModel(host.readFile(log), pool ?? null), pool: {}, limits: limitsOfLog() }
  }
  const scenario = readScenario(host, name ?? '')
  const { targets = null, rate = null, connections = null } = options
  return {
    title: `${scenario.name}: ${scenario.title}`,
    model: scenarioModel(scenario, { targets, rate, clients: connections }),
    pool: scenario.pool,
    limits: limitsOfScenario(scenario.pool)
  }
}

function readScenario (host: SimulateHost, name: string): Scenario {
  const text = host.readFile(pathOf(host, name))
  try {
    return parseScenario(name, text)
  } catch (error) {
    throw error instanceof TypeError ? new RangeError(error.message) : error
  }
}

/** A name without anything of a path in it is one of ours. */
function pathOf (host: SimulateHost, name: string): string {
  if (!/^[\w-]+$/.test(name)) return name
  if (!host.scenarios.includes(name)) throw new RangeError(`there is no scenario "${name}"; expected a file, or one of ${host.scenarios.join(', ')}`)
  return host.scenarioPath(name)
}

function settingsOf (options: SimulateOptions, pool: Readonly<Record<string, unknown>>): Settings {
  const { proxies, requests, duration, warmUp, seed, retries, retryOn, timeout, budget, subset, overhead, log } = options
  if (requests !== undefined && duration !== undefined) throw new RangeError('--requests and --duration exclude each other')
  return {
    pool,
    proxies,
    until: requests !== undefined ? { requests } : { duration: duration ?? (log === undefined ? DURATION : Infinity) },
    warmUp,
    seed,
    attempts: retries + 1,
    retryStatuses: retryOn,
    timeout,
    budget,
    subsets: subset === undefined ? null : (count, targets, random) => deterministicSubsets(count, targets, subset, random),
    overhead
  }
}
