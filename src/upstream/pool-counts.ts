/** What was counted of one pool in its life; see `TargetCounts`. */
export class PoolCounts {
  /** Requests that joined the queue, and the most that were in it at once. */
  queued = 0
  queueMax = 0
  /** Those that waited in vain, and those that found no place or lost it to a more urgent one. */
  queueTimeouts = 0
  queueRefused = 0
  /** Attempts that were not the first of their request. */
  retries = 0

  /** A request joined the queue. @param length of the queue now. */
  entered (length: number): void {
    this.queued++
    if (length > this.queueMax) this.queueMax = length
  }
}
