import type { ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { Children } from './children.js'
import { machineLine } from './machine.js'
import { count, listOf, seconds } from './options.js'
import { PROGRAM, startProxy } from './proxy-process.js'
import { runOpenLoop } from './saturation/open-loop.js'
import { saturationTable, summarize, type SaturationRun } from './saturation/summary.js'

const MODULE = fileURLToPath(new URL('./saturation/backend.js', import.meta.url))

const WORKERS = 4
/** Milliseconds. */
const SERVICE_TIME = 10
/** Requests per second that the backend can answer. */
const CAPACITY = WORKERS * 1000 / SERVICE_TIME
/** An answer after it, in ms, is of no use; a client leaves after the second. */
const IN_TIME = 250
const PATIENCE = 2000
/** Places in the pool's queue. */
const QUEUE = 16
/** Seconds at half the capacity before the measured ones. */
const WARM_UP = 2

/** Waiting requests at which the backend's service time has doubled. */
const backends = { steady: Infinity, degrading: 50 } as const
/** What the pool's options are, beside the queue. */
const settings = { none: {}, fixed: { maxConnections: 2 * WORKERS }, adaptive: { adaptiveLimit: true } } as const

type BackendName = keyof typeof backends
type SettingName = keyof typeof settings

interface Options {
  readonly backend: BackendName[]
  readonly limit: SettingName[]
  readonly duration: number
  readonly load: number
  readonly program: string
}

// Object.keys of the two constants above.
const backendNames = Object.keys(backends) as BackendName[]
const settingNames = Object.keys(settings) as SettingName[]

const options = new Command('saturation')
  .description(`Puts more load on the proxy than its one target can bear (${CAPACITY} requests/s), with and without a limit, and prints a Markdown table.`)
  .option('--backend <names>', `comma-separated, or all: ${backendNames.join(', ')}`, listOf(backendNames), backendNames)
  .option('--limit <names>', `comma-separated, or all: ${settingNames.join(', ')}`, listOf(settingNames), settingNames)
  .option('--duration <time>', 'of each run', seconds, 10)
  .option('--load <percent>', 'of the backend\'s capacity', count, 200)
  .option('--program <file>', 'another build of the proxy', PROGRAM)
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
  const runs: SaturationRun[] = []
  for (const backend of options.backend) {
    for (const setting of options.limit) {
      console.error(`${backend} backend, limit ${setting}: ${WARM_UP + options.duration} s`)
      runs.push(await measure(backend, setting))
    }
  }
  console.log([
    `${machineLine()}; ${options.load} % of the capacity of ${CAPACITY} requests/s for ${options.duration} s per run.`,
    `In time: 2xx within ${IN_TIME} ms. Clients leave after ${PATIENCE} ms; a request that was left is worked on all the same.`,
    `Latencies are those of the 2xx. Queue: ${QUEUE}. steady: ${WORKERS} workers, ${SERVICE_TIME} ms each; degrading: twice that at ${backends.degrading} waiting, and so on.`,
    '',
    saturationTable(runs)
  ].join('\n'))
}

async function measure (backend: BackendName, setting: SettingName): Promise<SaturationRun> {
  const child = children.fork(MODULE, [WORKERS, SERVICE_TIME, backends[backend]].map(String))
  const port = await portOf(child)
  const pool = { queue: { max: QUEUE }, ...settings[setting] }
  const proxy = await startProxy(children, { strategy: 'round-robin', targets: [{ url: `http://127.0.0.1:${port}`, weight: 1 }], pool }, options.program)
  const load = { url: proxy.url, patience: PATIENCE }
  await runOpenLoop({ ...load, rate: CAPACITY / 2, seconds: WARM_UP })
  const answers = await runOpenLoop({ ...load, rate: CAPACITY * options.load / 100, seconds: options.duration })
  if (!await proxy.end()) console.error('  the proxy did not end when asked to, and was killed')
  await children.end(child)
  return { backend, setting, ...summarize(answers, options.duration, IN_TIME) }
}

/** @throws if it ends before it says where it listens. */
function portOf (child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('message', (message: { port: number }) => { resolve(message.port) })
    child.once('exit', () => { reject(new Error('the backend did not start')) })
    child.once('error', reject)
  })
}
