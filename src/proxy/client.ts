import type { Duplex } from 'node:stream'
import type { ProxyError } from '../base/errors.js'
import type { RawHeaders } from '../transport/transport.js'

/** Who asked, as an exchange sees it: an HTTP client behind a server's response, or the user of a dispatcher. */
export interface Client {
  informational (status: number, headers: RawHeaders): void
  head (status: number, headers: RawHeaders): void
  /** @returns false = wait; the exchange's `resume` says when to go on. */
  data (chunk: Buffer): boolean
  end (trailers: RawHeaders): void
  flush (): void
  /** 101: takes the connection to the target over; `closed` must be called once when the tunnel has ended, with the bytes that it sent, if they were counted. */
  upgraded (headers: RawHeaders, connection: Duplex, first: Buffer, closed: (sent?: number) => void): void
  /** There will be no (complete) response. `started` = its head has been passed on, so the client must see it break off. */
  fail (error: ProxyError, started: boolean): void
}
