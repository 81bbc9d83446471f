import { Dispatcher, errors } from 'undici'
import { systemClock, type Clock } from '../base/clock.js'
import { systemRandom, type Random } from '../base/random.js'
import { TimerWheel } from '../base/timer-wheel.js'
import { logExchange, type Log } from './access-log.js'
import { DispatchClient } from './dispatch-client.js'
import { dispatchRequest } from './dispatch-request.js'
import { dispatcherRoute } from './dispatcher-route.js'
import type { Upstream } from './upstream.js'
import { Exchange } from './exchange.js'
import { LegacyHandler, type LegacyCalls, type ResponseHandler } from './legacy-handler.js'
import type { Route } from './route.js'

export interface BalancedDispatcherOptions {
  /** Where requests that go wrong are told. Default: nowhere. */
  readonly log?: Log
  readonly clock?: Clock
  readonly random?: Random
  /** Stops what the dispatcher was made with, if that is its own: called once, after the last request. @param force cut what is in use. */
  readonly stop?: (force: boolean) => Promise<void>
}

/** Milliseconds for which a request waits while all targets are full. */
const QUEUE_TIMEOUT = 5000

type Callback = (error?: Error | null) => void

/**
 * An undici dispatcher that sends each request to a target of its pool: with the pool's strategy, health and limits, and once more to
 * another target where that does no harm. For `fetch`, for everything of undici that takes a `dispatcher`, and for the `undici` option of
 * @fastify/reply-from and @fastify/http-proxy.
 *
 * The `origin` of a request is ignored: the pool says where it goes. A `Host` field is passed on; without one each target is called by its
 * own name. Nothing is added to the request or taken off the response. A body given as a string or bytes can be sent again, a stream cannot
 * once it has been read from. Where `headersTimeout` or `bodyTimeout` is not given, a minute is the limit. A failure is an error with one
 * of undici's codes (see `dispatchError`) and the `ProxyError` as its `cause`.
 */
export class BalancedDispatcher extends Dispatcher {
  readonly #route: Route
  readonly #stop: (force: boolean) => Promise<void>
  readonly #running = new Set<DispatchClient>()
  readonly #idleWaiters: Array<() => void> = []
  #closing: Promise<void> | null = null
  #destroying: Promise<void> | null = null

  constructor (upstream: Upstream, options: BalancedDispatcherOptions = {}) {
    super()
    const { log, clock = systemClock, random = systemRandom, stop = async () => {} } = options
    this.#stop = stop
    this.#route = dispatcherRoute(upstream, {
      clock,
      random,
      wheel: new TimerWheel(clock),
      queueTimeout: QUEUE_TIMEOUT,
      uploadRate: 0,
      explain: false,
      debugSecret: null,
      tracing: null,
      draining: false,
      onEnd: exchange => { if (log !== undefined) logExchange(log, exchange, false) }
    })
  }

  /** Are no new requests taken? */
  get closed (): boolean {
    return this.#closing !== null || this.destroyed
  }

  get destroyed (): boolean {
    return this.#destroying !== null
  }

  /**
   * Sends a request.
   * @returns true: there is no need to wait for 'drain'.
   * @throws {errors.InvalidArgumentError} if the handler is none; whatever else is wrong reaches the handler.
   */
  override dispatch (options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const client = new DispatchClient(responseHandler(handler), this.#ended)
    this.#running.add(client)
    try {
      if (this.destroyed) throw new errors.ClientDestroyedError()
      if (this.closed) throw new errors.ClientClosedError()
      if (typeof options !== 'object' || options === null) throw new errors.InvalidArgumentError('opts must be an object.')
      const { head, body } = dispatchRequest(options, this.#route.attemptTimeouts, client)
      client.start(new Exchange(this.#route, head, body, client), body)
      return true
    } catch (error) {
      client.refuse(error instanceof Error ? error : new errors.UndiciError(String(error)))
      return false
    }
  }

  /** Takes no new requests; resolves when those under way have ended. */
  override close (): Promise<void>
  override close (callback: () => void): void
  override close (callback?: Callback): Promise<void> | void {
    if (this.#closing === null && this.destroyed) return answer(Promise.reject(new errors.ClientDestroyedError()), callback)
    this.#closing ??= this.#close()
    return answer(this.#closing, callback)
  }

  /** Gives up every request under way, with `error` as the reason. Connections that were upgraded stay with their owners. */
  override destroy (): Promise<void>
  override destroy (error: Error | null): Promise<void>
  override destroy (callback: () => void): void
  override destroy (error: Error | null, callback: () => void): void
  override destroy (first?: Error | Callback | null, second?: Callback): Promise<void> | void {
    const [error, callback] = typeof first === 'function' ? [null, first] : [first ?? null, second]
    this.#destroying ??= this.#destroy(error ?? new errors.ClientDestroyedError())
    return answer(this.#destroying, callback)
  }

  async #close (): Promise<void> {
    if (this.#running.size > 0) await new Promise<void>(resolve => { this.#idleWaiters.push(resolve) })
    this.#destroying ??= this.#stop(false)
    await this.#destroying
  }

  async #destroy (error: Error): Promise<void> {
    for (const client of [...this.#running]) client.abort(error)
    await this.#stop(true)
  }

  readonly #ended = (client: DispatchClient): void => {
    this.#running.delete(client)
    if (this.#running.size === 0) for (const resolve of this.#idleWaiters.splice(0)) resolve()
  }
}

function responseHandler (handler: Dispatcher.DispatchHandler | null | undefined): ResponseHandler {
  if (typeof handler !== 'object' || handler === null) throw new errors.InvalidArgumentError('handler must be an object')
  if (typeof handler.onRequestStart === 'function') return handler
  if (typeof handler.onConnect !== 'function' || typeof handler.onError !== 'function') {
    throw new errors.InvalidArgumentError('a handler needs onRequestStart, or onConnect and onError')
  }
  // The declared types of the older calls are not how undici calls them; `LegacyCalls` is.
  return new LegacyHandler(handler as unknown as LegacyCalls)
}

function answer (promise: Promise<void>, callback: Callback | undefined): Promise<void> | void {
  if (callback === undefined) return promise
  promise.then(() => { callback(null) }, (error: unknown) => { callback(error instanceof Error ? error : new Error(String(error))) })
}
