import type { Duplex } from 'node:stream'
import { ProxyError } from '../base/errors.js'
import type { PickContext } from '../balancing/strategy.js'
import { CallbackDeadline, Deadline } from '../base/timer-wheel.js'
import type { BodySource, RawHeaders, RequestHead, ResponseSink, Sending, Sent } from '../transport/transport.js'
import type { Lease } from '../upstream/lease.js'
import { cancelled } from '../upstream/outcome.js'
import type { Waiter } from '../upstream/pool.js'
import type { Target } from '../upstream/target.js'
import type { Client } from './client.js'
import type { ExchangeOutcome, ExchangeRecord } from './exchange-record.js'
import { failures } from './failure.js'
import { isIdempotent, mayRetry } from './retry.js'
import type { Route } from './route.js'

/** A request on its way to a target, mutable in the one field that may differ from target to target. */
export interface ExchangeHead extends RequestHead {
  readonly headers: string[]
  /** Where in `headers` the value of `Host` is. */
  readonly hostIndex: number
  readonly requestId: string
  /** Is each target to be called by its own name? */
  readonly hostFromTarget: boolean
  freshConnection: boolean
  /** The request target as the client sent it, and the client's address: for the log. */
  readonly originalPath: string
  readonly clientAddress: string | null
}

/**
 * One client request from arrival to close: 1..n attempts, at most one open lease. It knows neither Fastify nor sockets:
 * a `Client` is on one side, a `Transport` on the other.
 */
export class Exchange<C extends Client = Client> extends Deadline implements ResponseSink, ExchangeRecord, Waiter {
  readonly route: Route
  readonly request: ExchangeHead
  readonly client: C
  readonly #body: BodySource | null
  #lease: Lease | null = null
  #sending: Sending | null = null
  #tried: Set<Target> | null = null
  /** Armed while it waits in the pool's queue. */
  #queueLimit: CallbackDeadline | null = null
  #ended = false
  readonly startedAt: number
  headAt = -1
  endedAt = -1
  attempts = 0
  status = 0
  bytes = 0
  outcome: ExchangeOutcome = 'response'
  error: ProxyError | null = null
  target: Target | null = null

  constructor (route: Route, head: ExchangeHead, body: BodySource | null, client: C) {
    super()
    this.route = route
    this.request = head
    this.#body = body
    this.client = client
    this.startedAt = route.services.clock.now()
  }

  get poolName (): string {
    return this.route.pool.name
  }

  get ended (): boolean {
    return this.#ended
  }

  /** Makes the first attempt. */
  start (): void {
    const limit = this.route.config.timeouts.request
    if (limit !== 0) this.route.services.wheel.arm(this, limit)
    this.#attempt()
  }

  /** The client takes more data again. */
  resume (): void {
    this.#sending?.resume()
  }

  /** The client has left: whatever is under way for it ends now. */
  clientClosed (): void {
    if (this.#ended) return
    this.error = new ProxyError('client_closed', 'the client closed the connection')
    if (this.headAt === -1) this.status = failures.client_closed.status
    this.#stop()
    this.#end('cancelled')
  }

  /** The whole exchange has taken too long. */
  expired (): void {
    this.#stop()
    this.#fail(new ProxyError('http_response_timeout', `no complete response within ${this.route.config.timeouts.request} ms`))
  }

  #attempt (): void {
    const lease = this.route.pool.lease(this.route.context, this.tried)
    if (lease !== null) this.#send(lease)
    else if (!this.#enterQueue()) this.#fail(this.error ?? this.#noTarget())
  }

  /** Where all targets are full, a request waits for its turn. @returns false if it can't. */
  #enterQueue (): boolean {
    const { pool, services } = this.route
    if (services.queueTimeout === 0 || !pool.enter(this)) return false
    const limit = new CallbackDeadline(() => {
      this.#leaveQueue()
      this.#fail(this.error ?? this.#noTarget())
    })
    this.#queueLimit = limit
    services.wheel.arm(limit, services.queueTimeout)
    return true
  }

  #leaveQueue (): void {
    if (this.#queueLimit === null) return
    this.route.services.wheel.disarm(this.#queueLimit)
    this.#queueLimit = null
    this.route.pool.leave(this)
  }

  get context (): PickContext {
    return this.route.context
  }

  get tried (): ReadonlySet<Target> | undefined {
    return this.#tried ?? undefined
  }

  /** Its turn has come. */
  granted (lease: Lease): void {
    this.#leaveQueue()
    this.#send(lease)
  }

  #send (lease: Lease): void {
    this.attempts++
    this.#lease = lease
    this.target = lease.target
    if (this.request.hostFromTarget) this.request.headers[this.request.hostIndex] = lease.target.address.authority
    this.#sending = this.route.transport.send(lease.target, this.request, this.#body, this)
  }

