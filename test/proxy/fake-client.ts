import type { Duplex } from 'node:stream'
import type { ProxyError } from '../../src/base/errors.js'
import type { Client } from '../../src/proxy/client.js'
import type { RawHeaders } from '../../src/transport/transport.js'

/** Writes down what an exchange tells its client, in order, and every breach of `Client`. */
export class FakeClient implements Client {
  readonly events: string[] = []
  readonly violations: string[] = []
  status = 0
  body = ''
  error: ProxyError | null = null
  /** What `data` answers. */
  ready = true
  closeTunnel: (sent?: number) => void = () => {}
  onEnd: () => void = () => {}
  #over = false

  get over (): boolean { return this.#over }

  informational (status: number): void {
    this.#called(`informational ${status}`)
  }

  head (status: number): void {
    if (this.status !== 0) this.violations.push('a second head')
    this.status = status
    this.#called(`head ${status}`)
  }

  data (chunk: Buffer): boolean {
    if (this.status === 0) this.violations.push('data before the head')
    this.body += chunk.toString('latin1')
    this.#called('data')
    return this.ready
  }

  end (trailers: RawHeaders): void {
    this.#called(['end', ...trailers].join(' '))
    this.#over = true
    this.onEnd()
  }

  flush (): void {
    this.#called('flush')
  }

  upgraded (_headers: RawHeaders, _connection: Duplex, first: Buffer, closed: (sent?: number) => void): void {
    this.#called(`upgraded ${first.toString('latin1')}`)
    this.closeTunnel = closed
    this.#over = true
  }

  fail (error: ProxyError, started: boolean): void {
    if (started !== (this.status !== 0)) this.violations.push(`"started" is ${started}`)
    this.error = error
    this.#called(`fail ${error.code}${started ? ' started' : ''}`)
    this.#over = true
  }

  #called (event: string): void {
    if (this.#over) this.violations.push(`${event} after the end`)
    this.events.push(event)
  }
}
