import type { Clock } from '../base/clock.js'
import type { ProxyEvent } from './snapshot.js'

/** Events that are kept. */
const KEPT = 500

/** The recent changes of state: a ring buffer that can be listened to. */
export class EventLog {
  readonly #clock: Clock
  readonly #events: ProxyEvent[] = []
  readonly #listeners = new Set<(event: ProxyEvent) => void>()
  /** What tells this process's ids from those of the one before, which began at 1 as well: milliseconds since 1970. */
  readonly #startedAt: number
  #last = 0

  constructor (clock: Clock) {
    this.#clock = clock
    this.#startedAt = clock.wallTime()
  }

  /** Oldest first. */
  get recent (): readonly ProxyEvent[] {
    return [...this.#events]
  }

  /** Id of the newest event; 0 = there was none. */
  get last (): number {
    return this.#last
  }

  /** Those that are kept of what came after an id, oldest first. */
  after (id: number): readonly ProxyEvent[] {
    return this.#events.filter(event => event.id > id)
  }

  /** An id together with the process that it is of: what a client names when it comes again, perhaps after a restart. */
  placeOf (id: number): string {
    return `${this.#startedAt}-${id}`
  }

  /** The id that is in a place; 0, which all events come after, if it is of another process or cannot be read. */
  idAt (place: string): number {
    const [, startedAt, digits] = /^(\d{1,15})-(\d{1,15})$/.exec(place) ?? []
    const id = Number(digits)
    return startedAt === String(this.#startedAt) && id <= this.#last ? id : 0
  }

  add (kind: ProxyEvent['kind'], message: string, where: { readonly pool?: string, readonly target?: string } = {}): void {
    const event = { id: ++this.#last, at: this.#clock.wallTime(), kind, pool: where.pool ?? null, target: where.target ?? null, message }
    this.#events.push(event)
    if (this.#events.length > KEPT) this.#events.shift()
    for (const listener of this.#listeners) listener(event)
  }

  /** Calls `listener` with each event to come. @returns what ends that. */
  listen (listener: (event: ProxyEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => { this.#listeners.delete(listener) }
  }
}
