import type { Socket } from 'node:net'
import type { Snapshot } from '../../admin/snapshot.js'
import type { Clock } from '../../base/clock.js'
import type { Answers, Question, ToPrimary, ToWorker } from './messages.js'
import type { Fork, WorkerChannel, WorkerListener } from './worker-channel.js'

/** Hears what a worker process says by itself. */
export interface WorkerObserver {
  /** Its program is loaded. */
  loaded (worker: WorkerProcess): void
  /** It has told of its connections, or may be given more. */
  relieved (): void
  told (worker: WorkerProcess, message: Extract<ToPrimary, { type: 'withdraw' | 'event' }>): void
  /** @param untaken connections that it was given and has not touched. */
  gone (worker: WorkerProcess, how: string, untaken: readonly Socket[]): void
}

/** Connections that a worker may be behind with: one that does not get on is given no more. */
const MOST_UNTAKEN = 64

/** One worker process, as the primary sees it. */
export class WorkerProcess {
  /** Its share of what is split: from zero. Whoever replaces it has the same. */
  readonly index: number
  readonly startedAt: number
  /** Which config it runs; 0 = none yet. */
  version = 0
  /** Is its program loaded? */
  loaded = false
  /** Does it carry traffic? */
  ready = false
  /** Has it ever? */
  served = false
  /** What it last knew of itself; null = it was never asked. */
  lastSnapshot: Snapshot | null = null
  readonly #channel: WorkerChannel
  readonly #clock: Clock
  readonly #answers = new Map<number, (answer: Answers[keyof Answers] | null) => void>()
  readonly #untaken: Socket[] = []
  #open = 0
  #lastId = 0
  #gone = false
  #killedFor = ''

  constructor (index: number, fork: Fork, clock: Clock, observer: WorkerObserver) {
    this.index = index
    this.#clock = clock
    this.startedAt = clock.now()
    this.#channel = fork(this.#listener(observer))
  }

  get pid (): number { return this.#channel.pid }
  /** As people count them. */
  get number (): number { return this.index + 1 }
  /** Connections that it has, those it has not touched yet included. */
  get load (): number { return this.#open + this.#untaken.length }
  get takesMore (): boolean { return this.ready && !this.#gone && this.#untaken.length < MOST_UNTAKEN }

  /** Gives it a connection. */
  give (socket: Socket): void {
    this.#untaken.push(socket)
    this.#channel.send({ type: 'connection' }, socket)
  }

  tell (message: ToWorker): void {
    if (!this.#gone) this.#channel.send(message)
  }

  /** @returns null if it has died, or does not answer within `deadline` ms; 0 = it has all the time in the world. */
  async ask<Q extends Question> (question: Q, deadline: number): Promise<Answers[Q['type']] | null> {
    if (this.#gone) return null
    const id = ++this.#lastId
    return await new Promise(resolve => {
      const timer = deadline === 0 ? null : this.#clock.after(deadline, () => { answered(null) }, true)
      const answered = (answer: Answers[keyof Answers] | null): void => {
        this.#answers.delete(id)
        timer?.cancel()
        // A worker answers each question with what belongs to it.
        resolve(answer as Answers[Q['type']] | null)
      }
      this.#answers.set(id, answered)
      this.#channel.send({ type: 'ask', id, question })
    })
  }

  /** What it knows of itself, or last knew, if it has nothing to say within `deadline` ms; null = it has never said. */
  async snapshot (deadline: number): Promise<Snapshot | null> {
    const answer = await this.ask({ type: 'snapshot' }, deadline)
    if (answer !== null) this.lastSnapshot = answer
    return this.lastSnapshot
  }

  /** @param why what is told of its death, instead of the signal. */
  kill (why = ''): void {
    this.#killedFor = why
    if (!this.#gone) this.#channel.kill()
  }

  #listener (observer: WorkerObserver): WorkerListener {
    return {
      heard: message => {
        switch (message.type) {
          case 'loaded':
            this.loaded = true
            return observer.loaded(this)
          case 'answer': return this.#answers.get(message.id)?.(message.answer)
          case 'connections':
            // It has its own hold on them: this one is let go.
            for (const socket of this.#untaken.splice(0, message.taken)) socket.destroy()
            this.#open = message.open
            return observer.relieved()
          case 'withdraw':
          case 'event': observer.told(this, message)
        }
      },
      gone: how => {
        this.#gone = true
        this.ready = false
        for (const answered of [...this.#answers.values()]) answered(null)
        observer.gone(this, this.#killedFor || how, this.#untaken.splice(0))
      }
    }
  }
}
