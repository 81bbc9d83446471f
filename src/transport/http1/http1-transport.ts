import type { SecureContext } from 'node:tls'
import type { Clock } from '../../base/clock.js'
import { ProxyError } from '../../base/errors.js'
import { TimerWheel } from '../../base/timer-wheel.js'
import type { Target } from '../../upstream/target.js'
import type { BodySource, RequestHead, ResponseSink, Sending, Transport, TransportOptions } from '../transport.js'
import { Attempt, type AttemptCarrier } from './attempt.js'
import { ConnectionPool } from './connection-pool.js'
import { Connector, secureContext } from './connector.js'
import { serialiseHead } from './request-head.js'

/** Carries an attempt that fails before it gets anywhere. */
const nowhere: AttemptCarrier = {
  dropped () {}, resumed () {}, broken () {}, progressed () {}, expired () {}
}

/** Our own HTTP/1.1 client: keep-alive connections per target, no pipelining, one timer for all deadlines. */
export class Http1Transport implements Transport {
  readonly #options: TransportOptions
  readonly #clock: Clock
  readonly #wheel: TimerWheel
  readonly #pools = new Map<Target, ConnectionPool>()
  /** Pools of targets that left while requests were under way. */
  #leaving: ConnectionPool[] = []
  #context: SecureContext | null
  #closed: 'no' | 'when-idle' | 'forced' = 'no'

  /** @throws if a PEM text of `options.tls` is none. */
  constructor (options: TransportOptions, clock: Clock) {
    this.#options = options
    this.#clock = clock
    this.#wheel = new TimerWheel(clock)
    this.#context = options.tls === undefined ? null : secureContext(options.tls)
  }

  send (target: Target, head: RequestHead, body: BodySource | null, sink: ResponseSink): Sending {
    try {
      if (this.#closed === 'forced') throw new ProxyError('draining', 'the transport was closed')
      const text = serialiseHead(head, body)
      const pool = this.#pools.get(target) ?? this.#addPool(target)
      const attempt = new Attempt(head, text, body, sink, pool, target.counts)
      pool.dispatch(attempt)
      attempt.sending = false
      return attempt
    } catch (fault) {
      const attempt = new Attempt(head, '', body, sink, nowhere, target.counts)
      attempt.fail(fault instanceof ProxyError ? fault : new ProxyError('proxy_internal_error', `${target.url}: ${String(fault)}`, { cause: fault }))
      return attempt
    }
  }

  forget (target: Target): void {
    const pool = this.#pools.get(target)
    if (pool === undefined) return
    this.#pools.delete(target)
    pool.retire()
    this.#leaving.push(pool)
    this.#leaving = this.#leaving.filter(leaving => leaving.size > 0)
  }

  /** After `close(false)` requests are still sent, a retry among them, but no connection outlives its request. */
  close (force: boolean): void {
    if (this.#closed !== 'forced') this.#closed = force ? 'forced' : 'when-idle'
    for (const pool of [...this.#pools.values(), ...this.#leaving]) {
      if (force) pool.destroy()
      else pool.retire()
    }
  }

  #addPool (target: Target): ConnectionPool {
    const { address } = target
    const { connectTimeout, tlsTimeout = connectTimeout, maxConnectionsPerTarget, tls = {} } = this.#options
    // The default context is costly to make, so it is made when the first target asks for it.
    if (address.protocol === 'https:') this.#context ??= secureContext(tls)
    const pool = new ConnectionPool({
      clock: this.#clock,
      wheel: this.#wheel,
      connector: new Connector(address, tls, address.protocol === 'https:' ? this.#context : null),
      where: address.origin,
      counts: target.counts,
      connectTimeout,
      tlsTimeout,
      maxConnections: maxConnectionsPerTarget ?? 0
    })
    if (this.#closed !== 'no') pool.retire()
    this.#pools.set(target, pool)
    return pool
  }
}
