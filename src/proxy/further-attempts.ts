import { ProxyError } from '../base/errors.js'
import type { RawHeaders } from '../transport/transport.js'
import { HeldAnswer } from './held-answer.js'
import { hasUntried, type Unserved } from './next-step.js'
import { Retries } from './retries.js'

/** Milliseconds until all of an answer that is to be held must be there. */
const LONGEST_HOLDING = 1000

/** Whose attempts they are. */
export interface AttemptOwner extends Unserved {
  readonly startedAt: number
  readonly status: number
  readonly attempts: number
  readonly error: ProxyError | null
  /** Makes the next attempt. */
  attempt (): void
  /** Wants no more of the answer that is coming in. */
  dropAnswer (): void
  /** There is no next attempt. */
  giveUp (error: ProxyError): void
}

/**
 * The way of an exchange from one attempt to the next: to another target, while an answer that was not good enough is held; to the same one
 * on a fresh connection; or around all of them anew. An exchange gets it when its first attempt is not its last.
 */
export class FurtherAttempts extends Retries {
  readonly #owner: AttemptOwner
  /** The answer that is coming in to be held. */
  #holding: HeldAnswer | null = null
  /** Milliseconds to wait when it has been held. */
  #pause = 0
  /** Attempts that do not count: those of earlier rounds, and on a kept connection that was dead. */
  #uncounted = 0

  constructor (owner: AttemptOwner) {
    super(owner.route)
    this.#owner = owner
  }

  get uncounted (): number {
    return this.#uncounted
  }

  /** Is an answer coming in to be held? */
  get holding (): boolean {
    return this.#holding !== null
  }

  /**
   * Tries another target because of the status of the answer that begins to come in. The first such answer is held.
   * @returns false if this one asks for a longer wait than the route allows, or the budget is used up.
   */
  replace (headers: RawHeaders): boolean {
    const { route, target, status, body } = this.#owner
    const pause = this.pauseAfter(headers)
    if (pause === null || !route.retryBudget.take()) return false
    this.#pause = pause
    if (this.held !== null) {
      this.#leaveAnswer()
      return true
    }
    this.#holding = new HeldAnswer(target, status, headers)
    // What has not been taken of the body is for the next target.
    body?.close()
    this.after(LONGEST_HOLDING, () => { this.#leaveAnswer() })
    return true
  }

  /** A piece of the answer that is coming in. */
  hold (chunk: Buffer): void {
    if (this.#holding?.add(chunk) === false) this.#leaveAnswer()
  }

  /** All of that answer is there. */
  holdEnd (trailers: RawHeaders): void {
    this.#holding?.end(trailers)
    this.held = this.#holding
    this.#toNext(this.#pause)
  }

  /** It broke off. It is none to be kept, but that another target is tried stands. */
  holdFailed (): void {
    this.#toNext(this.#pause)
  }

  /** Wants no more of the answer that comes, and tries another target. */
  #leaveAnswer (): void {
    this.#owner.dropAnswer()
    this.#toNext(this.#pause)
  }

  /** To another target, after the back-off. */
  otherTarget (): void {
    this.#toNext(this.pause)
  }

  /**
   * After a kept connection died: another target if there is one, else the same, on a connection that nobody can have closed yet.
   * It costs no attempt, once: no target has been asked yet.
   */
  freshConnection (): void {
    const { request, target } = this.#owner
    request.freshConnection = true
    this.#uncounted++
    if (target !== null && hasUntried(this.#owner)) this.tried.add(target)
    this.#owner.attempt()
  }

  /** Around all targets anew, a little later. @returns false if there is no time for it. */
  anew (): boolean {
    const { route, startedAt, attempts } = this.#owner
    this.#uncounted = attempts
    return this.newRound(route.services.clock.now() - startedAt, () => { this.#owner.attempt() })
  }

  /** The exchange goes on without: nothing is waited for, nothing is held any more but what has been held. */
  stop (): void {
    this.#holding = null
    this.cancel()
  }

  #toNext (pause: number): void {
    this.stop()
    const { body, error, target } = this.#owner
    if (body?.consumed === true) return this.#owner.giveUp(error ?? new ProxyError('http_response_incomplete', 'an answer that could be neither held nor replaced'))
    if (target !== null) this.tried.add(target)
    this.schedule(pause, () => { this.#owner.attempt() })
  }
}
