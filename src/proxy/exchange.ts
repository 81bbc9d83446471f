import type { Duplex } from 'node:stream'
import { ProxyError } from '../base/errors.js'
import { Deadline } from '../base/timer-wheel.js'
import { isIdempotent } from '../transport/idempotent.js'
import type { BodySource, RawHeaders, ResponseSink, Sending, Sent } from '../transport/transport.js'
import type { Lease } from '../upstream/lease.js'
import { cancelled, type Outcome } from '../upstream/outcome.js'
import type { Target } from '../upstream/target.js'
import type { Client } from './client.js'
import { saysDraining } from './draining-field.js'
import { Explanation } from './explanation.js'
import type { ExchangeHead } from './exchange-head.js'
import type { ExchangeOutcome, ExchangeRecord } from './exchange-record.js'
import { failures } from './failure.js'
import { HeldAnswer } from './held-answer.js'
import { mayRetry } from './retry.js'
import { noTarget, QueuePlace, type QueueOwner } from './queue-place.js'
import type { ExchangeTrace } from './tracing.js'
import { RequestContext } from './request-context.js'
import { Retries } from './retries.js'
import type { Route } from './route.js'

/** Milliseconds until all of an answer that is to be held must be there. */
const LONGEST_HOLDING = 1000

/**
 * One client request from arrival to close: 1..n attempts, at most one open lease. It knows neither Fastify nor sockets:
 * a `Client` is on one side, a `Transport` on the other.
 */
export class Exchange<C extends Client = Client> extends Deadline implements ResponseSink, ExchangeRecord, QueueOwner {
  readonly route: Route
  readonly request: ExchangeHead
  readonly client: C
  readonly #body: BodySource | null
  #lease: Lease | null = null
  #sending: Sending | null = null
  #retries: Retries | null = null
  /** The answer that is coming in to be held. */
  #holding: HeldAnswer | null = null
  /** Milliseconds to wait when it has been held. */
  #pause = 0
  /** Attempts that do not count: those of earlier rounds, and on a kept connection that was dead. */
  #before = 0
  #place: QueuePlace | null = null
  #queuedAt = 0
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
  readonly context: RequestContext
  readonly explanation: Explanation | null
  readonly #trace: ExchangeTrace | null

