import type { IncomingMessage } from 'node:http'
import type { BodySink, BodySource } from '../transport/transport.js'
import { fieldValue } from './field-value.js'
import type { PreparedRules } from './header-rules.js'
import { allowedTrailers } from './response-headers.js'

/** The body of a client's request, flowing only while a target takes it. */
export class IncomingBody implements BodySource {
  readonly length: number | null
  readonly #message: IncomingMessage
  /** The route's rules for the request: trailers obey them too. */
  readonly #rules: PreparedRules
  #sink: BodySink | null = null
  #listening = false
  #consumed = false
  #ended = false

  constructor (message: IncomingMessage, length: number | null, rules: PreparedRules) {
    this.#message = message
    this.#rules = rules
    this.length = length
  }

  /** The body that a message announces; null if it announces none (RFC 9112, section 6.3). */
  static of (message: IncomingMessage, rules: PreparedRules): IncomingBody | null {
    const { rawHeaders } = message
    if (fieldValue(rawHeaders, 'transfer-encoding') !== undefined) return new IncomingBody(message, null, rules)
    const length = fieldValue(rawHeaders, 'content-length')
    return length === undefined || length === '0' ? null : new IncomingBody(message, Number(length), rules)
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
      this.#end(sink)
      return
    }
    this.#message.resume()
  }

  pause (): void {
    if (this.#sink !== null) this.#message.pause()
  }

  /** Lets it flow: into the sink, or to nobody once that is closed. */
  resume (): void {
    this.#message.resume()
  }

  close (): void {
    if (this.#sink === null) return
    this.#sink = null
    // As long as nobody has had any of it, another attempt may want it: it must not run dry in between.
    if (this.#consumed) this.#message.resume()
    else this.#message.pause()
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#consumed = true
    this.#sink?.data(chunk)
  }

  readonly #onEnd = (): void => {
    this.#ended = true
    const sink = this.#sink
    if (sink !== null) this.#end(sink)
  }

  #end (sink: BodySink): void {
    this.#sink = null
    sink.end(allowedTrailers(this.#message.rawTrailers, this.#rules))
  }
}
