import type { TargetCounts } from '../../upstream/target-counts.js'

/** What is known of one connection's life, counted with those of the others to its target. */
export class ConnectionRecord {
  readonly #counts: TargetCounts
  #standing = false
  #idle = false
  #requests = 0
  /** When it fell idle; until it stands, when it began to connect. */
  #restingSince: number

  /** Begins to connect. @param now the clock's time in ms. */
  constructor (counts: TargetCounts, now: number) {
    this.#counts = counts
    this.#restingSince = now
  }

  /** Has it served a request? */
  get used (): boolean { return this.#requests > 0 }

  /** Milliseconds since it fell idle. */
  idleFor (now: number): number {
    return now - this.#restingSince
  }

  /** It stands. */
  stood (now: number): void {
    this.#standing = true
    const { connections, connectTimes } = this.#counts
    connections.open++
    connections.opened++
    connectTimes.add(now - this.#restingSince)
  }

  /** It falls idle. */
  rests (now: number): void {
    this.#idle = true
    this.#counts.connections.idle++
    this.#restingSince = now
  }

  /** It is given a request. @returns whether it has served before. */
  serves (): boolean {
    const { connections } = this.#counts
    if (this.#idle) connections.idle--
    this.#idle = false
    const reused = this.#requests++ > 0
    if (reused) connections.reused++
    return reused
  }

  /** It is gone. To be said once. */
  ended (): void {
    const { connections } = this.#counts
    if (this.#standing) connections.open--
    if (this.#idle) connections.idle--
  }
}