  constructor (route: Route, head: ExchangeHead, body: BodySource | null, client: C) {
    super()
    this.route = route
    this.request = head
    this.#body = body
    this.client = client
    this.context = new RequestContext(head, route.services)
    this.explanation = route.services.explain || head.debug ? new Explanation(route.pool) : null
    this.startedAt = route.services.clock.now()
    this.#trace = route.services.tracing?.begin(route, head) ?? null
    route.observer?.began()
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
    this.route.retryBudget.request()
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

  /** The client takes nothing of the response any more. */
  clientStalled (): void {
    if (this.#ended) return
    this.#stop()
    this.#fail(new ProxyError('client_stalled', `the client took nothing of the response for ${this.route.config.timeouts.idleBody} ms`))
  }

  /** The whole exchange has taken too long. */
  expired (): void {
    this.#stop()
    if (this.headAt === -1 && this.#retries?.held != null) return this.#passOnHeld()
    this.#fail(new ProxyError('request_timeout', `no complete response within ${this.route.config.timeouts.request} ms`))
  }

  #attempt (): void {
    this.explanation?.consider(this.route.pool, this.context, this.tried)
    const lease = this.route.pool.lease(this.context, this.tried)
    if (lease !== null) return this.#send(lease)
    this.#place = QueuePlace.take(this)
    if (this.#place !== null) this.#queuedAt = this.route.services.clock.now()
    else this.#giveUp(this.error ?? noTarget(this.route), true)
  }

  get tried (): ReadonlySet<Target> | undefined {
    return this.#retries?.tried
  }

  /** Its turn has come. */
  granted (lease: Lease): void {
    this.#leftQueue()
    this.#send(lease)
  }

  /** It has waited in the queue in vain. */
  refused (error: ProxyError): void {
    this.#leftQueue()
    this.#giveUp(this.error ?? error, false)
  }

  #leftQueue (): void {
    this.#place = null
    this.explanation?.waited(this.route.services.clock.now() - this.#queuedAt)
  }

  #send (lease: Lease): void {
    if (++this.attempts > 1) {
      lease.target.counts.retries++
      this.route.pool.counts.retries++
    }
    this.#lease = lease
    this.target = lease.target
    this.explanation?.chose(lease.target)
    this.#trace?.attempt(lease.target, this.attempts)
    if (this.request.hostFromTarget) this.request.headers[this.request.hostIndex] = lease.target.address.authority
    this.#sending = this.route.transport.send(lease.target, this.request, this.#body, this)
  }

  informational (status: number, headers: RawHeaders): void {
    this.client.informational(status, headers)
  }

  head (status: number, headers: RawHeaders): void {
    const now = this.route.services.clock.now()
    this.#lease?.responded(status, now)
    if (this.target !== null && saysDraining(headers)) this.route.withdraw(this.target)
    if (this.#triesFor(status, headers)) return
    if (this.#retries?.held != null && this.route.config.retry.on.statuses.includes(status)) return this.#passOnHeld(status)
    this.headAt = now
    this.status = status
    this.client.head(status, headers)
  }

  data (chunk: Buffer): boolean {
    const lease = this.#lease
    if (lease !== null) lease.target.counts.bytesOut += chunk.length
    if (this.#holding !== null) return this.#hold(this.#holding, chunk)
    this.bytes += chunk.length
    return this.client.data(chunk)
  }

  end (trailers: RawHeaders): void {
    if (this.#holding !== null) return this.#held(this.#holding, trailers)
    const now = this.route.services.clock.now()
    this.#release({ kind: 'response', status: this.status }, now)
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
    this.#release(reused || failures[error.code].fault !== 'target' ? cancelled : { kind: 'failure', error })
    if (this.#holding !== null) {
      // An answer that broke off is none to be kept, but that another target is tried stands.
      this.#nextTarget(this.#pause)
    } else if (!leased || !this.#couldRetry(error, sent, reused)) {
      this.#giveUp(error, false)
    } else if (reused && !this.request.freshConnection) {
      this.#replaceConnection()
    } else if (!this.#attemptsLeft || !this.#mayFindOther || !this.route.retryBudget.take()) {
      this.#giveUp(error, sent === 'nothing')
    } else {
      this.#nextTarget(this.#memory.pause)
    }
  }

  /** May it be sent again, as far as its state and the cause go? */
  #couldRetry (error: ProxyError, sent: Sent, reused: boolean): boolean {
    if (this.headAt !== -1 || this.#body?.consumed === true) return false
    return mayRetry({ error, sent, method: this.request.method, reused }, this.route.config.retry)
  }

  get #attemptsLeft (): boolean {
    return this.attempts - this.#before < this.route.config.retry.attempts
  }

  get #memory (): Retries {
    this.#retries ??= new Retries(this.route)
    return this.#retries
  }

  /**
   * After a kept connection died: another target if there is one, else the same, on a connection that nobody can have closed yet.
   * It costs no attempt, once: no target has been asked yet.
   */
  #replaceConnection (): void {
    this.request.freshConnection = true
    this.#before++
    if (this.#hasUntried && this.target !== null) this.#memory.tried.add(this.target)
    this.#attempt()
  }

  /** Is there a target that this request has not been to? */
  get #hasUntried (): boolean {
    const tried = new Set(this.tried)
    if (this.target !== null) tried.add(this.target)
    return this.route.pool.untried(tried).length > 0
  }

  /** The same, counting those that may come free. */
  get #mayFindOther (): boolean {
    return this.#hasUntried || this.route.pool.full
  }

  /** If this status is one for which the route tries another target, and there is one, it does so. */
  #triesFor (status: number, headers: RawHeaders): boolean {
    if (!this.route.config.retry.on.statuses.includes(status) || !this.#attemptsLeft) return false
    if (this.#body?.consumed === true || !isIdempotent(this.request.method) || !this.#hasUntried) return false
    const pause = this.#memory.pauseAfter(headers)
    if (pause === null || !this.route.retryBudget.take()) return false
    this.#pause = pause
    this.status = status
    if (this.#memory.held === null) this.#beginToHold(new HeldAnswer(this.target, status, headers))
    else this.#leaveAnswer()
    return true
  }

  #beginToHold (answer: HeldAnswer): void {
    this.#holding = answer
    // What has not been taken of the body is for the next target.
    this.#body?.close()
    this.#memory.after(LONGEST_HOLDING, () => { this.#leaveAnswer() })
  }

  #hold (answer: HeldAnswer, chunk: Buffer): boolean {
    if (!answer.add(chunk)) this.#leaveAnswer()
    return true
  }

  #held (answer: HeldAnswer, trailers: RawHeaders): void {
    answer.end(trailers)
    this.#memory.held = answer
    this.#release({ kind: 'response', status: this.status })
    this.#nextTarget(this.#pause)
  }

  /** Wants no more of the answer that comes, and tries another target. */
  #leaveAnswer (): void {
    this.#dropAnswer(this.status)
    this.#nextTarget(this.#pause)
  }

