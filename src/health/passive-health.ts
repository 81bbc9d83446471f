/** When the traffic itself takes a target out. Times in milliseconds. */
export interface PassiveHealth {
  /** Failures in a row; 0 = do not count these. */
  readonly consecutiveFailures: number
  /** null = do not look at the rate. */
  readonly failureRate: FailureRate | null
  /** Length of the first ejection; the n-th lasts n times as long. */
  readonly ejection: number
  readonly maxEjection: number
  /** Share of the pool, 0 to 1, that may be out at once. */
  readonly maxEjectedShare: number
}

/** A share of failures that is too many. */
export interface FailureRate {
  /** 0 to 1. */
  readonly share: number
  readonly window: number
  /** Requests in the window below which its share means nothing. */
  readonly minimumRequests: number
}
