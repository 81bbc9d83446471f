import type { RequestHead } from '../transport/transport.js'

/** A request on its way to a target, mutable in what may differ from target to target. */
export interface ExchangeHead extends RequestHead {
  readonly headers: string[]
  /** Where in `headers` the value of `Host` is. Whoever takes fields out of `headers` moves it. */
  hostIndex: number
  readonly requestId: string
  /** Is each target to be called by its own name? */
  readonly hostFromTarget: boolean
  /** Is it one of high priority, by what the client sent? */
  readonly urgent: boolean
  freshConnection: boolean
  /** May the client be told why it was sent where it was? */
  readonly debug: boolean
  /** The client's own fields, names and values in turn. */
  readonly received: readonly string[]
  /** The request target as the client sent it, and the client's address: for the log. */
  readonly originalPath: string
  readonly clientAddress: string | null
}
