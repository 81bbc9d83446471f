import type { Socket } from 'node:net'

/**
 * The connections of a server, which are bounded: a new one beyond takes the place of the one that has asked for nothing for longest. To
 * refuse it would let silent connections, for which no token is needed, keep out orchestrators and operators.
 */
export class Connections {
  readonly #most: number
  readonly #spared: (socket: Socket) => boolean
  /** Those that have asked for nothing for longest come first. */
  readonly #open = new Set<Socket>()

  /** @param spared does the connection keep its place? Has to be bounded well below `most`. */
  constructor (most: number, spared: (socket: Socket) => boolean) {
    this.#most = most
    this.#spared = spared
  }

  /** Counts a new connection in, and another one out if there are too many. */
  opened (socket: Socket): void {
    if (this.#open.size >= this.#most) this.#evict()
    this.#open.add(socket)
    socket.once('close', () => { this.#open.delete(socket) })
  }

  /** A request has come on it. */
  asked (socket: Socket): void {
    if (this.#open.delete(socket)) this.#open.add(socket)
  }

  #evict (): void {
    for (const socket of this.#open) {
      if (this.#spared(socket)) continue
      this.#open.delete(socket)
      socket.destroy()
      return
    }
  }
}
