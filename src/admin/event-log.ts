import type { Clock } from '../base/clock.js'
import type { ProxyEvent } from './snapshot.js'

/** Events that are kept. */
const KEPT = 500

/** The recent changes of state: a ring buffer that can be listened to. */
export class EventLog {
  readonly #clock: Clock
  readonly #events: ProxyEvent[] = []
  readonly #listeners = new Set<(event: ProxyEvent) => void>()
  #last = 0

  constructor (clock: Clock) {
    this.#clock = clock
  }

  /** Oldest first. */
  get recent (): readonly ProxyEvent[] {
    return [...this.#events]
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
