import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../../src/base/random.js'
import type { Children } from '../children.js'
import { reachable } from '../peers/ports.js'
import { account, type Account } from './accounting.js'
import { Backends } from './backends.js'
import { ConstantLoad } from './constant-load.js'
import type { ChaosProxy, RunningChaosProxy } from './peers/chaos-proxy.js'
import { stablePort } from './ports.js'
import type { ProcessModules } from './process-modules.js'
import type { ChaosScenario } from './scenarios.js'
import type { Schedule } from './schedule.js'
import { Timeline } from './timeline.js'

const BACKENDS = 3
/** Milliseconds in which what is in flight must have ended after the last client has, and between two looks. */
const SETTLE_LIMIT = 3000
const SETTLE_PAUSE = 50

export interface RunOptions {
  readonly children: Children
  readonly modules: ProcessModules
  readonly schedule: Schedule
  /** Requests per second. */
  readonly rate: number
  readonly random: Random
}

/** Plays one scenario before one proxy with backends of its own, and ends all of them. */
export async function runScenario (scenario: ChaosScenario, proxy: ChaosProxy, options: RunOptions): Promise<Account> {
  const { children, modules, random } = options
  const backends = await Backends.start({ children, modules, count: BACKENDS, shutdown: scenario.shutdown, random })
  let running: RunningChaosProxy | null = null
  try {
    running = await proxy.start({ children, modules, label: `${proxy.name}-${scenario.name}`, port: await stablePort(random), backends: backends.urls })
    await reachable(running.url)
    return await observe(scenario, running, backends, options)
  } finally {
    if (running !== null) await children.end(running.child, 'SIGKILL')
    await backends.end()
  }
}

async function observe (scenario: ChaosScenario, proxy: RunningChaosProxy, backends: Backends, { schedule, rate, random }: RunOptions): Promise<Account> {
  const timeline = new Timeline()
  const load = new ConstantLoad(proxy.url, rate)
  load.start()
  await sleep(schedule.warmUp)
  const counted = Date.now()
  await sleep(schedule.before)
  const event = Date.now()
  await scenario.play({ url: proxy.url, backends, timeline, schedule, random })
  const recovery = Date.now()
  await sleep(schedule.after)
  const samples = await load.stop()
  const inflight = await settled(async () => Math.max(await backends.open(), await proxy.inflight?.() ?? 0))
  return account({ samples, entries: backends.entries, outages: timeline.outages, counted, event, recovery, settle: schedule.settle, inflight })
}

/** Waits until nothing is in flight, for a while. @returns what still is. */
async function settled (inflight: () => Promise<number>): Promise<number> {
  const end = Date.now() + SETTLE_LIMIT
  for (;;) {
    const count = await inflight()
    if (count === 0 || Date.now() > end) return count
    await sleep(SETTLE_PAUSE)
  }
}
