import type { BodySink, BodySource } from '../../src/transport/transport.js'

/** A request body of single letters that a test hands out; up to a bound it can be had again, as an `IncomingBody` can. */
export class KeptBody implements BodySource {
  readonly length = null
  readonly violations: string[] = []
  readonly #keep: number
  #text = ''
  #sink: BodySink | null = null

  constructor (keep: number) {
    this.#keep = keep
  }

  get consumed (): boolean {
    return this.#text.length > this.#keep
  }

  open (sink: BodySink): void {
    if (this.consumed) this.violations.push('a consumed body was opened again')
    if (this.#sink !== null) this.violations.push('opened twice at once')
    this.#sink = sink
    for (const letter of this.#text) sink.data(Buffer.from(letter))
  }

  pause (): void {}
  resume (): void {}

  close (): void {
    this.#sink = null
  }

  /** The client sends a letter, if anybody takes it. */
  flow (): void {
    if (this.#sink === null) return
    this.#text += String.fromCharCode(97 + this.#text.length % 26)
    this.#sink.data(Buffer.from(this.#text.slice(-1)))
  }
}
