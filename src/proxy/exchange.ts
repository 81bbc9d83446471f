import type { Duplex } from 'node:stream'
import { ProxyError, type FailureCode } from '../base/errors.js'
import type { BodySource, RawHeaders, ResponseSink, Sending, Sent } from '../transport/transport.js'
import type { Lease } from '../upstream/lease.js'
import type { Outcome } from '../upstream/outcome.js'
import type { Target } from '../upstream/target.js'
import type { Client } from './client.js'
import { saysDraining } from './draining-field.js'
import type { ExchangeHead } from './exchange-head.js'
import type { ExchangeOutcome } from './exchange-record.js'
import { failures } from './failure.js'
import { FurtherAttempts, type AttemptOwner } from './further-attempts.js'
import { mayAskOther, nextStep } from './next-step.js'
import { noTarget, QueuePlace, type QueueOwner } from './queue-place.js'
import { RecordedExchange } from './recorded-exchange.js'
import type { Route } from './route.js'

/**
 * One client request from arrival to close: 1..n attempts, at most one open lease. It knows neither Fastify nor sockets:
 * a `Client` is on one side, a `Transport` on the other.
 */
export class Exchange<C extends Client = Client> extends RecordedExchange implements ResponseSink, QueueOwner, AttemptOwner {
  readonly client: C
  readonly body: BodySource | null
  #lease: Lease | null = null
  #sending: Sending | null = null
  #place: QueuePlace | null = null
  #further: FurtherAttempts | null = null
  #ended = false

  constructor (route: Route, head: ExchangeHead, body: BodySource | null, client: C) {
    super(route, head)
    this.body = body
    this.client = client
  }

  get ended (): boolean {
    return this.#ended
  }

  /** Begins with the first attempt. */
  start (): void {
    const limit = this.route.config.timeouts.request
    if (limit !== 0) this.route.services.wheel.arm(this, limit)
    this.route.retryBudget.request()
    this.attempt()
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
    this.#stop('client_closed')
    this.#end('cancelled')
  }

