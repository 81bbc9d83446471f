import type { EventLog } from '../../admin/event-log.js'
import type { ToPrimary } from './messages.js'

type WorkerEvent = Extract<ToPrimary, { type: 'event' }>

/** What a worker has told: the part of a `WorkerProcess` that matters here. */
export interface Teller {
  readonly number: number
}

/**
 * Makes one list of what happens in several workers. Ejections are each worker's own. A pool is in panic from the first worker's panic to the
 * end of the last one's; a target has drained when all workers have said so.
 */
export class WorkerEvents {
  readonly #events: EventLog
  readonly #workers: () => readonly Teller[]
  readonly #panicking = new Map<string, Set<Teller>>()
  readonly #drained = new Map<string, Drained>()

  /** @param workers those that carry traffic now. */
  constructor (events: EventLog, workers: () => readonly Teller[]) {
    this.#events = events
    this.#workers = workers
  }

  told (worker: Teller, event: WorkerEvent): void {
    const { kind, pool, target, message } = event
    switch (kind) {
      case 'panic': if (note(this.#panicking, pool, worker) === 1) this.#add(event); break
      case 'panic-over': this.#calmed(worker, event); break
      case 'drained': this.#hasDrained(worker, event); break
      default: this.#events.add(kind, `${message} (worker ${worker.number})`, { pool, ...(target !== null && { target }) })
    }
  }

  /** Forgets what was told of targets that no longer drain: when they do again, all that is told is about that. */
  keepDraining (drains: (pool: string, target: string) => boolean): void {
    for (const [key, { pool, target }] of this.#drained) if (!drains(pool, target)) this.#drained.delete(key)
  }

  /** A worker is gone: it panics no more. */
  died (worker: Teller): void {
    for (const pool of [...this.#panicking.keys()]) this.#calmed(worker, { type: 'event', kind: 'panic-over', pool, target: null, message: 'its worker process has died' })
    for (const { tellers } of this.#drained.values()) tellers.delete(worker)
  }

  #calmed (worker: Teller, event: WorkerEvent): void {
    const tellers = this.#panicking.get(event.pool)
    if (tellers?.delete(worker) !== true || tellers.size > 0) return
    this.#panicking.delete(event.pool)
    this.#add(event)
  }

  #hasDrained (worker: Teller, event: WorkerEvent): void {
    const { pool, target } = event
    const key = `${pool}/${target ?? ''}`
    let drained = this.#drained.get(key)
    if (drained === undefined) this.#drained.set(key, drained = { pool, target: target ?? '', tellers: new Set() })
    const { tellers } = drained
    tellers.add(worker)
    if (this.#workers().some(each => !tellers.has(each))) return
    this.#drained.delete(key)
    this.#add(event)
  }

  #add ({ kind, pool, target, message }: WorkerEvent): void {
    this.#events.add(kind, message, { pool, ...(target !== null && { target }) })
  }
}

/** A target that some workers have done with. */
interface Drained {
  readonly pool: string
  readonly target: string
  readonly tellers: Set<Teller>
}

/** @returns how many have told it now. */
function note (map: Map<string, Set<Teller>>, key: string, worker: Teller): number {
  let tellers = map.get(key)
  if (tellers === undefined) map.set(key, tellers = new Set())
  return tellers.add(worker).size
}