  #dropAnswer (status: number): void {
    this.#sending?.abort()
    this.#release({ kind: 'response', status })
  }

  /** All have been tried and none did better: the client gets the first answer. @param status the one that came last. */
  #passOnHeld (status?: number): void {
    const answer = this.#retries?.held
    if (answer == null) return
    if (status !== undefined) this.#dropAnswer(status)
    this.headAt = this.route.services.clock.now()
    this.status = answer.status
    this.bytes = answer.bytes
    this.target = answer.target
    this.#ended = true
    answer.passOn(this.client)
    this.#conclude('response')
  }

  #nextTarget (pause: number): void {
    this.#holding = null
    this.#lease = null
    this.#sending = null
    this.#memory.cancel()
    if (this.#body?.consumed === true) return this.#giveUp(this.error ?? new ProxyError('http_response_incomplete', 'an answer that could be neither held nor replaced'), false)
    if (this.target !== null) this.#memory.tried.add(this.target)
    this.#memory.schedule(pause, () => { this.#attempt() })
  }

  /** No attempt is left, or no target. @param could has nothing been sent, so that it may be tried anew without counting? */
  #giveUp (error: ProxyError, could: boolean): void {
    if (this.headAt === -1 && this.#retries?.held != null) return this.#passOnHeld()
    this.error = error
    const waited = this.route.services.clock.now() - this.startedAt
    this.#before = this.attempts
    const unreachable = could && !this.route.pool.full
    if (!unreachable || this.route.config.retry.tryFor === 0 || !this.#memory.newRound(waited, () => { this.#attempt() })) this.#fail(error)
  }

  /** Gives the lease back: the attempt under way has ended. */
  #release (outcome: Outcome, now?: number): void {
    this.#lease?.settle(outcome, now)
    this.#lease = null
    this.#sending = null
    this.#trace?.attemptEnded(outcome)
  }

  /** Breaks off what is under way, without a word about the target. */
  #stop (): void {
    if (this.#place !== null) {
      this.#place.leave()
      this.#leftQueue()
    }
    this.#retries?.cancel()
    this.#holding = null
    this.#sending?.abort()
    this.#release(cancelled)
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
    this.outcome = outcome
    this.endedAt = now
    this.route.services.wheel.disarm(this)
    if (this.#body !== null) {
      // What the client still sends flows on, to nobody: so it gets to read its answer instead of a reset.
      this.#body.close()
      this.#body.resume()
    }
    this.route.observer?.ended(this)
    this.#trace?.ended(this)
    this.route.services.onEnd(this)
  }
}