  /** The client takes nothing of the response any more. */
  clientStalled (): void {
    if (this.#ended) return
    this.#stop('client_stalled')
    this.#fail(new ProxyError('client_stalled', `the client took nothing of the response for ${this.route.config.timeouts.idleBody} ms`))
  }

  /** The whole exchange has taken too long. */
  expired (): void {
    this.#stop('request_timeout')
    if (!this.#passOnHeld()) this.#fail(new ProxyError('request_timeout', `no complete response within ${this.route.config.timeouts.request} ms`))
  }

  /** Makes an attempt: at once, or when its turn in the queue has come. */
  attempt (): void {
    this.noteChoice(this.tried)
    const lease = this.route.pool.lease(this.context, this.tried)
    if (lease !== null) return this.#send(lease)
    this.#place = QueuePlace.take(this)
    if (this.#place !== null) this.noteQueued()
    else this.giveUp(this.error ?? noTarget(this.route), true)
  }

  get tried (): ReadonlySet<Target> | undefined {
    return this.#further?.tried
  }

  get attemptsLeft (): boolean {
    return this.attempts - (this.#further?.uncounted ?? 0) < this.route.config.retry.attempts
  }

  /** Its turn has come. */
  granted (lease: Lease): void {
    this.#leftQueue()
    this.#send(lease)
  }

  /** It has waited in the queue in vain. */
  refused (error: ProxyError): void {
    this.#leftQueue()
    this.giveUp(this.error ?? error)
  }

  #leftQueue (): void {
    this.#place = null
    this.noteLeftQueue()
  }

  #send (lease: Lease): void {
    this.#lease = lease
    this.noteAttempt(lease.target)
    if (this.request.hostFromTarget) this.request.headers[this.request.hostIndex] = lease.target.address.authority
    this.#sending = this.route.transport.send(lease.target, this.request, this.body, this)
  }

  informational (status: number, headers: RawHeaders): void {
    this.client.informational(status, headers)
  }

  head (status: number, headers: RawHeaders): void {
    const now = this.route.services.clock.now()
    this.#lease?.responded(status, now)
    if (this.target !== null && saysDraining(headers)) this.route.withdraw(this.target)
    this.status = status
    if (this.route.config.retry.on.statuses.includes(status) && this.#isReplaced(headers)) return
    this.headAt = now
    this.client.head(status, headers)
  }

  /** After a status for which other targets are tried. @returns whether the client gets another answer than this one. */
  #isReplaced (headers: RawHeaders): boolean {
    if (mayAskOther(this) && this.#furtherAttempts.replace(headers)) return true
    if (this.#further?.held == null) return false
    this.dropAnswer()
    return this.#passOnHeld()
  }

  data (chunk: Buffer): boolean {
    const lease = this.#lease
    if (lease !== null) lease.target.counts.bytesOut += chunk.length
    if (this.#further?.holding === true) {
      this.#further.hold(chunk)
      return true
    }
    this.bytes += chunk.length
    return this.client.data(chunk)
  }

  end (trailers: RawHeaders): void {
    const now = this.route.services.clock.now()
    this.#release({ kind: 'response', status: this.status }, now)
    if (this.#further?.holding === true) return this.#further.holdEnd(trailers)
    // From here on the client may close the connection: it has got everything.
    this.#ended = true
    this.client.end(trailers)
    this.#conclude('response', now)
  }

  flush (): void {
    if (this.headAt !== -1) this.client.flush()
  }

  upgraded (headers: RawHeaders, connection: Duplex, first: Buffer): void {
    const lease = this.#lease
    this.headAt = this.route.services.clock.now()
    lease?.responded(101, this.headAt)
    this.status = 101
    this.route.services.wheel.disarm(this)
    this.#sending = null
    this.client.upgraded(headers, connection, first, (sent = 0) => {
      if (lease !== null) {
        lease.target.counts.bytesIn += sent
        lease.target.counts.bytesOut += this.bytes
      }
      this.#release({ kind: 'response', status: this.status })
      this.#end('tunnel')
    })
  }

  failed (failure: ProxyError, sent: Sent): void {
    if (this.#ended) return
    const error = this.route.headLimitIsPerTry && failure.code === 'http_response_timeout' ? new ProxyError('try_timeout', failure.message) : failure
    this.error = error
    const leased = this.#lease !== null
    const reused = this.#sending?.reused === true && error.code === 'connection_terminated'
    // A kept connection may be closed by a target in good health; a request the client did not finish says nothing either.
    if (reused) this.#release({ kind: 'cancelled', cause: 'stale' })
    else this.#release(failures[error.code].fault === 'target' ? { kind: 'failure', error } : { kind: 'cancelled', cause: error.code })
    if (this.#further?.holding === true) return this.#further.holdFailed()
    const step = leased ? nextStep(this, error, sent, reused) : 'give-up'
    if (step === 'other-target') this.#furtherAttempts.otherTarget()
    else if (step === 'fresh-connection') this.#furtherAttempts.freshConnection()
    else this.giveUp(error, step === 'new-round')
  }

  get #furtherAttempts (): FurtherAttempts {
    this.#further ??= new FurtherAttempts(this)
    return this.#further
  }

  /** Wants no more of the answer that is coming in. */
  dropAnswer (): void {
    this.#sending?.abort()
    this.#release({ kind: 'response', status: this.status })
  }

  /** None did better: the client gets the first answer. @returns false if there is none, or the client has had a head. */
  #passOnHeld (): boolean {
    const answer = this.#further?.held
    if (answer == null || this.headAt !== -1) return false
    this.headAt = this.route.services.clock.now()
    this.status = answer.status
    this.bytes = answer.bytes
    this.target = answer.target
    this.#ended = true
    answer.passOn(this.client)
    this.#conclude('response')
    return true
  }

  /** No attempt is left, or no target. @param anew has nothing been sent, so that all targets may be tried anew? */
  giveUp (error: ProxyError, anew = false): void {
    if (this.#passOnHeld()) return
    this.error = error
    const { pool, config } = this.route
    if (!anew || pool.full || config.retry.tryFor === 0 || !this.#furtherAttempts.anew()) this.#fail(error)
  }

  /** Gives the lease back: the attempt under way has ended. */
  #release (outcome: Outcome, now?: number): void {
    this.#lease?.settle(outcome, now)
    this.#lease = null
    this.#sending = null
    this.noteAttemptEnd(outcome)
  }

  /** Breaks off what is under way, without a word about the target. */
  #stop (cause: FailureCode): void {
    if (this.#place !== null) {
      this.#place.leave()
      this.#leftQueue()
    }
    this.#further?.stop()
    this.#sending?.abort()
    this.#release({ kind: 'cancelled', cause })
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

  #conclude (outcome: ExchangeOutcome, now: number = this.route.services.clock.now()): void {
    this.route.services.wheel.disarm(this)
    if (this.body !== null) {
      // What the client still sends flows on, to nobody: so it gets to read its answer instead of a reset.
      this.body.close()
      this.body.resume()
    }
    this.noteEnd(outcome, now)
  }
}
