import { createSecureContext, type SecureContext } from 'node:tls'
import { Pool, type Dispatcher } from 'undici'
import type { Clock } from '../base/clock.js'
import { ProxyError } from '../base/errors.js'
import { TimerWheel } from '../base/timer-wheel.js'
import type { Target } from '../upstream/target.js'
import type { BodySource, RawHeaders, RequestHead, ResponseSink, Sending, TlsOptions, Transport, TransportOptions } from './transport.js'
import { UndiciAttempt } from './undici-attempt.js'
import { poolOrigin, UndiciConnection, type CarriedOptions } from './undici-connection.js'

/** Parts of the `Transport` contract that undici 7 cannot keep; the docstring of `UndiciTransport` says what it does instead. */
export const UNDICI_LIMITS = [
  'request-trailers',
  'request-framing-fields',
  'empty-body-length',
  'asterisk-target',
  'head-before-body',
  'unsolicited-continue',
  'not-modified-length',
  'tunnels-unbounded',
  'fresh-connections-unbounded',
  'idle-fragments',
  'tls-timeout'
] as const

export type UndiciLimit = typeof UNDICI_LIMITS[number]

/**
 * The reference implementation: one undici `Pool` per target, without pipelining. What undici 7 does otherwise:
 *
 * - `request-trailers`: they are dropped.
 * - `request-framing-fields`: `Host` comes first and `Content-Length` last, both in lower case; a `Connection` field is
 *   always added; a body of unknown length that is there at once gets a `Content-Length`; `Transfer-Encoding`, `Keep-Alive` and `Upgrade` among the headers fail the request with `http_request_error`.
 * - `empty-body-length`: `Content-Length: 0` is left out for methods that usually have no body.
 * - `asterisk-target`: `OPTIONS *` fails with `http_request_error`.
 * - `head-before-body`: the head of a request with a body is written together with the body's first bytes, not before.
 *   `Expect` is never sent: the sink gets its 100 when the connection stands.
 * - `tls-timeout`: to secure a connection is part of making it, and has the limit and the code of that.
 * - `unsolicited-continue`: a target that sends 100 is taken for broken.
 * - `not-modified-length`: a 304 with a `Content-Length` other than 0 fails with `http_response_incomplete`.
 * - `tunnels-unbounded`: an upgraded connection no longer counts for `maxConnectionsPerTarget`.
 * - `fresh-connections-unbounded`: nor does one that was made for a single request, because the request asked for a fresh
 *   connection or came after `close(false)`.
 * - `idle-fragments`: less than a whole status line on an idle connection goes unnoticed, until the next request fails on it.
 */
export class UndiciTransport implements Transport {
  readonly #options: TransportOptions
  readonly #wheel: TimerWheel
  readonly #pools = new Map<Target, Pool>()
  /** Pools, and connections of single requests, that still end their last requests. */
  readonly #leaving = new Set<Dispatcher>()
  readonly #context: SecureContext | null
  #closed: 'no' | 'when-idle' | 'forced' = 'no'

  /** @throws if a PEM text of `options.tls` is none. */
  constructor (options: TransportOptions, clock: Clock) {
    this.#options = options
    this.#wheel = new TimerWheel(clock)
    this.#context = options.tls === undefined ? null : secureContext(options.tls)
  }

  send (target: Target, head: RequestHead, body: BodySource | null, sink: ResponseSink): Sending {
    const { headers, expectsContinue } = withoutExpect(head.headers)
    const attempt = new UndiciAttempt(head, body, sink, this.#wheel, expectsContinue, this.#options.connectTimeout)
    const options: CarriedOptions = {
      method: head.method,
      path: head.path,
      headers,
      body: attempt.body,
      upgrade: head.upgrade,
      servername: target.address.hostname,
      passenger: attempt
    }
    // undici may call back at once; the contract says after `send`.
    queueMicrotask(() => { this.#dispatch(target, options, attempt, head.freshConnection) })
    return attempt
  }

  forget (target: Target): void {
    const pool = this.#pools.get(target)
    if (pool === undefined) return
    this.#pools.delete(target)
    this.#leave(pool)
  }

  /** After `close(false)` requests are still sent, a retry among them, but no connection outlives its request. */
  close (force: boolean): void {
    if (this.#closed !== 'forced') this.#closed = force ? 'forced' : 'when-idle'
    for (const target of [...this.#pools.keys()]) this.forget(target)
    if (!force) return
    const error = new ProxyError('draining', 'the transport was closed')
    for (const dispatcher of this.#leaving) void dispatcher.destroy(error)
    this.#leaving.clear()
  }

  #dispatch (target: Target, options: Dispatcher.DispatchOptions, attempt: UndiciAttempt, fresh: boolean): void {
    if (attempt.done) return
    if (this.#closed === 'forced') {
      attempt.fail(new ProxyError('draining', 'the transport was closed'))
    } else if (fresh || this.#closed === 'when-idle') {
      const connection = new UndiciConnection(target.address, this.#options, this.#context)
      connection.dispatch(options, attempt)
      this.#leave(connection)
    } else {
      this.#pool(target).dispatch(options, attempt)
    }
  }

  #pool (target: Target): Pool {
    let pool = this.#pools.get(target)
    if (pool === undefined) {
      pool = new Pool(poolOrigin(target.address), {
        connections: this.#options.maxConnectionsPerTarget ?? 0,
        factory: () => new UndiciConnection(target.address, this.#options, this.#context)
      })
      this.#pools.set(target, pool)
    }
    return pool
  }

  #leave (dispatcher: Dispatcher): void {
    this.#leaving.add(dispatcher)
    const left = (): void => { this.#leaving.delete(dispatcher) }
    // One that was destroyed meanwhile rejects; it is gone all the same.
    dispatcher.close().then(left, left)
  }
}

function secureContext ({ ca, certificate, key }: TlsOptions): SecureContext {
  return createSecureContext({
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined ? {} : { cert: certificate }),
    ...(key === undefined ? {} : { key })
  })
}

function withoutExpect (headers: RawHeaders): { headers: string[], expectsContinue: boolean } {
  const kept: string[] = []
  let expectsContinue = false
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] ?? ''
    const value = headers[i + 1] ?? ''
    if (name.length === 6 && name.toLowerCase() === 'expect') expectsContinue ||= value.toLowerCase() === '100-continue'
    else kept.push(name, value)
  }
  return { headers: kept, expectsContinue }
}
