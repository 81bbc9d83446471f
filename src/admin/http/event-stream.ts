import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** Bytes that may wait for a client that reads slowly; the kernel's buffers come on top. */
const LONGEST_BACKLOG = 1024 * 1024

/** Milliseconds after which a client is to come again. */
const RETRY = 1000

/**
 * One client that is sent server-sent events (HTML standard, section 9.2). What waits for it is bounded: one that does not read is dropped as
 * soon as that can be seen, which is when the kernel's buffers are full.
 */
export class EventStream {
  readonly openedAt: number
  readonly #response: ServerResponse
  /** Was its backlog not empty at the last heartbeat, nor since? */
  #stuck = false

  /** @param response with its standing headers set. @param openedAt by the clock. */
  constructor (response: ServerResponse, openedAt: number) {
    this.#response = response
    this.openedAt = openedAt
    response.on('error', () => { response.destroy() })
    response.on('drain', () => { this.#stuck = false })
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    this.#write(`retry: ${RETRY}\n\n`)
  }

  /** Does it come over this connection? */
  uses (socket: Socket): boolean {
    return this.#response.socket === socket
  }

  /** Does something wait to be read still? */
  get congested (): boolean {
    return this.#response.writableNeedDrain
  }

  /** @param data one line, as JSON without spaces is. @param id what a client that comes again names as its place. */
  send (data: string, { id, name }: { readonly id?: string, readonly name?: string } = {}): void {
    this.#write(`${name === undefined ? '' : `event: ${name}\n`}${id === undefined ? '' : `id: ${id}\n`}data: ${data}\n\n`)
  }

  /** Shows that the connection stands, and drops a client that has read nothing since the last time. */
  beat (): void {
    if (!this.congested) this.#write(': \n\n')
    else if (this.#stuck) this.drop()
    else this.#stuck = true
  }

  /** Ends it without waiting for what its client has not read. */
  drop (): void {
    this.#response.destroy()
  }

  end (): void {
    this.#response.end()
  }

  #write (text: string): void {
    if (this.#response.destroyed) return
    if (this.#response.writableLength > LONGEST_BACKLOG) this.drop()
    else this.#response.write(text)
  }
}
