import { Readable } from 'node:stream'
import { ProxyError } from '../base/errors.js'
import type { BodySink, BodySource, RawHeaders } from './transport.js'

/** Hears how a request body gets on. */
export interface BodyProgress {
  /** undici asks for the first bytes: the connection stands. */
  bodyOpened (): void
  /** Which side the flow now waits for. */
  bodyWaits (side: 'source' | 'target'): void
  /** undici has taken the last byte. */
  bodySent (): void
  /** There will be no whole body. */
  bodyFailed (error: ProxyError): void
}

/** A `BodySource` as the stream that undici wants. Opens its source on the first read and pauses it when undici is full. */
export class UndiciBody extends Readable implements BodySink {
  readonly #source: BodySource
  readonly #progress: BodyProgress
  #opened = false
  #finished = false
  #paused = false
  #bytes = 0
  /** Has the source handed over anything? */
  delivered = false

  constructor (source: BodySource, progress: BodyProgress) {
    super({ highWaterMark: 64 * 1024 })
    this.#source = source
    this.#progress = progress
    // The attempt knows already why it destroyed this, or undici did.
    this.on('error', () => {})
    this.once('end', () => { progress.bodySent() })
  }

  override _read (): void {
    if (this.#finished) return
    if (!this.#opened) {
      this.#opened = true
      this.#progress.bodyOpened()
      if (this.destroyed) return
      this.#progress.bodyWaits('source')
      this.#source.open(this)
    } else if (this.#paused) {
      this.#paused = false
      this.#progress.bodyWaits('source')
      this.#source.resume()
    }
  }

  override _destroy (error: Error | null, callback: (error?: Error | null) => void): void {
    if (this.#opened && !this.#finished) {
      this.#finished = true
      this.#source.close()
    }
    callback(error)
  }

  data (chunk: Buffer): void {
    if (this.#finished) return
    this.#bytes += chunk.length
    if (this.#source.length !== null && this.#bytes > this.#source.length) {
      this.#progress.bodyFailed(new ProxyError('http_request_error', `the request body is longer than the ${this.#source.length} bytes it was said to have`))
      return
    }
    this.delivered = true
    if (this.push(chunk)) {
      this.#progress.bodyWaits('source')
    } else if (!this.#paused) {
      this.#paused = true
      this.#progress.bodyWaits('target')
      this.#source.pause()
    }
  }

  /** undici cannot send trailers: they are dropped. */
  end (_trailers: RawHeaders): void {
    if (this.#finished) return
    this.#finished = true
    if (this.#source.length !== null && this.#bytes < this.#source.length) {
      this.#progress.bodyFailed(new ProxyError('http_request_error', `the request body ended after ${this.#bytes} of ${this.#source.length} bytes`))
      return
    }
    this.#progress.bodyWaits('target')
    this.push(null)
  }

  failed (error: ProxyError): void {
    if (this.#finished) return
    this.#finished = true
    this.#progress.bodyFailed(error)
  }
}
