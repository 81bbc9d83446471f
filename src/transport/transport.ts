import type { Duplex } from 'node:stream'
import type { ProxyError } from '../base/errors.js'
import type { Target } from '../upstream/target.js'
import type { TlsOptions } from '../upstream/tls-options.js'

export type { TlsOptions } from '../upstream/tls-options.js'

/** Field names and values in turn, in the order, case and number in which they came: `['Host', 'a', 'X-Y', 'b']`. */
export type RawHeaders = readonly string[]

/** Time limits of one attempt, in milliseconds; 0 = none. */
export interface AttemptTimeouts {
  /** From the moment all of the request is sent (or `send`, if there is no body) to the response head. */
  readonly responseHead: number
  /** Between two pieces of a body, in either direction, while the receiver is ready for more. */
  readonly idleBody: number
}

/**
 * What is sent to the target. The headers hold what the target shall see, `Host` and the client's `Content-Length`
 * included; the transport adds only what frames this hop: `Transfer-Encoding: chunked` for a body of unknown length,
 * `Connection` and `Upgrade` where `upgrade` is set.
 */
export interface RequestHead {
  readonly method: string
  /** The request target as it goes on the wire: `/a?b`, `*`. */
  readonly path: string
  readonly headers: RawHeaders
  /** Value of the `Upgrade` field, if the client asks for another protocol; else null. */
  readonly upgrade: string | null
  /** Open a connection of its own instead of using an idle one: for a request whose kept connection has just died. */
  readonly freshConnection: boolean
  readonly timeouts: AttemptTimeouts
}

/** Receives a request body. */
export interface BodySink {
  data (chunk: Buffer): void
  end (trailers: RawHeaders): void
  /** The body will not be complete. The receiver must not make it look so. */
  failed (error: ProxyError): void
}

/**
 * A request body that flows on demand. A transport opens it only on a connection that stands, so a body whose target
 * could not be reached is whole still.
 */
export interface BodySource {
  /** Bytes to come; null if that is not known beforehand. */
  readonly length: number | null
  /** Begins the flow into `sink`. Called at most once per attempt, and again only if nothing was `consumed`. */
  open (sink: BodySink): void
  pause (): void
  resume (): void
  /** The sink wants no more: nothing is delivered after this. What is left is the owner's affair. */
  close (): void
  /** Has any of it been handed out, so that it can't be sent again? */
  readonly consumed: boolean
}

/** How much of a request had been written to a connection when it failed: decides whether it may be sent again. */
export type Sent = 'nothing' | 'partly' | 'all'

/**
 * Receives a response. The order of calls: `informational`*, `head`, `data`*, `end`; or `failed` at any point and then nothing
 * more; or `informational`*, `upgraded` and then nothing more. No call is made from within `send`, nor after `abort`.
 */
export interface ResponseSink {
  /** 100, 102, 103. */
  informational (status: number, headers: RawHeaders): void
  /** Status 200 to 999. Headers as the target sent them, hop-by-hop fields and framing included. */
  head (status: number, headers: RawHeaders): void
  /** @returns false = wait for `Sending.resume()` before more. */
  data (chunk: Buffer): boolean
  end (trailers: RawHeaders): void
  /** 101: the connection now belongs to the receiver, who must end or destroy it. `first` holds bytes that came with the head. */
  upgraded (headers: RawHeaders, connection: Duplex, first: Buffer): void
  /** All that has arrived so far has been handed over: pass on what you hold back. Comes after each batch that did not end the response. */
  flush (): void
  failed (error: ProxyError, sent: Sent): void
}

/** A request under way. */
export interface Sending {
  /** Gives up: the connection is destroyed, the sink is told nothing more. Harmless after the end. */
  abort (): void
  /** More response data is welcome again. */
  resume (): void
  /** Was the connection used before this request? Then its sudden death says nothing about the target. */
  readonly reused: boolean
}

/** How bytes reach a target. */
export interface Transport {
  /** Starts a request. Never throws for what a target or a request does: that reaches `sink.failed`. */
  send (target: Target, head: RequestHead, body: BodySource | null, sink: ResponseSink): Sending
  /** Lets go of idle connections to a target that left its pool; those in use end with their requests. */
  forget (target: Target): void
  /** Closes idle connections now and the others as they fall idle; destroys what is left when `force` is set. */
  close (force: boolean): void
}

/** What every transport takes. */
export interface TransportOptions {
  /** Milliseconds until a connection must stand. */
  readonly connectTimeout: number
  /** Milliseconds until one that stands must be secured, where it is to be. Default: as `connectTimeout`. */
  readonly tlsTimeout?: number
  /** Connections per target, idle and busy; 0 = no bound. */
  readonly maxConnectionsPerTarget?: number
  readonly tls?: TlsOptions
}
