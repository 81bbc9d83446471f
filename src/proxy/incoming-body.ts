import type { IncomingMessage } from 'node:http'
import { ProxyError } from '../base/errors.js'
import type { TimerWheel } from '../base/timer-wheel.js'
import type { BodySink, BodySource } from '../transport/transport.js'
import { fieldValue } from './field-value.js'
import type { PreparedRules } from './header-rules.js'
import { allowedTrailers } from './response-headers.js'
import { UploadPace } from './upload-pace.js'

/** How a body is taken. */
export interface BodyOptions {
  /** The route's rules for the request: trailers obey them too. */
  readonly rules: PreparedRules
  /** Bytes that are kept, so that another target can be sent them too. */
  readonly keep: number
  /** Bytes per second that the client must send; 0 = no limit. */
  readonly rate: number
  readonly wheel: TimerWheel
}

/** The body of a client's request, flowing only while a target takes it; up to a bound it can be had again. */
export class IncomingBody implements BodySource {
  readonly length: number | null
  readonly #message: IncomingMessage
  readonly #rules: PreparedRules
  readonly #keep: number
  readonly #pace: UploadPace | null
  /** What has come so far; null = more than is kept. */
  #kept: Buffer[] | null
  #keptBytes = 0
  /** Does the client send the body only when it is asked to? */
  readonly #hesitates: boolean
  #paused = false
  #sink: BodySink | null = null
  #listening = false
  #consumed = false
  #ended = false

  constructor (message: IncomingMessage, length: number | null, options: BodyOptions) {
    const { rules, keep, rate, wheel } = options
    this.#message = message
    this.#rules = rules
    this.#keep = keep
    this.#kept = keep === 0 || (length !== null && length > keep) ? null : []
    this.#pace = rate === 0 ? null : new UploadPace(wheel, rate, () => { this.#sink?.failed(new ProxyError('upload_too_slow', `the client sent less than ${rate} bytes per second`)) })
    this.#hesitates = this.#pace !== null && fieldValue(message.rawHeaders, 'expect') !== undefined
    this.length = length
  }

  /** The body that a message announces; null if it announces none (RFC 9112, section 6.3). */
  static of (message: IncomingMessage, options: BodyOptions): IncomingBody | null {
    const { rawHeaders } = message
    if (fieldValue(rawHeaders, 'transfer-encoding') !== undefined) return new IncomingBody(message, null, options)
    const length = fieldValue(rawHeaders, 'content-length')
    return length === undefined || length === '0' ? null : new IncomingBody(message, Number(length), options)
  }

  /** Is any of it gone, so that nobody else can be sent all of it? */
  get consumed (): boolean {
    return this.#consumed
  }

  open (sink: BodySink): void {
    this.#sink = sink
    if (!this.#listening) {
      this.#listening = true
      this.#message.on('data', this.#onData)
      this.#message.on('end', this.#onEnd)
    } else if (this.#replay(sink)) {
      return
    }
    // A client that waits for its 100 is not slow.
    if (!this.#hesitates || this.#keptBytes > 0) this.#pace?.begin()
    if (!this.#paused) this.#message.resume()
  }

  /** Hands over what has come before. @returns whether that was all, or the sink has had enough. */
  #replay (sink: BodySink): boolean {
    this.#paused = false
    this.#pace?.release()
    for (const chunk of this.#kept ?? []) if (this.#sink === sink) sink.data(chunk)
    if (this.#sink === sink && this.#ended) this.#end(sink)
    return this.#sink !== sink
  }

  pause (): void {
    if (this.#sink === null) return
    this.#paused = true
    this.#pace?.hold()
    this.#message.pause()
  }

  /** Lets it flow: into the sink, or to nobody once that is closed. */
  resume (): void {
    this.#paused = false
    this.#pace?.release()
    this.#message.resume()
  }

  close (): void {
    if (this.#sink === null) return
    this.#sink = null
    this.#pace?.stop()
    // As long as all of it can be had, another attempt may want it: it must not run dry in between.
    if (this.#consumed) this.#message.resume()
    else this.#message.pause()
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#keepOf(chunk)
    if (this.#sink === null) return
    this.#pace?.received(chunk.length)
    this.#sink.data(chunk)
  }

  #keepOf (chunk: Buffer): void {
    this.#keptBytes += chunk.length
    if (this.#kept !== null && this.#keptBytes <= this.#keep) {
      this.#kept.push(chunk)
    } else {
      this.#kept = null
      this.#consumed = true
    }
  }

  readonly #onEnd = (): void => {
    this.#ended = true
    const sink = this.#sink
    if (sink !== null) this.#end(sink)
  }

  #end (sink: BodySink): void {
    this.#sink = null
    this.#pace?.stop()
    sink.end(allowedTrailers(this.#message.rawTrailers, this.#rules))
  }
}
