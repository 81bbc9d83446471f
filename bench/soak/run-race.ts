import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { Agent } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Random } from '../../src/base/random.js'
import { duplicates, parseLedger } from '../chaos/ledger.js'
import type { ProcessModules } from '../chaos/process-modules.js'
import type { Children } from '../children.js'
import { RaceClient, type RaceSample } from './race-client.js'
import { announcements, type Announcement, type RaceConnections, type RaceReport } from './race-protocol.js'
import { SoakProxy } from './soak-proxy.js'

const MODULE = fileURLToPath(new URL('./race-backend.js', import.meta.url))
/** Each pool has connections of its own and a client of its own, so that many races are run at a low rate each. */
const POOLS = 24
/** Milliseconds that a backend may take to listen or to answer a question. */
const LIMIT = 10_000

export interface RaceOptions {
  readonly children: Children
  readonly modules: ProcessModules
  /** Milliseconds. */
  readonly duration: number
  readonly random: Random
}

/** What came of one backend's races. */
export interface RaceRecord extends RaceConnections {
  readonly announcement: Announcement
  readonly samples: readonly RaceSample[]
  /** Requests that the proxy sent once more, since the connection had died. */
  readonly sentAgain: number
  /** POSTs that arrived more than once. */
  readonly repeated: number
}

interface Lane {
  readonly announcement: Announcement
  readonly name: string
  readonly pools: readonly string[]
  readonly child: ChildProcess
  readonly ledger: string
  readonly port: number
}

/** Races the proxy against three backends that close idle connections, at the same time. */
export async function runRace (options: RaceOptions): Promise<RaceRecord[]> {
  const { children, modules, duration, random } = options
  const lanes = await Promise.all(announcements.map((announcement, index) => startLane(announcement, `backend${index}`, children)))
  const proxy = await SoakProxy.start({ children, modules, label: 'race', config: raceConfig(lanes) })
  const agent = new Agent({ keepAlive: true })
  const clients = lanes.map(({ pools }) => pools.map(name => new RaceClient({ url: `${proxy.url}/${name}`, agent, name, random })))
  await sleep(duration)
  await Promise.all(clients.flat().map(client => client.stop()))
  const connections = await Promise.all(lanes.map(ask))
  agent.destroy()
  await proxy.end()
  const retried = retriedByPool(readFileSync(proxy.log, 'utf8'))
  return lanes.map(({ announcement, pools, ledger }, index) => ({
    announcement,
    samples: clients[index]?.flatMap(({ samples }) => samples) ?? [],
    sentAgain: pools.reduce((sum, pool) => sum + (retried.get(pool) ?? 0), 0),
    repeated: duplicates(parseLedger(index, readFileSync(ledger, 'utf8'))).length,
    connections: connections[index]?.connections ?? 0,
    closedIdle: connections[index]?.closedIdle ?? 0
  }))
}

async function startLane (announcement: Announcement, name: string, children: Children): Promise<Lane> {
  const ledger = join(children.directory, `${name}.ledger`)
  const child = children.fork(MODULE, [announcement, ledger])
  const report = await reported(child)
  if (!('port' in report)) throw new TypeError('a backend tells its port first')
  return { announcement, name, ledger, child, port: report.port, pools: Array.from({ length: POOLS }, (_, i) => `${name}-${i}`) }
}

/** Nothing but what is there by default, and a log that tells how often each request was sent. */
function raceConfig (lanes: readonly Lane[]): object {
  const pools = lanes.flatMap(({ pools, port }) => pools.map(name => [name, { targets: [`http://127.0.0.1:${port}`] }]))
  return {
    listen: { host: '127.0.0.1', port: 0 },
    log: { level: 'info', access: true },
    pools: Object.fromEntries(pools),
    routes: lanes.flatMap(lane => lane.pools).map(pool => ({ prefix: `/${pool}`, pool }))
  }
}

async function ask ({ child }: Lane): Promise<RaceConnections> {
  const answer = reported(child)
  child.send('connections')
  const report = await answer
  if ('port' in report) throw new TypeError('a backend tells its port once')
  return report
}

async function reported (child: ChildProcess): Promise<RaceReport> {
  // What a backend sends is typed on its side.
  const [report] = await once(child, 'message', { signal: AbortSignal.timeout(LIMIT) }) as [RaceReport]
  return report
}

/** How many requests to each pool were sent more than once, by the proxy's log. */
function retriedByPool (log: string): Map<string, number> {
  const counts = new Map<string, number>()
  // The last line is empty, or its end was not written any more.
  for (const line of log.split('\n').slice(0, -1)) {
    // The log's lines are objects; these fields are on those of requests.
    const { pool, attempts } = JSON.parse(line) as { pool?: string, attempts?: number }
    if (pool !== undefined && attempts !== undefined && attempts > 1) counts.set(pool, (counts.get(pool) ?? 0) + 1)
  }
  return counts
}
