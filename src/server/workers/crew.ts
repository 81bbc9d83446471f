import type { Socket } from 'node:net'
import type { EventLog } from '../../admin/event-log.js'
import type { Snapshot } from '../../admin/snapshot.js'
import type { Clock, Timer } from '../../base/clock.js'
import { ConfigError, type ConfigFault } from '../../base/errors.js'
import type { Config } from '../../config/config.js'
import type { Log } from '../../proxy/access-log.js'
import type { ToPrimary, ToWorker, TargetVerdict } from './messages.js'
import { Pulse } from './pulse.js'
import { RestartBackOff } from './restart-back-off.js'
import { shareOf } from './split.js'
import type { Fork } from './worker-channel.js'
import { WorkerProcess, type WorkerObserver } from './worker-process.js'

/** Milliseconds that a worker has for what it is asked, and beyond its drain deadline to end. One that hangs is found earlier: see `Pulse`. */
const ANSWER = 30_000
const SNAPSHOT = 1000
const MARGIN = 3000

export interface CrewOptions {
  readonly size: number
  readonly fork: Fork
  readonly clock: Clock
  readonly log: Log
  readonly events: EventLog
  /** Is what happens counted, for somebody who looks? */
  readonly counted: boolean
  /** What the health checks know now. */
  readonly verdicts: () => readonly TargetVerdict[]
}

export interface CrewObserver {
  /** Somebody may be able to take more connections. */
  relieved (): void
  /** Connections that a worker was given, and did not touch before it died. */
  left (untaken: readonly Socket[]): void
  told (worker: WorkerProcess, message: Extract<ToPrimary, { type: 'withdraw' | 'event' }>): void
  /** A worker has died: what it has told no longer holds. */
  died (worker: WorkerProcess): void
}

/** A config that every worker has made ready. */
export interface NextCrew {
  /** Makes it the running one everywhere; each worker swaps in one step. @returns when all have. */
  commit (): Promise<void>
  abort (): void
}

/** The worker processes: as many as there are to be, each replaced when it dies. */
export class Crew implements WorkerObserver {
  /** Workers that died and were replaced. */
  restarts = 0
  readonly #options: CrewOptions
  readonly #observer: CrewObserver
  readonly #workers = new Map<number, WorkerProcess>()
  readonly #backOffs = new Map<number, RestartBackOff>()
  readonly #timers = new Set<Timer>()
  /** Waits for a worker to be ready, or to fail at it. */
  readonly #starting = new Map<WorkerProcess, Starting>()
  readonly #ending = new Map<WorkerProcess, () => void>()
  readonly #pulse: Pulse
  #config: Config
  #version = 1
  #started = false
  #stopping = false

  constructor (config: Config, options: CrewOptions, observer: CrewObserver) {
    this.#config = config
    this.#options = options
    this.#observer = observer
    this.#pulse = new Pulse(options.clock, () => this.workers, worker => { worker.kill('it has hung: it did not answer any more') })
  }

