import type { IncomingMessage, ServerResponse } from 'node:http'
import { DRAINING, STATE_FIELD } from '../base/backend-state.js'
import type { Clock } from '../base/clock.js'

interface Open {
  readonly began: number
  /** Not a question about health. */
  ordinary: boolean
}

/** The requests under way, and what their responses say of the backend's state. */
export class Requests {
  readonly #clock: Clock
  readonly #open = new Map<ServerResponse, Open>()
  /** When the last ordinary request began, of those that have ended. */
  #lastBegan = Number.NEGATIVE_INFINITY
  #draining = false
  #last = false
  #inflight = 0
  #total = 0
  /** Called when a request has ended. */
  onEnd: () => void = () => {}

  constructor (clock: Clock) {
    this.#clock = clock
  }

  /** How many ordinary requests are under way. */
  get inflight (): number {
    return this.#inflight
  }

  /** How many ordinary requests have come so far. */
  get total (): number {
    return this.#total
  }

  /** How many requests of any kind are under way. */
  get size (): number {
    return this.#open.size
  }

  /** When the last ordinary request began, in milliseconds of the clock. */
  get lastBegan (): number {
    let last = this.#lastBegan
    for (const { began, ordinary } of this.#open.values()) if (ordinary) last = Math.max(last, began)
    return last
  }

  /** A request has come. @returns false if it is known already. */
  begin (request: IncomingMessage, response: ServerResponse): boolean {
    if (this.#open.has(response) || response.closed) return false
    const open = { began: this.#clock.now(), ordinary: true }
    this.#open.set(response, open)
    this.#inflight++
    this.#total++
    this.#mark(request.httpVersionMajor, response)
    // The one event that comes exactly once, however a response ends.
    response.once('close', () => {
      this.#open.delete(response)
      if (open.ordinary) {
        this.#inflight--
        this.#lastBegan = Math.max(this.#lastBegan, open.began)
      }
      this.onEnd()
    })
    return true
  }

  /** This one asks for the backend's health: it is not counted. */
  setAside (response: ServerResponse): void {
    const open = this.#open.get(response)
    if (open === undefined || !open.ordinary) return
    open.ordinary = false
    this.#inflight--
    this.#total--
  }

  /** From now on every response says that the backend is draining, if its head has not gone out. */
  announce (): void {
    this.#draining = true
    this.#markAll()
  }

  /** From now on every response is the last one of its connection. */
  askToClose (): void {
    this.#last = true
    this.#markAll()
  }

  #markAll (): void {
    for (const response of this.#open.keys()) this.#mark(response.req.httpVersionMajor, response)
  }

  #mark (version: number, response: ServerResponse): void {
    if (response.headersSent) return
    if (this.#draining) response.setHeader(STATE_FIELD, DRAINING)
    // HTTP/2 has no Connection field (RFC 9113, section 8.2.2): its sessions are told to close by themselves.
    if (this.#last && version < 2) response.shouldKeepAlive = false
  }
}
