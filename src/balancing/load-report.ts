/** What a backend says of its own load (docs/backend.md, the health route). */
export interface LoadReport {
  /** Share of the time in which its event loop was at work, 0 to 1. */
  readonly utilization: number
  /** Requests that it had under way, whoever sent them. */
  readonly inflight: number
  /** Requests that it has had since it started; null = it does not say. */
  readonly requests: number | null
}
