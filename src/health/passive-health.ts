/** A share of failures that is too many. */
export interface FailureRate {
  /** Above 0, at most 1. */
  readonly share: number
  /** Milliseconds. */
  readonly window: number
  /** Outcomes within the window below which their share means nothing. */
  readonly minimumRequests: number
}

/** When the traffic itself takes a target out of service. Times in milliseconds. */
export interface PassiveHealth {
  /** Gateway failures in a row that eject; 0 = these alone never do. */
  readonly consecutiveFailures: number
  /** Response statuses that count as gateway failures. */
  readonly statuses: readonly number[]
  /** null = the rate is not looked at. */
  readonly failureRate: FailureRate | null
  /** Length of the first ejection; the n-th in short order lasts n times as long. */
  readonly ejection: number
  readonly maxEjection: number
  /** Share of the pool's targets, 0 to 1, that may be ejected at once. */
  readonly maxEjectedShare: number
}
