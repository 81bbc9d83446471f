import type { FailureCode, ProxyError } from '../base/errors.js'

/** How a lease ended. */
export type Outcome =
  | { readonly kind: 'response', readonly status: number }
  /** The target's fault. */
  | { readonly kind: 'failure', readonly error: ProxyError }
  /**
   * The client left, or a limit of the proxy's own ran out: says nothing about the target. The cause is a code of the client's or the proxy's side;
   * `stale` = a kept connection was closed by the target, which it may do.
   */
  | { readonly kind: 'cancelled', readonly cause?: FailureCode | 'stale' }

export const cancelled: Outcome = Object.freeze({ kind: 'cancelled' })
