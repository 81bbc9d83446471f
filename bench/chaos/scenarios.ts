import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../../src/base/random.js'
import { AbortingClients } from './aborting-clients.js'
import type { Backends } from './backends.js'
import type { Mode, Shutdown } from './protocol.js'
import type { Schedule } from './schedule.js'
import type { Timeline } from './timeline.js'

/** What a scenario plays with. */
export interface Stage {
  /** Of the proxy. */
  readonly url: string
  readonly backends: Backends
  readonly timeline: Timeline
  readonly schedule: Schedule
  readonly random: Random
}

/** What happens to backends or is done by clients, in the middle of a run. */
export interface ChaosScenario {
  readonly name: string
  readonly title: string
  /**
   * What a proxy can be held to: `none` = no request of any method fails; `gets` = no GET does, since one target stays well;
   * `outage` = requests fail while there is no target, and none does afterwards.
   */
  readonly tolerates: 'none' | 'gets' | 'outage'
  readonly shutdown: Shutdown
  /** Resolves when all is well again. */
  readonly play: (stage: Stage) => Promise<void>
}

const ABORTING_CLIENTS = 50

/** The backend that is hit where only one is. */
const VICTIM = 1

/** One backend behaves badly for a while. */
function misbehaves (mode: Mode): ChaosScenario['play'] {
  return async ({ backends, timeline, schedule }) => {
    const over = timeline.outage(VICTIM)
    await backends.mode(VICTIM, mode)
    await sleep(schedule.during)
    await backends.mode(VICTIM, 'normal')
    over()
  }
}

async function killAndRestart ({ backends, timeline, schedule }: Stage): Promise<void> {
  const over = timeline.outage(VICTIM, { dead: true })
  await backends.kill(VICTIM)
  await sleep(schedule.during)
  await backends.start(VICTIM)
  over()
}

async function stopAndContinue ({ backends, timeline, schedule }: Stage): Promise<void> {
  const over = timeline.outage(VICTIM)
  backends.signal(VICTIM, 'SIGSTOP')
  await sleep(schedule.during)
  backends.signal(VICTIM, 'SIGCONT')
  over()
}

async function flap ({ backends, timeline, schedule }: Stage): Promise<void> {
  for (let left = schedule.during; left > 0; left -= 2 * schedule.flap) {
    const over = timeline.outage(VICTIM, { dead: true })
    await backends.mode(VICTIM, 'down')
    await sleep(schedule.flap)
    await backends.mode(VICTIM, 'normal')
    over()
    await sleep(schedule.flap)
  }
}

async function allDown ({ backends, timeline, schedule }: Stage): Promise<void> {
  const overs = backends.numbers.map(number => timeline.outage(number, { dead: true }))
  await Promise.all(backends.numbers.map(number => backends.kill(number)))
  await sleep(schedule.outage)
  await Promise.all(backends.numbers.map(number => backends.start(number)))
  for (const over of overs) over()
}

async function rollingRestart ({ backends, timeline, schedule }: Stage): Promise<void> {
  for (const number of backends.numbers) {
    const over = timeline.outage(number)
    await backends.terminate(number)
    await backends.start(number)
    over()
    // As an operator does, who looks whether it serves before he turns to the next one.
    await sleep(schedule.gap)
  }
}

async function closeIdle ({ backends, schedule }: Stage): Promise<void> {
  await Promise.all(backends.numbers.map(number => backends.mode(number, 'idle-close')))
  await sleep(schedule.during)
  await Promise.all(backends.numbers.map(number => backends.mode(number, 'normal')))
}

async function clientsAbort ({ url, schedule, random }: Stage): Promise<void> {
  const clients = new AbortingClients(url, ABORTING_CLIENTS, random)
  await sleep(schedule.during)
  await clients.stop()
}

const abrupt = { shutdown: 'abrupt' } as const

export const scenarios: readonly ChaosScenario[] = [
  { name: 'kill', title: 'kill -9 and restart', tolerates: 'gets', ...abrupt, play: killAndRestart },
  { name: 'stop', title: 'SIGSTOP, SIGCONT', tolerates: 'gets', ...abrupt, play: stopAndContinue },
  { name: 'blackhole', title: 'accepts, never answers', tolerates: 'gets', ...abrupt, play: misbehaves('blackhole') },
  { name: 'reset', title: 'accepts, then resets', tolerates: 'gets', ...abrupt, play: misbehaves('reset') },
  { name: 'trickle', title: 'slow trickle', tolerates: 'gets', ...abrupt, play: misbehaves('trickle') },
  { name: 'flap', title: 'flaps every second', tolerates: 'gets', ...abrupt, play: flap },
  { name: 'error-500', title: 'answers 500 fast', tolerates: 'gets', ...abrupt, play: misbehaves('error-500') },
  { name: 'error-503', title: 'answers 503 fast', tolerates: 'gets', ...abrupt, play: misbehaves('error-503') },
  { name: 'all-down', title: 'all down, then back', tolerates: 'outage', ...abrupt, play: allDown },
  { name: 'rolling', title: 'rolling restart, cooperative', tolerates: 'none', shutdown: 'cooperative', play: rollingRestart },
  { name: 'rolling-close', title: 'rolling restart, server.close()', tolerates: 'gets', shutdown: 'close', play: rollingRestart },
  { name: 'rolling-abrupt', title: 'rolling restart, ends at once', tolerates: 'gets', ...abrupt, play: rollingRestart },
  { name: 'idle-close', title: 'closes idle connections', tolerates: 'gets', ...abrupt, play: closeIdle },
  { name: 'aborts', title: `${ABORTING_CLIENTS} clients abort`, tolerates: 'none', ...abrupt, play: clientsAbort }
]
