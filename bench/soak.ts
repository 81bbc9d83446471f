import { copyFileSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Command, InvalidArgumentError } from 'commander'
import { seededRandom } from '../src/base/random.js'
import { builtModules } from './chaos/process-modules.js'
import { Children } from './children.js'
import { machineLine } from './machine.js'
import { count } from './options.js'
import { raceFailures, raceMisses, raceTable } from './soak/race-report.js'
import { runRace } from './soak/run-race.js'
import { runSoak } from './soak/run-soak.js'
import { soakMisses, soakSummary, soakTable } from './soak/soak-report.js'

interface Options {
  readonly minutes: number
  readonly rate: number
  readonly seed: number
  readonly race?: boolean
  readonly logs?: string
}

/** Minutes beyond the run itself after which everything is ended. */
const MARGIN = 2
const MINUTE = 60_000

const options = new Command('soak')
  .description('Puts mixed load on the proxy, and clients that leave at random points, and watches its memory and handles. Ends with 1 if something grows or is left over.')
  .option('--minutes <number>', 'how long', minutes, 10)
  .option('--rate <number>', 'requests per second', count, 150)
  .option('--seed <number>', 'of what is left to chance', count, 1)
  .option('--race', 'instead: few requests, sent when a target closes its idle connections. Ends with 1 if one fails that need not')
  .option('--logs <directory>', 'keep the logs and configs of the proxy there')
  .parse().opts<Options>()

const children = new Children()
const timer = setTimeout(() => {
  console.error('the run did not end')
  process.exit(1)
}, (options.minutes + MARGIN) * MINUTE)
try {
  const misses = options.race === true ? await race() : await soak()
  for (const miss of misses) console.log(miss)
  process.exitCode = misses.length === 0 ? 0 : 1
} catch (error) {
  console.error(error)
  process.exitCode = 1
} finally {
  clearTimeout(timer)
  await children.endAll()
  keepLogs()
}

async function soak (): Promise<string[]> {
  const record = await runSoak({
    children,
    modules: { ...builtModules, backend: fileURLToPath(new URL('./soak/backend.js', import.meta.url)) },
    duration: options.minutes * MINUTE,
    rate: options.rate,
    random: seededRandom(options.seed),
    sampled: sample => { console.error(JSON.stringify(sample)) }
  })
  console.log(`${machineLine()}; ${options.rate} requests a second for ${options.minutes} minutes; three backends.\n`)
  console.log(`${soakTable(record.samples, 'markdown')}\n\n${soakSummary(record)}`)
  return soakMisses(record)
}

async function race (): Promise<string[]> {
  const records = await runRace({ children, modules: builtModules, duration: options.minutes * MINUTE, random: seededRandom(options.seed) })
  console.log(`${machineLine()}; ${options.minutes} minutes against Node servers that close idle connections after a second.\n`)
  console.log(raceTable(records, 'markdown'))
  for (const record of records) {
    for (const [failure, times] of raceFailures(record)) console.log(`announces ${record.announcement}: ${failure}, ${times} times`)
  }
  return raceMisses(records)
}

function minutes (text: string): number {
  const value = Number(text)
  if (!(value > 0)) throw new InvalidArgumentError('expected a number above 0')
  return value
}

function keepLogs (): void {
  if (options.logs === undefined) return
  mkdirSync(options.logs, { recursive: true })
  for (const entry of readdirSync(children.directory, { withFileTypes: true })) {
    if (entry.isFile()) copyFileSync(join(children.directory, entry.name), join(options.logs, entry.name))
  }
}
