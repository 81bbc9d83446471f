import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { seededRandom } from '../src/base/random.js'
import { caddy } from './chaos/peers/caddy.js'
import { haproxy } from './chaos/peers/haproxy.js'
import { headrace } from './chaos/peers/headrace.js'
import { nginx } from './chaos/peers/nginx.js'
import { builtModules } from './chaos/process-modules.js'
import { resultTable, type Result } from './chaos/result-table.js'
import { runScenario } from './chaos/run-scenario.js'
import { scenarios } from './chaos/scenarios.js'
import { fullSchedule, shortSchedule } from './chaos/schedule.js'
import { misses } from './chaos/verdict.js'
import { Children } from './children.js'
import { machine, machineLine } from './machine.js'
import { count, listOf, seconds } from './options.js'

interface Options {
  readonly scenarios: string[]
  readonly proxies: string[]
  readonly rate: number
  readonly limit: number
  readonly seed: number
  readonly short?: boolean
  readonly logs?: string
  readonly json?: string
}

const proxies = [headrace, nginx, haproxy, caddy]
const proxyNames = proxies.map(({ name }) => name)
const scenarioNames = scenarios.map(({ name }) => name)

const options = new Command('chaos')
  .description('Does to backends what happens on a bad day, under a constant load, and counts on both sides what that costs. Ends with 1 if Headrace loses a request it could have saved.')
  .option('--scenarios <names>', `comma-separated, or all: ${scenarioNames.join(', ')}`, listOf(scenarioNames), scenarioNames)
  .option('--proxies <names>', `comma-separated, or all: ${proxyNames.join(', ')}`, listOf(proxyNames), proxyNames)
  .option('--rate <number>', 'requests per second', count, 200)
  .option('--limit <time>', 'of the whole, after which everything is ended', seconds, 1800)
  .option('--seed <number>', 'of what is left to chance', count, 1)
  .option('--short', 'a few seconds for each')
  .option('--logs <directory>', 'keep the logs and configs of the proxies there')
  .option('--json <file>', 'write the results to a file as well')
  .parse().opts<Options>()

const children = new Children()
const timer = setTimeout(() => {
  console.error(`not done within ${options.limit} s`)
  process.exit(1)
}, options.limit * 1000)
try {
  process.exitCode = await main()
} catch (error) {
  console.error(error)
  process.exitCode = 1
} finally {
  clearTimeout(timer)
  await children.endAll()
  keepLogs()
}

async function main (): Promise<number> {
  const results: Result[] = []
  const found: string[] = []
  const chosen = proxies.filter(({ name }) => options.proxies.includes(name))
  for (const proxy of chosen) if (!proxy.installed()) console.error(`${proxy.name}: skipped, not installed`)
  const schedule = options.short === true ? shortSchedule : fullSchedule
  for (const scenario of scenarios.filter(({ name }) => options.scenarios.includes(name))) {
    for (const proxy of chosen.filter(each => each.installed())) {
      const account = await runScenario(scenario, proxy, { children, modules: builtModules, schedule, rate: options.rate, random: seededRandom(options.seed) })
      results.push({ scenario: scenario.title, proxy: proxy.name, account })
      const missed = misses(scenario, account)
      console.error([`${scenario.name}, ${proxy.name}: ${missed.join(', ') || 'all held'}`, ...[...account.failures].map(([kind, times]) => `${kind}: ${times}`)].join('; '))
      if (proxy === headrace) found.push(...missed.map(miss => `${scenario.title}: ${miss}`))
    }
  }
  console.log(`${machineLine()}; ${options.rate} requests a second, one in five a POST; three backends.\n`)
  console.log(resultTable(results, 'markdown'))
  for (const miss of found) console.log(`headrace, ${miss}`)
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify({ at: new Date().toISOString(), machine, rate: options.rate, results }, plain, 2)}\n`)
  return found.length === 0 ? 0 : 1
}

/** JSON has no maps. */
function plain (_key: string, value: unknown): unknown {
  return value instanceof Map ? Object.fromEntries(value) : value
}

function keepLogs (): void {
  if (options.logs === undefined) return
  mkdirSync(options.logs, { recursive: true })
  for (const entry of readdirSync(children.directory, { withFileTypes: true })) {
    if (entry.isFile()) copyFileSync(join(children.directory, entry.name), join(options.logs, entry.name))
  }
}
