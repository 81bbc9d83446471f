import type { Flight, Follower } from './strategy.js'

/** How an average latency is made. Times are milliseconds. */
export interface LatencyRule {
  /** Time in which what was known loses all but 1/e of its weight; greater than zero. */
  readonly decay: number
  /** What a failure or a 5xx counts as, at least. */
  readonly errorLatency: number
  /** Does a latency above the average become the average? */
  readonly peak: boolean
}

/**
 * How soon one candidate answers: the moving average of the time to its response head, and how long the oldest request has been waiting.
 * Samples come at uneven intervals, so each weighs as the time since the last one says: A. Eckner, "Algorithms for Unevenly
 * Spaced Time Series: Moving Averages and Other Rolling Operators", 2012. An average that gets no samples decays towards zero.
 */
export class LatencyRecord implements Follower {
  readonly #rule: LatencyRule
  #average = 0
  #sampledAt = 0
  #measured = false
  /** Ends of the list of requests without a response head, in the order of their beginnings. */
  #oldest: Waiting | null = null
  #newest: Waiting | null = null

  constructor (rule: LatencyRule) {
    this.#rule = rule
  }

  /** Has any request been answered, or failed? */
  get measured (): boolean { return this.#measured }

  /** The average in ms, as it has decayed by now. Of a candidate that was never measured: the least that it must be. */
  average (at: number): number {
    return this.#average * this.#remainder(at)
  }

  /** Milliseconds since the beginning of the oldest request without a response head; 0 if there is none. */
  age (at: number): number {
    return this.#oldest === null ? 0 : at - this.#oldest.startedAt
  }

  began (at: number): Flight {
    const waiting = new Waiting(this, at, this.#newest)
    if (this.#newest === null) this.#oldest = waiting
    else this.#newest.next = waiting
    this.#newest = waiting
    return waiting
  }

  /** @internal */
  answered (waiting: Waiting, at: number, failed: boolean): void {
    this.#unlink(waiting)
    const latency = at - waiting.startedAt
    this.#sample(failed ? Math.max(latency, this.#rule.errorLatency) : latency, at)
    this.#measured = true
  }

  /** @internal It would have taken longer still: that says something only if it was too long already. */
  abandoned (waiting: Waiting, at: number): void {
    this.#unlink(waiting)
    const latency = at - waiting.startedAt
    if (latency > this.average(at)) this.#sample(latency, at)
  }

  #sample (latency: number, at: number): void {
    const remainder = this.#remainder(at)
    const replaces = latency > this.#average && (this.#rule.peak || !this.#measured)
    this.#average = replaces ? latency : this.#average * remainder + latency * (1 - remainder)
    this.#sampledAt = at
  }

  /** The share of what was known at the last sample that counts now. */
  #remainder (at: number): number {
    return Math.exp((this.#sampledAt - at) / this.#rule.decay)
  }

  #unlink (waiting: Waiting): void {
    const { previous, next } = waiting
    if (previous === null) this.#oldest = next
    else previous.next = next
    if (next === null) this.#newest = previous
    else next.previous = previous
  }
}

/** A request without a response head. */
class Waiting implements Flight {
  readonly #record: LatencyRecord
  readonly startedAt: number
  previous: Waiting | null
  next: Waiting | null = null

  constructor (record: LatencyRecord, startedAt: number, previous: Waiting | null) {
    this.#record = record
    this.startedAt = startedAt
    this.previous = previous
  }

  answered (at: number, failed: boolean): void {
    this.#record.answered(this, at, failed)
  }

  abandoned (at: number): void {
    this.#record.abandoned(this, at)
  }
}
