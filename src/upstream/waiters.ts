import type { PickContext } from '../balancing/strategy.js'
import type { Lease } from './lease.js'
import type { PoolCounts } from './pool-counts.js'
import { Queue } from './queue.js'
import type { Target } from './target.js'

/** A request that waits for a target. */
export interface Waiter {
  readonly context: PickContext
  readonly tried: ReadonlySet<Target> | undefined
  /** Is it served before others, and does it keep its place when the line overflows? */
  readonly urgent: boolean
  /** Its turn has come; it is out of the queue. */
  granted (lease: Lease): void
  /** A more urgent one has taken its place: it is out of the queue. */
  displaced (): void
}

/** The requests that wait for a target of one pool: so many at most, counted, served in turn. */
export class Waiters {
  readonly #queue: Queue<Waiter>
  readonly #counts: PoolCounts
  readonly #lease: (context: PickContext, tried: ReadonlySet<Target> | undefined) => Lease | null
  #serving = false

  /** @param lease gives out a target's lease; null = there is none to be had. */
  constructor (max: number, counts: PoolCounts, lease: (context: PickContext, tried: ReadonlySet<Target> | undefined) => Lease | null) {
    this.#queue = new Queue(max)
    this.#counts = counts
    this.#lease = lease
  }

  get size (): number { return this.#queue.size }

  /** Would a request that is served now be served before one whose turn it is? */
  get comeFirst (): boolean { return this.#queue.size > 0 && !this.#serving && this.#anyoneIsPassed() }

  /** Who waits already keeps his place, however short the line becomes. */
  limit (max: number): void {
    this.#queue.limit(max)
  }

  /** @returns false if the line is full. */
  enter (waiter: Waiter): boolean {
    const entered = this.#queue.enter(waiter, waiter.urgent, this.#displace)
    if (entered) this.#counts.entered(this.#queue.size)
    else this.#counts.queueRefused++
    return entered
  }

  leave (waiter: Waiter): void {
    this.#queue.leave(waiter)
  }

  /** Serves them soon: a target may be free. Not at once, as what has freed it may be one change of many, or come from within a lease being taken. */
  wake (): void {
    if (this.#queue.size > 0) queueMicrotask(this.#serve)
  }

  readonly #displace = (waiter: Waiter): void => {
    this.#counts.queueRefused++
    waiter.displaced()
  }

  /** One that has been to a target may wait for another only: to be served before it is no wrong. */
  #anyoneIsPassed (): boolean {
    for (const { tried } of this.#queue) if (tried === undefined || tried.size === 0) return true
    return false
  }

  readonly #serve = (): void => {
    this.#serving = true
    for (const waiter of this.#queue) {
      const lease = this.#lease(waiter.context, waiter.tried)
      if (lease !== null) {
        this.#queue.leave(waiter)
        waiter.granted(lease)
      } else if (waiter.tried === undefined || waiter.tried.size === 0) {
        // There is nothing to be had. Of one that has been to the only free target this says nothing about those behind it.
        break
      }
    }
    this.#serving = false
  }
}
