import { createServer, type Server, type Socket } from 'node:net'
import type { ListenAddress } from '../../config/config.js'
import type { NextListeners } from '../front.js'
import type { InheritedSockets } from '../inherited-sockets.js'
import { ListeningSocket } from '../listening-socket.js'

type Listener = ListeningSocket<Server>

/** Listens, and hands on connections of which nothing has been read. */
export class Acceptor {
  readonly #inherited: InheritedSockets
  readonly #accept: (socket: Socket) => void
  /** By key. */
  #listeners = new Map<string, Listener>()

  constructor (inherited: InheritedSockets, accept: (socket: Socket) => void) {
    this.#inherited = inherited
    this.#accept = accept
  }

  /** What it listens on. */
  get sockets (): readonly ListeningSocket[] {
    return [...this.#listeners.values()]
  }

  /**
   * Listens on addresses beside the present ones; a present one among them goes on.
   * @throws the system's error; then nothing has changed.
   */
  async prepare (addresses: readonly ListenAddress[]): Promise<NextListeners> {
    const next = new Map<string, Listener>()
    const abort = (): void => { for (const [key, listener] of next) if (!this.#listeners.has(key)) listener.close() }
    try {
      for (const place of this.#inherited.places(addresses)) {
        const { key } = place
        next.set(key, this.#listeners.get(key) ?? await ListeningSocket.open(this.#createServer(), place, this.#inherited.take(key)))
      }
    } catch (error) {
      abort()
      throw error
    }
    return { urls: [...next.values()].map(({ url }) => url), commit: () => { this.#replace(next) }, abort }
  }

  /** Stops listening. @param leave because another process accepts on the same sockets. */
  close (leave: boolean): void {
    for (const listener of this.#listeners.values()) {
      if (leave) listener.leave()
      else listener.close()
    }
  }

  #replace (next: Map<string, Listener>): void {
    for (const [key, listener] of this.#listeners) if (!next.has(key)) listener.close()
    this.#listeners = next
  }

  /** As an HTTP server would accept: see `Front.serve` for the rest. */
  #createServer (): Server {
    return createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true, keepAlive: true }, this.#accept)
  }
}
