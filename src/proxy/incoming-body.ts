import type { IncomingMessage } from 'node:http'
import type { BodySink, BodySource } from '../transport/transport.js'

/** The body of a client's request, flowing only while a target takes it. */
export class IncomingBody implements BodySource {
  readonly length: number | null
  readonly #message: IncomingMessage
  #sink: BodySink | null = null
  #listening = false
  #consumed = false
  #ended = false

  constructor (message: IncomingMessage, length: number | null) {
    this.#message = message
    this.length = length
  }

  /** The body that a message announces; null if it announces none (RFC 9112, section 6.3). */
  static of (message: IncomingMessage): IncomingBody | null {
    const { headers } = message
    if (headers['transfer-encoding'] !== undefined) return new IncomingBody(message, null)
    const length = headers['content-length']
    return length === undefined || length === '0' ? null : new IncomingBody(message, Number(length))
  }

  get consumed (): boolean {
    return this.#consumed
  }

  open (sink: BodySink): void {
    this.#sink = sink
    if (!this.#listening) {
      this.#listening = true
      this.#message.on('data', this.#onData)
      this.#message.on('end', this.#onEnd)
    } else if (this.#ended) {
      sink.end(this.#message.rawTrailers)
      return
    }
    this.#message.resume()
  }

  pause (): void {
    if (this.#sink !== null) this.#message.pause()
  }

  resume (): void {
    this.#message.resume()
  }

  close (): void {
    this.#sink = null
    // What the client still sends is read and dropped, so that it gets to read the answer instead of a reset.
    if (!this.#message.complete) this.#message.resume()
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#consumed = true
    this.#sink?.data(chunk)
  }

  readonly #onEnd = (): void => {
    this.#ended = true
    const sink = this.#sink
    this.#sink = null
    sink?.end(this.#message.rawTrailers)
  }
}
