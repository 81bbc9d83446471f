import type { Server } from 'node:net'
import type { ListenAddress } from '../config/config.js'
import type { InheritedSockets } from './inherited-sockets.js'
import { ListeningSocket } from './listening-socket.js'

/** Listening sockets made ready beside the present ones. */
export interface NextListeners {
  /** As URLs, with the real ports, in the order of the addresses. */
  readonly urls: readonly string[]
  /** Makes them the ones to listen on: the others take no new connections. */
  commit (): void
  abort (): void
}

/** All that a proxy listens on: one server for each address. */
export class Listeners<S extends Server> {
  readonly #inherited: InheritedSockets
  readonly #createServer: () => S
  /** By key. */
  #present = new Map<string, ListeningSocket<S>>()
  /** Those from before that still have connections. */
  readonly #leaving = new Set<S>()

  constructor (inherited: InheritedSockets, createServer: () => S) {
    this.#inherited = inherited
    this.#createServer = createServer
  }

  get sockets (): ReadonlyArray<ListeningSocket<S>> {
    return [...this.#present.values()]
  }

  /** Has the address of this server been given up, while it still has connections? */
  isLeaving (server: S): boolean {
    return this.#leaving.has(server)
  }

  /** Those that listen no more and still have connections included. */
  get servers (): readonly S[] {
    return [...this.sockets.map(({ server }) => server), ...this.#leaving]
  }

  /**
   * Listens on addresses beside the present ones; a present one among them goes on.
   * @throws the system's error; then nothing has changed.
   */
  async prepare (addresses: readonly ListenAddress[]): Promise<NextListeners> {
    const next = new Map<string, ListeningSocket<S>>()
    const abort = (): void => { for (const [key, listener] of next) if (!this.#present.has(key)) listener.close() }
    try {
      for (const place of this.#inherited.places(addresses)) {
        const { key } = place
        next.set(key, this.#present.get(key) ?? await ListeningSocket.open(this.#createServer(), place, this.#inherited))
      }
    } catch (error) {
      abort()
      throw error
    }
    return { urls: [...next.values()].map(({ url }) => url), commit: () => { this.#replace(next) }, abort }
  }

  /**
   * Stops listening.
   * @param leave because another process accepts on the same sockets.
   * @returns when the last connection of all has closed.
   */
  async close (leave: boolean): Promise<void> {
    await Promise.all(this.sockets.map(listener => new Promise<void>(resolve => {
      if (leave) listener.leave(resolve)
      else listener.close(resolve)
    })))
  }

  #replace (next: Map<string, ListeningSocket<S>>): void {
    for (const [key, listener] of this.#present) {
      if (next.has(key)) continue
      const { server } = listener
      this.#leaving.add(server)
      listener.retire(() => { this.#leaving.delete(server) })
    }
    this.#present = next
  }
}
