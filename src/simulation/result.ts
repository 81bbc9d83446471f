/** Why a request was not served. */
export const failureCauses = ['error status', 'refused', 'reset', 'timeout', 'no target'] as const

export type FailureCause = typeof failureCauses[number]

/** What came of one simulated run. Times are milliseconds of the simulated time. Only requests that came after the warm-up count. */
export interface SimulationResult {
  readonly requests: number
  /** Answered with a status below 400. */
  readonly served: number
  readonly failures: Readonly<Record<FailureCause, number>>
  /** Requests that targets were sent, for each one of a client: 1 = no retries. */
  readonly amplification: number
  /** Served ones. */
  readonly requestsPerSecond: number
  /** Of the served ones; null = there is none. */
  readonly latency: LatencyResult | null
  readonly targets: readonly TargetResult[]
  /** Jain's fairness index of the answers, each target's divided by its weight. */
  readonly jain: number
  /** The most requests that one target had at once. */
  readonly peakInflight: number
  /** Of the requests whose key had been seen: share that came to another target than the one before; null = there are no keys. */
  readonly moved: number | null
  /** From the end of the warm-up to the last answer. */
  readonly duration: number
  /** Of the simulation itself: what it took in work. */
  readonly events: number
}

export interface LatencyResult {
  readonly mean: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly p999: number
  readonly max: number
}

export interface TargetResult {
  /** Counted from 1. */
  readonly target: number
  readonly served: number
  /** Of all answers that clients got. */
  readonly share: number
  readonly peakInflight: number
  /** Share of what it can do at once that was in use while there was load. */
  readonly utilization: number
}
