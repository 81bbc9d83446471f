import { InvalidArgumentError, Option, type Command } from 'commander'
import { strategyKinds } from '../balancing/strategies.js'
import { parseDuration } from '../base/duration.js'
import { experiments } from './experiments/experiments.js'

/** What is asked for on the command line. Times are milliseconds. */
export interface SimulateOptions {
  readonly scenario?: string
  readonly log?: string
  readonly pool?: string
  readonly experiment?: string
  readonly strategy: readonly string[]
  readonly proxies: number
  readonly targets?: number
  readonly requests?: number
  readonly duration?: number
  readonly rate?: number
  readonly connections?: number
  readonly warmUp: number
  readonly seed: number
  readonly retries: number
  readonly retryOn: readonly number[]
  readonly timeout: number
  readonly budget: boolean
  readonly subset?: number
  readonly overhead: number
  readonly json?: boolean
}

const experimentNames = experiments.map(({ name }) => name)
const strategyNames = strategyKinds.map(({ name }) => name)

/** Declares the options. @param scenarios names of those that come with the package. */
export function declareOptions (command: Command, scenarios: readonly string[]): Command {
  return command
    .option('--scenario <name>', `a scenario file, or one that comes with the package: ${scenarios.join(', ')}`)
    .option('--log <file>', 'in place of a scenario: an access log of the proxy, whose requests come again')
    .option('--pool <name>', 'which pool of the log')
    .option('--experiment <name>', `one that is ready: ${experimentNames.join(', ')}. Of the other options it looks at --seed and --json only`, oneOf(experimentNames))
    .addOption(option('--strategy <names>', `comma-separated: ${strategyNames.join(', ')}`, strategies, strategyNames, 'all'))
    .option('--proxies <number>', 'in front of the same targets, each with its own counts', wholeFrom(1, 10_000), 1)
    .option('--targets <number>', 'so many: those of the scenario as often as it takes; its load grows with them', wholeFrom(1, 100_000))
    .option('--requests <number>', 'how many', wholeFrom(1, 1e9))
    .option('--duration <time>', 'how long requests come (default: 30s, or the whole log)', positiveDuration)
    .option('--rate <number>', 'requests per second, which do not wait for each other, in place of the scenario\'s load', positive)
    .option('--connections <number>', 'clients; without a rate each has one request at a time', wholeFrom(1, 1e6))
    .addOption(option('--warm-up <time>', 'time before, which is not counted', anyDuration, 0, '0s'))
    .option('--seed <number>', 'of all that is left to chance', wholeFrom(0, 2 ** 32 - 1), 1)
    .option('--retries <number>', 'attempts beside the first', wholeFrom(0, 9), 1)
    .addOption(option('--retry-on <statuses>', 'statuses that are tried again, comma-separated; no answer always is', statuses, [], 'none'))
    .addOption(option('--timeout <time>', 'after which an attempt is given up; the target works on', anyDuration, 0, 'never'))
    .addOption(option('--budget <on|off>', 'are retries limited by the pool\'s retry budget?', onOff, true, 'on'))
    .option('--subset <number>', 'targets that each proxy sees', wholeFrom(1, 100_000))
    .addOption(option('--overhead <time>', 'what a request takes beside its target: client, proxy, network', anyDuration, 0, '0ms'))
    .option('--json', 'print JSON')
}

function option<T> (flags: string, description: string, parse: (text: string) => T, value: T, valueText: string): Option {
  return new Option(flags, description).argParser(parse).default(value, valueText)
}

function oneOf (known: readonly string[]): (text: string) => string {
  return text => {
    if (!known.includes(text)) throw new InvalidArgumentError(`expected one of ${known.join(', ')}`)
    return text
  }
}

function strategies (text: string): string[] {
  if (text === 'all') return strategyNames
  const names = text.split(',').map(name => name.trim())
  const unknown = names.filter(name => !strategyNames.includes(name))
  if (unknown.length > 0) throw new InvalidArgumentError(`${unknown.join(', ')}: not one of ${strategyNames.join(', ')}`)
  return [...new Set(names)]
}

function wholeFrom (least: number, most: number): (text: string) => number {
  return text => {
    const value = Number(text)
    if (!/^[0-9]{1,10}$/.test(text) || value < least || value > most) throw new InvalidArgumentError(`expected a whole number from ${least} to ${most}`)
    return value
  }
}

function positive (text: string): number {
  const value = Number(text)
  if (!/^[0-9]{1,9}(\.[0-9]{1,6})?$/.test(text) || value <= 0) throw new InvalidArgumentError('expected a number above 0')
  return value
}

function anyDuration (text: string): number {
  const value = parseDuration(text)
  if (value === undefined) throw new InvalidArgumentError('expected a duration such as 250ms, 10s or 5m')
  return value
}

function positiveDuration (text: string): number {
  const value = anyDuration(text)
  if (value === 0) throw new InvalidArgumentError('expected a duration above 0')
  return value
}

function statuses (text: string): number[] {
  const values = text.split(',').map(Number)
  if (!values.every(value => Number.isInteger(value) && value >= 400 && value <= 599)) throw new InvalidArgumentError('expected statuses from 400 to 599')
  return values
}

function onOff (text: string): boolean {
  if (text !== 'on' && text !== 'off') throw new InvalidArgumentError('expected on or off')
  return text === 'on'
}
