import type { ProxyError } from '../base/errors.js'

/** How a lease ended. */
export type Outcome =
  | { readonly kind: 'response', readonly status: number }
  /** The target's fault. */
  | { readonly kind: 'failure', readonly error: ProxyError }
  /** The client left, or nobody needs the answer: says nothing about the target. */
  | { readonly kind: 'cancelled' }

export const cancelled: Outcome = Object.freeze({ kind: 'cancelled' })
