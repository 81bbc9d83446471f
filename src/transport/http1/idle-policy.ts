/** Milliseconds an idle connection is kept where nothing better is known: Node up to 25 closes after five seconds. */
const DEFAULT = 4000
/** Milliseconds by which we are earlier than a target that says when it closes. */
const MARGIN = 1000
/** Part of the shortest idle time after which a target was seen to close. */
const SHARE = 0.8
/** The same for requests that cannot be sent again. */
const SURE = 0.5
/** A target that closes sooner is not counting idle time: it is going away. */
const SHORTEST_LESSON = 100
/** Milliseconds after which a lesson is forgotten: a restart closes idle connections of any age, and must not be remembered for ever. */
const LESSON_LIFE = 60_000

/** The same for requests that cannot be sent again: to be too careful costs them no more than a new connection. */
const LONG_LIFE = 600_000

/** How long the idle connections of one target may be kept, so that it is we who close them. */
export class IdlePolicy {
  #shortest = Infinity
  #learnedAt = 0
  /** The shortest idle time of all after which a connection was found closed, and until when that counts. */
  #soonest = Infinity
  #soonestUntil = 0

  /** Milliseconds. @param announced of the response's `Keep-Alive: timeout=`; -1 if there was none. */
  limit (announced: number, now: number): number {
    const promised = announced === -1 ? DEFAULT : Math.max(announced - MARGIN, announced / 2)
    if (now - this.#learnedAt > LESSON_LIFE) this.#shortest = Infinity
    return Math.min(promised, this.#shortest * SHARE)
  }

  /**
   * May a connection that has been idle so long be given a request that cannot be sent again? A target that has lately closed
   * one after twice that time, for whatever reason, may be closing this one now.
   */
  bears (idle: number, now: number): boolean {
    return now > this.#soonestUntil || idle < this.#soonest * SURE
  }

  /** The target closed a connection that had been idle for `idle` milliseconds. */
  closedAfter (idle: number, now: number): void {
    if (now > this.#soonestUntil || idle < this.#soonest) this.#soonest = idle
    this.#soonestUntil = Math.max(this.#soonestUntil, now + (idle < SHORTEST_LESSON ? LESSON_LIFE : LONG_LIFE))
    if (idle < SHORTEST_LESSON) return
    if (now - this.#learnedAt > LESSON_LIFE || idle < this.#shortest) this.#shortest = idle
    this.#learnedAt = now
  }
}
