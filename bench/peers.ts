import { existsSync, writeFileSync } from 'node:fs'
import { Command } from 'commander'
import { Children } from './children.js'
import { cpuSeconds } from './cpu.js'
import { machine, machineLine } from './machine.js'
import { count, listOf, seconds } from './options.js'
import { startBackends } from './peers/backends.js'
import { binaryPeers } from './peers/binaries.js'
import { comparisonColumns, comparisonRows, type Round } from './peers/comparison.js'
import { chooseGenerator, type Generator } from './peers/generator.js'
import { headrace } from './peers/headrace.js'
import { loads, sizes, type PeerLoad } from './peers/loads.js'
import { nodePeers } from './peers/node-proxies.js'
import type { Peer } from './peers/peer.js'
import { freePort, reachable } from './peers/ports.js'
import { PROGRAM } from './proxy-process.js'
import { root } from './root.js'
import { table } from './table.js'

/** Seconds of each load that a proxy gets before it is measured. */
const WARM_UP = 1

interface Options {
  readonly peers: string[]
  readonly loads: string[]
  readonly rounds: number
  readonly duration: number
  readonly connections: number
  readonly modules: string
  readonly program: string
  readonly json?: string
  readonly markdown?: boolean
}

interface Running {
  readonly name: string
  readonly url: string
  readonly pid: number
}

const peers = [headrace, ...nodePeers, ...binaryPeers]
const peerNames = peers.map(peer => peer.name)
const loadNames = loads.map(load => load.name)

const options = new Command('bench:peers')
  .description('Compares the processor time of a proxied request with that of other proxies. The proxies take turns; the best round of each counts.')
  .option('--peers <names>', `comma-separated, or all: ${peerNames.join(', ')}`, listOf(peerNames), peerNames)
  .option('--loads <names>', `comma-separated, or all: ${loadNames.join(', ')}`, listOf(loadNames), ['small'])
  .option('--rounds <number>', 'turns of each proxy', count, 3)
  .option('--duration <time>', 'of each turn', seconds, 3)
  .option('--connections <number>', 'client connections', count, 64)
  .option('--modules <directory>', 'where Node packages are looked for that are not installed here', root)
  .option('--program <file>', 'another build of the proxy', PROGRAM)
  .option('--json <file>', 'write every round to a file as well')
  .option('--markdown', 'print the table as Markdown')
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
  if (!existsSync('/proc/self/stat')) throw new Error('processor time is read from /proc: this runs on Linux only')
  const backends = await startBackends(children, sizes)
  const running = await startPeers(backends.urls)
  const generator = chooseGenerator(children, options.connections)
  const rounds: Round[] = []
  for (const load of loads.filter(each => options.loads.includes(each.name))) rounds.push(...await compare(running, load, generator))
  console.log(`${machineLine()}; ${generator.name}, ${options.connections} connections, ${options.rounds} rounds of ${options.duration} s; backends: ${backends.kind}.`)
  console.log(`Processor time of the proxy's processes per request; best round, ratio against the first, spread of all rounds. All share the ${machine.cores} cores.\n`)
  console.log(table(comparisonColumns, comparisonRows(rounds), options.markdown === true ? 'markdown' : 'plain'))
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify({ at: new Date().toISOString(), machine, rounds }, null, 2)}\n`)
}

async function startPeers (backends: readonly string[]): Promise<Running[]> {
  const running: Running[] = []
  for (const peer of peers.filter(each => options.peers.includes(each.name))) {
    const why = peer.missing(options)
    if (why === undefined) running.push(await startPeer(peer, backends))
    else console.error(`${peer.name}: skipped, ${why}`)
  }
  if (running.length === 0) throw new Error('there is no proxy to measure')
  return running
}

async function startPeer (peer: Peer, backends: readonly string[]): Promise<Running> {
  const { modules, program } = options
  const { child, url } = await peer.start({ children, port: await freePort(), backends, modules, program })
  await reachable(url).catch((error: unknown) => { throw new Error(`${peer.name} does not work`, { cause: error }) })
  if (child.pid === undefined) throw new Error(`${peer.name} has no process`)
  return { name: peer.name, url, pid: child.pid }
}

async function compare (running: readonly Running[], load: PeerLoad, generator: Generator): Promise<Round[]> {
  for (const { url } of running) await generator.run(url, load, WARM_UP)
  const rounds: Round[] = []
  for (let round = 1; round <= options.rounds; round++) {
    console.error(`${load.name}: round ${round} of ${options.rounds}`)
    for (const { name, url, pid } of running) {
      const before = cpuSeconds(pid)
      const seen = await generator.run(url, load, options.duration)
      rounds.push({ peer: name, load: load.name, cpu: (cpuSeconds(pid) - before) * 1e6 / Math.max(1, seen.requests), ...seen })
    }
  }
  return rounds
}
