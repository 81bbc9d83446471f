import type { RawHeaders } from '../transport/transport.js'
import type { Target } from '../upstream/target.js'
import type { Client } from './client.js'

/** Bytes of a body up to which an answer is held. */
const LIMIT = 65_536

/** A target's answer that is kept while others are tried, to be passed on if none of them has a better one. */
export class HeldAnswer {
  readonly target: Target | null
  readonly status: number
  readonly #headers: RawHeaders
  readonly #chunks: Buffer[] = []
  #trailers: RawHeaders = []
  bytes = 0
  /** Is all of it there? */
  complete = false

  constructor (target: Target | null, status: number, headers: RawHeaders) {
    this.target = target
    this.status = status
    this.#headers = headers
  }

  /** @returns false if it has become too much to be held. */
  add (chunk: Buffer): boolean {
    this.bytes += chunk.length
    this.#chunks.push(chunk)
    return this.bytes <= LIMIT
  }

  end (trailers: RawHeaders): void {
    this.#trailers = trailers
    this.complete = true
  }

  /** Hands all of it to the client. No more than `LIMIT` waits there, whatever the client says to it. */
  passOn (client: Client): void {
    client.head(this.status, this.#headers)
    for (const chunk of this.#chunks) client.data(chunk)
    client.end(this.#trailers)
  }
}
