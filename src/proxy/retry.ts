import type { ProxyError } from '../base/errors.js'
import { isIdempotent } from '../transport/idempotent.js'
import type { Sent } from '../transport/transport.js'
import { failures } from './failure.js'
import type { RetryRules } from './route-config.js'

/** An attempt that failed before any response byte reached the client. */
export interface FailedAttempt {
  readonly error: ProxyError
  readonly sent: Sent
  readonly method: string
  /** Did the connection serve other requests before? Then it may simply have been closed under our hands. */
  readonly reused: boolean
}

/**
 * May the request be sent again, as far as its cause and its method go? (docs/lifecycle.md: a request that is not idempotent
 * only if no byte of it was written.) Whether the body is whole still, and whether a target is left, is the caller's to know.
 */
export function mayRetry (attempt: FailedAttempt, rules: RetryRules): boolean {
  const { retry } = failures[attempt.error.code]
  if (retry === 'never') return false
  if (attempt.sent === 'nothing') return attempt.reused || rules.on.connect
  if (retry !== 'idempotent' || !isIdempotent(attempt.method)) return false
  if (attempt.error.code === 'http_response_timeout' || attempt.error.code === 'try_timeout' || attempt.error.code === 'connection_write_timeout') return rules.on.timeout
  return attempt.reused || rules.on.reset
}
