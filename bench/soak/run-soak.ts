import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../../src/base/random.js'
import { AbortingClients } from '../chaos/aborting-clients.js'
import { Backends } from '../chaos/backends.js'
import { duplicates } from '../chaos/ledger.js'
import { headraceConfig } from '../chaos/peers/headrace.js'
import type { ProcessModules } from '../chaos/process-modules.js'
import type { ProxyResources } from '../chaos/protocol.js'
import type { Children } from '../children.js'
import { MixedLoad } from './mixed-load.js'
import { sameHandles } from './handles.js'
import { SoakProxy } from './soak-proxy.js'
import { StallingClients } from './stalling-clients.js'

const BACKENDS = 3
const ABORTING_CLIENTS = 20
const STALLING_CLIENTS = 6
/** Of each try's response head: it is not slowness that is looked for. */
const PER_TRY_TIMEOUT = '8s'
/** Milliseconds. */
const SAMPLE_INTERVAL = 15_000
const REST_PAUSE = 100
const FIRST_LOOKS = 20
/** Idle connections to the targets close within it: these announce 5 s. */
const REST_LIMIT = 20_000

export interface SoakOptions {
  readonly children: Children
  readonly modules: ProcessModules
  /** Milliseconds. */
  readonly duration: number
  /** Exchanges per second, those of the clients that leave apart. */
  readonly rate: number
  readonly random: Random
  /** Called with each sample. */
  readonly sampled: (sample: SoakSample) => void
}

/** What the proxy held at one time of the run, and what had been done by then. */
export interface SoakSample {
  /** Milliseconds since the load began. */
  readonly at: number
  readonly sent: number
  readonly failed: number
  readonly resources: ProxyResources
}

/** All that one soak left behind. */
export interface SoakRecord {
  readonly samples: readonly SoakSample[]
  /** Without clients, before the first and after the last. */
  readonly before: ProxyResources
  readonly after: ProxyResources
  /** Requests that the backends had neither answered nor lost at the end. */
  readonly openAtBackends: number
  readonly sent: number
  readonly failures: ReadonlyMap<string, number>
  /** Requests that were begun by clients that left. */
  readonly abandoned: number
  /** POSTs that arrived more than once. */
  readonly repeated: number
  /** Did the proxy end when asked to? */
  readonly ended: boolean
}

/** Puts mixed load and clients that leave on the proxy for a while, then waits until it is at rest again. */
export async function runSoak (options: SoakOptions): Promise<SoakRecord> {
  const { children, modules, random } = options
  const backends = await Backends.start({ children, modules, count: BACKENDS, shutdown: 'abrupt', random })
  try {
    const proxy = await SoakProxy.start({ children, modules, label: 'soak', config: headraceConfig(backends.urls, PER_TRY_TIMEOUT) })
    return await observe(proxy, backends, options)
  } finally {
    await backends.end()
  }
}

async function observe (proxy: SoakProxy, backends: Backends, { duration, rate, random, sampled }: SoakOptions): Promise<SoakRecord> {
  const before = await first(proxy)
  const load = new MixedLoad(proxy.url, rate, random)
  const leaving = [new AbortingClients(proxy.url, ABORTING_CLIENTS, random), new StallingClients(proxy.url, STALLING_CLIENTS, random)]
  const samples: SoakSample[] = []
  const begun = Date.now()
  load.start()
  for (let next = SAMPLE_INTERVAL; next <= duration; next += SAMPLE_INTERVAL) {
    await sleep(begun + next - Date.now())
    const sample = { at: Date.now() - begun, sent: load.sent, failed: load.failed, resources: await proxy.resources() }
    samples.push(sample)
    sampled(sample)
  }
  await sleep(Math.max(0, begun + duration - Date.now()))
  const [abandoned] = await Promise.all([Promise.all(leaving.map(clients => clients.stop())), load.stop()])
  const after = await rested(proxy, before)
  return {
    samples,
    before,
    after,
    openAtBackends: await backends.open(),
    sent: load.sent,
    failures: load.failures,
    abandoned: abandoned.reduce((sum, count) => sum + count, 0),
    repeated: duplicates(backends.entries).length,
    ended: await proxy.end()
  }
}

/** What it holds between two health checks: the least of some looks. */
async function first (proxy: SoakProxy): Promise<ProxyResources> {
  let least = await proxy.resources()
  for (let looks = 1; looks < FIRST_LOOKS; looks++) {
    await sleep(REST_PAUSE)
    const now = await proxy.resources()
    if (now.files <= least.files) least = now
  }
  return least
}

/** Waits until nothing is in flight and the handles are those of before, for a while. @returns what it holds then. */
async function rested (proxy: SoakProxy, before: ProxyResources): Promise<ProxyResources> {
  const end = Date.now() + REST_LIMIT
  for (;;) {
    const now = await proxy.resources()
    if (now.inflight === 0 && sameHandles(before, now)) return now
    if (Date.now() > end) return now
    await sleep(REST_PAUSE)
  }
}
