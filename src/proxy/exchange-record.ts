import type { ProxyError } from '../base/errors.js'
import type { Target } from '../upstream/target.js'
import type { Explanation } from './explanation.js'

/** How an exchange ended. `aborted` = the response broke off after its head had been passed on. */
export type ExchangeOutcome = 'response' | 'tunnel' | 'failure' | 'aborted' | 'cancelled'

/** What is known of an exchange: for logs, metrics and hooks. Times are the clock's, in ms; -1 = not come to pass. */
export interface ExchangeRecord {
  readonly request: {
    readonly requestId: string
    readonly method: string
    /** The request target as the client sent it. */
    readonly originalPath: string
    readonly clientAddress: string | null
  }
  readonly poolName: string
  /** The target of the last attempt. */
  readonly target: Target | null
  readonly attempts: number
  /** Status given to the client, or what it would have been: 499 if it left before one. */
  readonly status: number
  /** Body bytes passed on to the client. */
  readonly bytes: number
  readonly outcome: ExchangeOutcome
  /** What went wrong last, even if a retry mended it; null = nothing. */
  readonly error: ProxyError | null
  /** Why it went where it went; null = nobody asked. */
  readonly explanation: Explanation | null
  readonly startedAt: number
  readonly headAt: number
  readonly endedAt: number
}