  get workers (): readonly WorkerProcess[] {
    return [...this.#workers.values()]
  }

  /** Who can be given connections now. */
  get takers (): readonly WorkerProcess[] {
    return this.workers.filter(({ takesMore }) => takesMore)
  }

  /** Is there one that gets on with what it is given? */
  get serving (): boolean {
    return this.takers.some(worker => this.#pulse.answers(worker))
  }

  /** Connections that stand in all of them. */
  get connections (): number {
    return this.workers.reduce((sum, { load }) => sum + load, 0)
  }

  /** Begins them all. @returns when all can take connections. @throws {ConfigError} if one can't run the config, {Error} if it dies before it can. */
  async start (): Promise<void> {
    const all = Array.from({ length: this.#options.size }, (_, index) => new Promise<readonly ConfigFault[]>((resolve, reject) => {
      this.#starting.set(this.#fork(index), { resolve, reject })
    }))
    this.#pulse.start()
    throwFaults(await Promise.all(all))
    this.#started = true
  }

  /** Tells all that have begun. */
  broadcast (message: ToWorker): void {
    for (const worker of this.#workers.values()) if (worker.version > 0) worker.tell(message)
  }

  /** What the workers know of themselves, or last knew, where one has nothing to say within a second. */
  async snapshots (): Promise<readonly Snapshot[]> {
    await Promise.all(this.workers.filter(({ ready }) => ready).map(worker => worker.snapshot(SNAPSHOT)))
    // Not the answers: one that has died meanwhile is no longer among the living.
    return this.workers.flatMap(({ lastSnapshot }) => lastSnapshot ?? [])
  }

  /** Makes a config ready in all of them. @throws {ConfigError} if one of them can't; then it is forgotten by all. */
  async prepare (config: Config): Promise<NextCrew> {
    const asked = this.workers.filter(({ ready }) => ready)
    const answers = await Promise.all(asked.map(worker => this.#prepare(worker, config)))
    const abort = (): void => { for (const worker of asked) worker.tell({ type: 'abort' }) }
    try {
      throwFaults(answers)
    } catch (error) {
      abort()
      throw error
    }
    return { commit: () => this.#commit(config, asked), abort }
  }

  /**
   * Ends all of them: each lets what is under way end. Nobody is replaced any more.
   * @param deadline milliseconds.
   * @returns how many connections were cut.
   */
  async end (deadline: number, leave: boolean): Promise<number> {
    this.#stopping = true
    for (const timer of this.#timers) timer.cancel()
    const ends = this.workers.map(worker => this.#end(worker, deadline, leave))
    const cut = (await Promise.all(ends)).reduce((sum, cut) => sum + cut, 0)
    this.#pulse.stop()
    return cut
  }

  /** @internal */
  loaded (worker: WorkerProcess): void {
    void this.#begin(worker)
  }

  /** @internal */
  relieved (): void {
    this.#observer.relieved()
  }

  /** @internal */
  told (worker: WorkerProcess, message: Extract<ToPrimary, { type: 'withdraw' | 'event' }>): void {
    this.#observer.told(worker, message)
  }

  /** @internal */
  gone (worker: WorkerProcess, how: string, untaken: readonly Socket[]): void {
    const { index, number, pid } = worker
    this.#workers.delete(index)
    this.#ending.get(worker)?.()
    this.#ending.delete(worker)
    this.#starting.get(worker)?.reject(startError(`worker ${number} died while it started: ${how}`))
    this.#starting.delete(worker)
    if (!this.#stopping) {
      const { log, events } = this.#options
      log.error({ worker: number, workerPid: pid, how, connections: worker.load }, 'worker has died')
      events.add('worker-died', `worker ${number} (process ${pid}) has died: ${how}`)
      // Until all have started, who can't is the end of it; but who could, and has died since, is replaced.
      if (this.#started || worker.served) this.#replace(worker)
      this.#observer.died(worker)
    }
    this.#observer.left(untaken)
  }

  #fork (index: number): WorkerProcess {
    const { fork, clock } = this.#options
    const worker = new WorkerProcess(index, fork, clock, this)
    this.#workers.set(index, worker)
    return worker
  }

  #replace ({ index, startedAt }: WorkerProcess): void {
    const { clock } = this.#options
    let backOff = this.#backOffs.get(index)
    if (backOff === undefined) this.#backOffs.set(index, backOff = new RestartBackOff())
    const timer = clock.after(backOff.died(clock.now() - startedAt), () => {
      this.#timers.delete(timer)
      this.restarts++
      this.#fork(index)
    }, true)
    this.#timers.add(timer)
  }

  /** Brings a worker to where it can take connections. One that does not get there is killed, and so replaced. */
  async #begin (worker: WorkerProcess): Promise<void> {
    const { counted, verdicts, log, events } = this.#options
    const { number, pid } = worker
    worker.version = this.#version
    const answer = await worker.ask({ type: 'start', number, config: this.#shareOf(worker, this.#config), counted, verdicts: verdicts() }, ANSWER)
    if (answer !== null && answer.length === 0 && await this.#catchUp(worker)) {
      if (this.#started) {
        log.info({ worker: number, workerPid: pid }, 'worker has started')
        events.add('worker-started', `worker ${number} (process ${pid}) has started`)
      }
      this.#settle(worker, [])
      this.#observer.relieved()
      return
    }
    const faults = answer ?? [{ path: 'workers', message: `worker ${number} does not start` }]
    if (this.#started) log.error({ worker: number, workerPid: pid, faults }, 'worker can not run the config')
    this.#settle(worker, faults)
    worker.kill()
  }

  /** The config may have changed while a worker started. @returns whether it runs the present one; then it is ready. */
  async #catchUp (worker: WorkerProcess): Promise<boolean> {
    while (worker.version !== this.#version) {
      const version = this.#version
      if ((await this.#prepare(worker, this.#config)).length > 0) return false
      // What was made ready may be old by now; then there is another round.
      await worker.ask({ type: 'commit', verdicts: this.#options.verdicts() }, ANSWER)
      worker.version = version
    }
    // In the same step as the last look: the next config is for those that are ready.
    worker.ready = true
    worker.served = true
    return true
  }

  async #prepare (worker: WorkerProcess, config: Config): Promise<readonly ConfigFault[]> {
    const answer = await worker.ask({ type: 'prepare', config: this.#shareOf(worker, config) }, ANSWER)
    if (answer !== null) return answer
    // One that has died is replaced by one that gets the config when it starts.
    return this.#workers.get(worker.index) === worker ? [{ path: 'workers', message: `worker ${worker.number} is not ready with it after ${ANSWER / 1000} s` }] : []
  }

  async #commit (config: Config, prepared: readonly WorkerProcess[]): Promise<void> {
    this.#config = config
    this.#version++
    const verdicts = this.#options.verdicts()
    for (const worker of prepared) worker.version = this.#version
    await Promise.all(prepared.map(worker => worker.ask({ type: 'commit', verdicts }, ANSWER)))
    // Who began to carry traffic meanwhile.
    await Promise.all(this.workers.filter(({ ready }) => ready).map(async worker => { if (!await this.#catchUp(worker)) worker.kill() }))
  }

  async #end (worker: WorkerProcess, deadline: number, leave: boolean): Promise<number> {
    const { clock } = this.#options
    const ended = new Promise<void>(resolve => { this.#ending.set(worker, resolve) })
    // One that has not begun has nothing to let end.
    if (worker.version === 0) worker.kill()
    const cut = await worker.ask({ type: 'drain', deadline, leave }, deadline + MARGIN)
    const timer = clock.after(MARGIN, () => { worker.kill() }, true)
    if (this.#workers.get(worker.index) === worker) await ended
    timer.cancel()
    return cut ?? worker.load
  }

  #settle (worker: WorkerProcess, faults: readonly ConfigFault[]): void {
    this.#starting.get(worker)?.resolve(faults)
    this.#starting.delete(worker)
  }

  #shareOf ({ index }: WorkerProcess, config: Config): Config {
    return shareOf(config, { index, of: this.#options.size })
  }
}

interface Starting {
  readonly resolve: (faults: readonly ConfigFault[]) => void
  readonly reject: (error: Error) => void
}

/** One whose message says enough. */
function startError (message: string): Error {
  return Object.assign(new Error(message), { code: 'EWORKER', syscall: 'fork' })
}

/** The same fault of several is told once. */
function throwFaults (answers: ReadonlyArray<readonly ConfigFault[]>): void {
  const faults = new Map(answers.flat().map(fault => [`${fault.path}: ${fault.message}`, fault]))
  if (faults.size > 0) throw new ConfigError([...faults.values()])
}
