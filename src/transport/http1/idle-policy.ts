/** Milliseconds an idle connection is kept where nothing better is known: Node up to 25 closes after five seconds. */
const DEFAULT = 4000
/** Milliseconds by which we are earlier than a target that says when it closes. */
const MARGIN = 1000
/** Part of the shortest idle time after which a target was seen to close. */
const SHARE = 0.8
/** A target that closes sooner is not counting idle time: it is going away. */
const SHORTEST_LESSON = 100
/** Milliseconds after which a lesson is forgotten: a restart closes idle connections of any age, and must not be remembered for ever. */
const LESSON_LIFE = 60_000

/** How long the idle connections of one target may be kept, so that it is we who close them. */
export class IdlePolicy {
  #shortest = Infinity
  #learnedAt = 0

  /** Milliseconds. @param announced of the response's `Keep-Alive: timeout=`; -1 if there was none. */
  limit (announced: number, now: number): number {
    const promised = announced === -1 ? DEFAULT : Math.max(announced - MARGIN, announced / 2)
    if (now - this.#learnedAt > LESSON_LIFE) this.#shortest = Infinity
    return Math.min(promised, this.#shortest * SHARE)
  }

  /** The target closed a connection that had been idle for `idle` milliseconds. */
  closedAfter (idle: number, now: number): void {
    if (idle < SHORTEST_LESSON) return
    if (now - this.#learnedAt > LESSON_LIFE || idle < this.#shortest) this.#shortest = idle
    this.#learnedAt = now
  }
}
