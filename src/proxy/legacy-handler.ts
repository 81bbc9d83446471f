import type { Duplex } from 'node:stream'
import { errors, type Dispatcher } from 'undici'

type Controller = Dispatcher.DispatchController

/** undici's older handler style as it is called in fact: by undici's own `request` and `stream`, and by the `fetch` of Node up to 24. */
export interface LegacyCalls {
  onConnect? (abort: (reason?: Error) => void, context: object): void
  onUpgrade? (status: number, headers: readonly Buffer[], socket: Duplex): void
  onResponseStarted? (): void
  /** @returns false = pause until `resume` is called. */
  onHeaders? (status: number, headers: readonly Buffer[], resume: () => void, statusText: string): boolean | void
  /** @returns false = pause until `resume` is called. */
  onData? (chunk: Buffer): boolean | void
  onComplete? (trailers: readonly Buffer[]): void
  onError? (error: Error): void
  onBodySent? (chunk: Buffer): void
  onRequestSent? (): void
}

/** A handler of the newer style, and the two calls that only the older one has. */
export interface ResponseHandler extends Dispatcher.DispatchHandler {
  onRequestBodySent? (chunk: Buffer): void
  onRequestSent? (): void
}

/** Lets a handler of the older style be called in the newer. Header names and values reach it as the target sent them. */
export class LegacyHandler implements ResponseHandler {
  readonly #calls: LegacyCalls

  constructor (calls: LegacyCalls) {
    this.#calls = calls
  }

  onRequestStart (controller: Controller, context: object): void {
    this.#calls.onConnect?.(reason => { controller.abort(reason ?? new errors.RequestAbortedError()) }, context)
  }

  onRequestUpgrade (controller: Controller, status: number, _headers: unknown, socket: Duplex): void {
    if (this.#calls.onUpgrade === undefined) throw new errors.SocketError('bad upgrade')
    this.#calls.onUpgrade(status, raw(controller.rawHeaders), socket)
  }

  onResponseStart (controller: Controller, status: number, _headers: unknown, statusText = ''): void {
    this.#calls.onResponseStarted?.()
    const more = this.#calls.onHeaders?.(status, raw(controller.rawHeaders), () => { controller.resume() }, statusText)
    // After an informational response there is nothing to pause.
    if (more === false && status >= 200) controller.pause()
  }

  onResponseData (controller: Controller, chunk: Buffer): void {
    if (this.#calls.onData?.(chunk) === false) controller.pause()
  }

  onResponseEnd (controller: Controller): void {
    this.#calls.onComplete?.(raw(controller.rawTrailers))
  }

  onResponseError (_controller: Controller, error: Error): void {
    this.#calls.onError?.(error)
  }

  onRequestBodySent (chunk: Buffer): void {
    this.#calls.onBodySent?.(chunk)
  }

  onRequestSent (): void {
    this.#calls.onRequestSent?.()
  }
}

/** The controller is always a `DispatchClient`, whose fields are Buffers; undici's type allows for more. */
function raw (fields: Controller['rawHeaders']): readonly Buffer[] {
  return Array.isArray(fields) ? fields.filter(field => Buffer.isBuffer(field)) : []
}
