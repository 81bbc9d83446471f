import type { Socket } from 'node:net'
import type { Logger } from 'pino'
import type { Clock, Timer } from '../../base/clock.js'
import { ConfigError, type ConfigFault } from '../../base/errors.js'
import { afterReading, afterTurn } from '../../base/event-loop.js'
import { deepFreeze } from '../../config/deep-freeze.js'
import type { MakeWatch } from '../target-watch.js'
import type { UpstreamObserver } from '../upstream-options.js'
import { DataPlane, type NextPlane } from './data-plane.js'
import type { Answers, Question, ToPrimary, ToWorker, WorkerEventKind } from './messages.js'
import { ToldWatch } from './told-watch.js'
import { Verdicts } from './verdicts.js'

/** Milliseconds after which the primary hears of closed connections, if nothing else is to be told. */
const CLOSED_TOLD = 10

export interface WorkerSideOptions {
  readonly clock: Clock
  readonly log: Logger
  /** Sends to the primary process. */
  readonly tell: (message: ToPrimary) => void
  /** It has ended, and its last answer is sent. */
  readonly ended: () => void
}

/** A worker process: carries traffic, and does as the primary process says. */
export class WorkerSide {
  readonly #options: WorkerSideOptions
  readonly #verdicts = new Verdicts()
  #log: Logger
  #plane: DataPlane | null = null
  #next: NextPlane | null = null
  #taken = 0
  #telling: Timer | null = null
  #ending: Promise<number> | null = null

  constructor (options: WorkerSideOptions) {
    this.#options = options
    this.#log = options.log
  }

  /** @param socket what came with it. */
  heard (message: ToWorker, socket?: Socket): void {
    switch (message.type) {
      case 'ask': return this.#asked(message.id, message.question)
      case 'connection': return this.#took(socket)
      case 'abort': return this.#abort()
      case 'verdict': return this.#verdicts.tell(message.verdict)
      case 'report': return this.#plane?.target(message.pool, message.target)?.reported(message.report, this.#options.clock.now())
      case 'cut': this.#plane?.cut()
    }
  }

  /** Nobody will give it connections any more, or tell it who is well: it lets what is under way end, and ends. */
  orphaned (): void {
    if (this.#ending !== null) return
    this.#log.warn({}, 'the primary process is gone: draining')
    void this.#end().then(this.#options.ended)
  }

  #asked (id: number, question: Question): void {
    void this.#answer(question).then(answer => {
      this.#options.tell({ type: 'answer', id, answer })
      if (question.type === 'drain') this.#options.ended()
    })
  }

  async #answer (question: Question): Promise<Answers[keyof Answers]> {
    switch (question.type) {
      case 'start': return await faultsOf(() => this.#start(question))
      case 'prepare': return await faultsOf(async () => { this.#next = await this.#prepare(question) })
      case 'commit': return this.#commit(question)
      case 'snapshot': return this.#plane?.snapshot() ?? null
      case 'ping': return null
      case 'drain': return await this.#end(question.deadline, question.leave)
    }
  }

  async #start ({ config, counted, verdicts, number }: Extract<Question, { type: 'start' }>): Promise<void> {
    const { clock, log } = this.#options
    this.#log = log.child({ worker: number })
    this.#verdicts.replace(verdicts)
    this.#plane = await DataPlane.start(received(config), { clock, log: this.#log, counted, makeWatch: this.#makeWatch, observer: this.#observer })
  }

  async #prepare ({ config }: Extract<Question, { type: 'prepare' }>): Promise<NextPlane | null> {
    this.#abort()
    return await this.#plane?.prepare(received(config)) ?? null
  }

  #commit ({ verdicts }: Extract<Question, { type: 'commit' }>): null {
    this.#verdicts.replace(verdicts)
    this.#next?.commit()
    this.#next = null
    return null
  }

  #abort (): void {
    this.#next?.abort()
    this.#next = null
  }

  async #end (deadline?: number, leave?: boolean): Promise<number> {
    // What came with the connections that were handed over last is read first: they are no idle ones.
    this.#ending ??= new Promise<void>(resolve => { afterReading(resolve, undefined) }).then(() => this.#plane?.close(deadline, leave) ?? 0)
    return await this.#ending
  }

  #took (socket: Socket | undefined): void {
    this.#taken++
    // Once in a turn, and before sockets are read again: who dies after that had begun to read what it was given.
    if (this.#taken === 1) afterTurn(this)
    // It may have gone on the way.
    if (socket === undefined) return
    if (this.#plane === null) {
      socket.destroy()
      return
    }
    socket.once('close', this.#closed)
    this.#plane.serve(socket)
  }

  /** That is not as urgent, and costs a message. */
  readonly #closed = (): void => {
    this.#telling ??= this.#options.clock.after(CLOSED_TOLD, () => { this.turnOver() })
  }

  /** @internal Tells of its connections. */
  turnOver (): void {
    this.#telling?.cancel()
    this.#telling = null
    this.#options.tell({ type: 'connections', taken: this.#taken, open: this.#plane?.connections ?? 0 })
    this.#taken = 0
  }

  readonly #makeWatch: MakeWatch = (pool, _check, _tls, observer) => new ToldWatch({
    pool,
    verdicts: this.#verdicts,
    observer,
    withdraw: target => { this.#options.tell({ type: 'withdraw', pool: pool.name, target: target.url }) }
  })

  readonly #observer: UpstreamObserver = {
    changed: (kind, pool, target, message) => {
      if (isWorkerEvent(kind)) this.#options.tell({ type: 'event', kind, pool, target: target?.url ?? null, message })
    }
  }
}

/** A config that has been through JSON: nothing of it is lost but that it is frozen, and that names of pools are no names of Object's. */
function received (config: WorkerConfig): WorkerConfig {
  return deepFreeze({ ...config, pools: Object.assign(Object.create(null), config.pools) })
}

type WorkerConfig = Extract<Question, { type: 'start' }>['config']

async function faultsOf (action: () => Promise<void>): Promise<readonly ConfigFault[]> {
  try {
    await action()
    return []
  } catch (error) {
    return error instanceof ConfigError ? error.faults : [{ path: '', message: error instanceof Error ? error.message : String(error) }]
  }
}

function isWorkerEvent (kind: Parameters<UpstreamObserver['changed']>[0]): kind is WorkerEventKind {
  return kind !== 'up' && kind !== 'down'
}
