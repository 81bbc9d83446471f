import type { Socket } from 'node:net'
import type { Clock, Timer } from '../../base/clock.js'
import type { Log } from '../../proxy/access-log.js'
import { failures } from '../../proxy/failure.js'
import type { Strays } from '../../proxy/strays.js'
import { rawAnswer } from '../client-error.js'
import { part } from '../parting.js'
import { LeastLoaded, type Loaded } from './least-loaded.js'

/** Somebody who can be given connections. */
export interface Taker extends Loaded {
  give (socket: Socket): void
}

export interface ConnectionDeskOptions {
  readonly clock: Clock
  /** Who can be given connections now. */
  readonly takers: () => readonly Taker[]
  readonly log: Log
  /** null = nobody counts. */
  readonly strays: Pick<Strays, 'refused'> | null
}

/** Connections that wait while nobody can take them. All that the system has in its backlog comes in one turn, before a worker can say that it takes more. */
const MOST_WAITING = 16_384

interface Waiting {
  readonly socket: Socket
  readonly timer: Timer
}

/** Gives each connection to whoever has the fewest. While there is nobody, connections wait in line, for so long and so many. */
export class ConnectionDesk {
  /** Milliseconds that a connection waits at most; 0 = not at all. */
  patience: number
  readonly #options: ConnectionDeskOptions
  readonly #chooser = new LeastLoaded()
  readonly #line = new Set<Waiting>()

  constructor (patience: number, options: ConnectionDeskOptions) {
    this.patience = patience
    this.#options = options
  }

  get waiting (): number { return this.#line.size }

  /** @param socket paused: nothing of it may have been read. */
  accept (socket: Socket): void {
    socket.on('error', () => { socket.destroy() })
    if (this.#line.size > 0 || !this.#give(socket)) this.#wait(socket)
  }

  /** Connections that somebody was given, and did not touch before he died. They are served first. */
  giveBack (sockets: readonly Socket[]): void {
    const left = sockets.filter(socket => !this.#give(socket))
    const line = [...this.#line]
    this.#line.clear()
    for (const socket of left) this.#wait(socket)
    for (const waiting of line) this.#line.add(waiting)
  }

  /** Somebody may be able to take more. */
  serve (): void {
    for (const waiting of this.#line) {
      if (!this.#give(waiting.socket)) return
      waiting.timer.cancel()
      this.#line.delete(waiting)
    }
  }

  /** Sends away who waits. @returns how many there were. */
  clear (): number {
    const { size } = this.#line
    for (const waiting of [...this.#line]) this.#refuse(waiting)
    return size
  }

  #give (socket: Socket): boolean {
    const taker = this.#chooser.choose(this.#options.takers())
    taker?.give(socket)
    return taker !== undefined
  }

  #wait (socket: Socket): void {
    if (this.patience === 0 || this.#line.size >= MOST_WAITING) return this.#sendAway(socket)
    const waiting: Waiting = { socket, timer: this.#options.clock.after(this.patience, () => { this.#refuse(waiting) }) }
    this.#line.add(waiting)
  }

  #refuse (waiting: Waiting): void {
    waiting.timer.cancel()
    this.#line.delete(waiting)
    this.#sendAway(waiting.socket)
  }

  /** Whatever its request is: nobody has read it. It is read now, for a connection that is closed with bytes unread is reset, and the answer with it. */
  #sendAway (socket: Socket): void {
    const { clock, log, strays } = this.#options
    strays?.refused()
    log.info({ client: socket.remoteAddress, status: 503, outcome: 'refused', error: 'destination_unavailable', reason: 'no worker process could take the connection' }, 'request')
    part(socket, clock, rawAnswer(503, 'destination_unavailable', failures.destination_unavailable.title))
  }
}