  #noTarget (): ProxyError {
    const { pool } = this.route
    return pool.full
      ? new ProxyError('connection_limit_reached', `every healthy target of pool ${pool.name} is at its limit`)
      : new ProxyError('destination_unavailable', `pool ${pool.name} has no target that may be tried`)
  }

  informational (status: number, headers: RawHeaders): void {
    this.client.informational(status, headers)
  }

  head (status: number, headers: RawHeaders): void {
    if (this.#retriesStatus(status)) {
      this.#sending?.abort()
      this.#lease?.settle({ kind: 'response', status })
      this.#nextTarget()
      return
    }
    this.headAt = this.route.services.clock.now()
    this.status = status
    this.client.head(status, headers)
  }

  data (chunk: Buffer): boolean {
    this.bytes += chunk.length
    return this.client.data(chunk)
  }

  end (trailers: RawHeaders): void {
    this.#settle()
    // From here on the client may close the connection: it has got everything.
    this.#ended = true
    this.client.end(trailers)
    this.#conclude('response')
  }

  flush (): void {
    if (this.headAt !== -1) this.client.flush()
  }

  upgraded (headers: RawHeaders, connection: Duplex, first: Buffer): void {
    this.headAt = this.route.services.clock.now()
    this.status = 101
    this.route.services.wheel.disarm(this)
    this.#sending = null
    this.client.upgraded(headers, connection, first, () => {
      this.#settle()
      this.#end('tunnel')
    })
  }

  failed (error: ProxyError, sent: Sent): void {
    if (this.#ended) return
    this.error = error
    const lease = this.#lease
    const reused = this.#sending?.reused === true && error.code === 'connection_terminated'
    this.#sending = null
    this.#lease = null
    // A kept connection may be closed by a target in good health; a request the client did not finish says nothing either.
    lease?.settle(reused || failures[error.code].fault !== 'target' ? cancelled : { kind: 'failure', error })
    if (lease === null || !this.#mayRetry(error, sent, reused)) {
      this.#fail(error)
    } else if (reused && !this.request.freshConnection) {
      this.#replaceConnection()
    } else {
      this.#nextTarget()
    }
  }

  #mayRetry (error: ProxyError, sent: Sent, reused: boolean): boolean {
    if (this.headAt !== -1 || this.#body?.consumed === true) return false
    // A kept connection that died costs no attempt, once: no target has been asked yet.
    const exempt = reused && !this.request.freshConnection
    if (!exempt && this.attempts >= this.route.config.retry.attempts) return false
    return mayRetry({ error, sent, method: this.request.method, reused }, this.route.config.retry)
  }

  /** After a kept connection died: another target if there is one, else the same, on a connection that nobody can have closed yet. */
  #replaceConnection (): void {
    this.request.freshConnection = true
    const { target } = this
    if (target !== null && this.route.pool.eligible.some(other => other !== target && this.#tried?.has(other) !== true)) this.#nextTarget()
    else this.#attempt()
  }

  /** Is this status one for which the route tries another target, and is there one? */
  #retriesStatus (status: number): boolean {
    const { retry } = this.route.config
    if (!retry.on.statuses.includes(status) || this.attempts >= retry.attempts) return false
    if (this.#body?.consumed === true || !isIdempotent(this.request.method)) return false
    return this.route.pool.eligible.some(target => target !== this.target && this.#tried?.has(target) !== true)
  }

  #nextTarget (): void {
    this.#lease = null
    this.#sending = null
    if (this.target !== null) (this.#tried ??= new Set()).add(this.target)
    this.#attempt()
  }

  /** Gives the lease back after a complete response. */
  #settle (): void {
    this.#lease?.settle({ kind: 'response', status: this.status })
    this.#lease = null
    this.#sending = null
  }

  /** Breaks off what is under way, without a word about the target. */
  #stop (): void {
    this.#leaveQueue()
    this.#sending?.abort()
    this.#sending = null
    this.#lease?.settle(cancelled)
    this.#lease = null
  }

  #fail (error: ProxyError): void {
    if (this.#ended) return
    this.error = error
    const started = this.headAt !== -1
    if (!started) this.status = failures[error.code].status
    this.#end(started ? 'aborted' : 'failure')
    this.client.fail(error, started)
  }

  #end (outcome: ExchangeOutcome): void {
    if (this.#ended) return
    this.#ended = true
    this.#conclude(outcome)
  }

  #conclude (outcome: ExchangeOutcome): void {
    this.outcome = outcome
    this.endedAt = this.route.services.clock.now()
    this.route.services.wheel.disarm(this)
    if (this.#body !== null) {
      // What the client still sends flows on, to nobody: so it gets to read its answer instead of a reset.
      this.#body.close()
      this.#body.resume()
    }
    this.route.services.onEnd(this)
  }
}
