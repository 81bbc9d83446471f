import { ResponseParser, type ResponseEvents } from '../../../src/transport/http1/response-parser.js'

/** What a parser made of a response. */
export interface Verdict {
  readonly state: string
  readonly code: string | null
  readonly informational: ReadonlyArray<{ readonly status: number, readonly headers: readonly string[] }>
  readonly status: number
  readonly headers: readonly string[]
  readonly body: string
  readonly trailers: readonly string[]
  readonly persistent: boolean
  /** Bytes that were not read. */
  readonly rest: string
}

/** What stands before and after a piece in the buffer that holds it. */
const BEFORE = Buffer.from('HTTP')
const AFTER = Buffer.from('\r\n\r\n')

/** Feeds a parser and writes down what it says. */
export class ParserRecorder implements ResponseEvents {
  readonly parser = new ResponseParser(this)
  /** Ask to wait after every piece of body. */
  waiting = false
  status = 0
  headers: readonly string[] = []
  #informational: Array<{ status: number, headers: readonly string[] }> = []
  #body: string[] = []

  informational (status: number, headers: readonly string[]): void {
    this.#informational.push({ status, headers })
  }

  head (status: number, headers: readonly string[]): void {
    if (this.status !== 0) throw new Error('a second head')
    this.status = status
    this.headers = headers
  }

  data (bytes: Buffer, start: number, end: number): boolean {
    if (start >= end) throw new Error('empty data')
    this.#body.push(bytes.toString('latin1', start, end))
    return !this.waiting
  }

  /** Reads one response. @param pieces as they come; each in a buffer of its own, amid other bytes. @param close does the target close after them? */
  read (pieces: readonly Buffer[], method: string, upgrade: boolean, close: boolean): Verdict {
    const { parser } = this
    this.status = 0
    this.headers = []
    this.#informational = []
    this.#body = []
    parser.begin(method, upgrade)
    let rest = ''
    for (const piece of pieces) {
      const amid = Buffer.concat([BEFORE, piece, AFTER])
      const end = BEFORE.length + piece.length
      let at = parser.execute(amid, BEFORE.length, end)
      while (parser.paused) {
        parser.resume()
        at = parser.execute(amid, at, end)
      }
      if (parser.state === 'ended' || parser.state === 'upgraded') rest += amid.toString('latin1', at, end)
      else if (parser.state !== 'failed' && at !== end) throw new Error('stopped without a reason')
    }
    if (close) parser.finish()
    return this.#verdict(rest)
  }

  #verdict (rest: string): Verdict {
    const { parser } = this
    const failed = parser.state === 'failed'
    return {
      state: parser.state,
      code: parser.fault?.code ?? null,
      informational: this.#informational,
      status: this.status,
      headers: this.headers,
      // How much of a broken body comes before the fault depends on the pieces' order in time only; it is compared too.
      body: this.#body.join(''),
      trailers: parser.trailers,
      persistent: !failed && parser.state === 'ended' && parser.persistent,
      rest
    }
  }
}
