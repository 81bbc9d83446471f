import type { FastifyBaseLogger } from 'fastify'
import type { Clock, Timer } from '../base/clock.js'
import type { Connections } from './connections.js'
import type { Settings } from './options.js'
import type { Requests } from './requests.js'

/** Idle connections are not looked at more often than that, in milliseconds. */
const SHORTEST_ROUND = 25

/** What a drain works on. */
export interface DrainParts {
  readonly clock: Clock
  readonly log: FastifyBaseLogger
  readonly requests: Requests
  readonly connections: Connections
}

/**
 * The backend's way out, up to the point at which nothing is open any more. First it says that it is leaving and serves as before, until
 * nothing has come for a while. Then it stops accepting, and each connection ends after its response or its rest.
 */
export class Drain {
  readonly #settings: Settings
  readonly #parts: DrainParts
  readonly #ended: Promise<void>
  #resolve: () => void = () => {}
  #stage: 'serving' | 'draining' | 'stopping' | 'ended' = 'serving'
  /** When the stage began. */
  #began = 0
  #timer: Timer | null = null
  /** Did anybody ever ask for the backend's health? */
  #asked = false
  /** Has somebody been told by now that it is draining? */
  #told = false

  constructor (settings: Settings, parts: DrainParts) {
    this.#settings = settings
    this.#parts = parts
    this.#ended = new Promise(resolve => { this.#resolve = resolve })
    parts.requests.onEnd = () => { this.#endIfEmpty() }
    parts.connections.onClose = () => { this.#endIfEmpty() }
  }

  get draining (): boolean {
    return this.#stage !== 'serving'
  }

  /** Begins the drain, if that has not been done. Resolves when no request and no connection is left. */
  start (): Promise<void> {
    if (this.#stage === 'serving') {
      this.#parts.requests.announce()
      this.#enter('draining')
    }
    return this.#ended
  }

  /** Somebody asks for the backend's health. */
  asked (): void {
    this.#asked = true
  }

  /** Somebody who asked has been told that the backend is draining. */
  told (): void {
    this.#told = true
    this.#look()
  }

  /** Ends here and now. What is open stays open. */
  end (): void {
    this.#timer?.cancel()
    this.#stage = 'ended'
    this.#resolve()
  }

  #enter (stage: 'draining' | 'stopping'): void {
    this.#stage = stage
    this.#began = this.#parts.clock.now()
    this.#look()
  }

  /** Goes on to the next stage if it is time, or comes back when it will be. */
  #look (): void {
    if (this.#stage === 'draining') this.#awaitQuiet()
    else if (this.#stage === 'stopping') this.#awaitEmpty()
  }

  #awaitQuiet (): void {
    const { quiet, notice } = this.#settings
    const { clock, log, requests, connections } = this.#parts
    const known = this.#told || !this.#asked
    const settled = known ? Math.max(this.#began, requests.lastBegan) + quiet : Number.POSITIVE_INFINITY
    const due = Math.min(settled, this.#began + notice)
    if (clock.now() < due) return this.#lookAt(due)
    log.info({ inflight: requests.inflight, connections: connections.size }, 'stopped accepting connections')
    requests.askToClose()
    connections.stopAccepting()
    this.#enter('stopping')
  }

  #awaitEmpty (): void {
    const { quiet, timeout } = this.#settings
    const { clock, log, connections } = this.#parts
    const now = clock.now()
    const deadline = this.#began + timeout
    if (this.#endIfEmpty()) return
    if (now < deadline) {
      // What becomes idle from now on has rested no earlier than that.
      const later = now + Math.max(quiet, SHORTEST_ROUND)
      this.#lookAt(Math.min(connections.closeIdle(quiet), later, deadline))
      return
    }
    const cut = connections.cut()
    log.warn({ cut }, `drained: ${cut} connections were cut at the deadline`)
    this.end()
  }

  #endIfEmpty (): boolean {
    const { log, requests, connections } = this.#parts
    if (this.#stage !== 'stopping' || connections.size > 0 || requests.size > 0) return false
    // Those that have not come as far as asking for anything.
    connections.cut()
    log.info('drained')
    this.end()
    return true
  }

  #lookAt (due: number): void {
    const { clock } = this.#parts
    this.#timer?.cancel()
    this.#timer = clock.after(due - clock.now(), () => { this.#look() })
  }
}
