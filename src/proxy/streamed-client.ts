import { Readable } from 'node:stream'
import type { ProxyError } from '../base/errors.js'
import type { RawHeaders } from '../transport/transport.js'
import { RawClient, type RelayReply } from './raw-client.js'
import { reset } from './reset.js'
import { allowedTrailers } from './response-headers.js'

/**
 * Passes a response through Fastify's `reply.send`, so that `onSend` hooks see it and may change it (compression, say). It costs a stream
 * and is used only where there are such hooks.
 */
export class StreamedClient extends RawClient {
  #stream: Readable | null = null

  override relay (reply: RelayReply): void {
    const { status, fields } = this.takeHead()
    const stream = new Readable({ read: () => { this.#taken() } })
    this.#stream = stream
    reply.code(status)
    for (const [name, values] of grouped(fields)) reply.header(name, values.length === 1 ? values[0] : values)
    reply.send(stream)
  }

  override data (chunk: Buffer): boolean {
    if (this.#stream?.push(chunk) === true) return true
    this.watchReader()
    return false
  }

  #taken (): void {
    if (this.exchange?.ended !== true) this.limitIdle(0)
    this.exchange?.resume()
  }

  /** What waits behind the hooks has been taken. When what waits before them is, the stream says. */
  protected override drained (): void {}

  override end (trailers: RawHeaders): void {
    const allowed = allowedTrailers(trailers, this.route.responseRules)
    if (allowed.length !== 0) this.response.addTrailers([...grouped(allowed)].flatMap(([name, values]) => values.map((value): [string, string] => [name, value])))
    this.#stream?.push(null)
    this.watchReader()
  }

  override flush (): void {}

  override fail (error: ProxyError, started: boolean): void {
    if (started) {
      reset(this.response)
      this.#stream?.destroy()
    } else {
      super.fail(error, started)
    }
  }
}

/** Values by lower-case name, in the order in which the names first come. */
function grouped (fields: RawHeaders): Map<string, string[]> {
  const groups = new Map<string, string[]>()
  for (let i = 0; i < fields.length; i += 2) {
    const name = (fields[i] ?? '').toLowerCase()
    const group = groups.get(name)
    if (group === undefined) groups.set(name, [fields[i + 1] ?? ''])
    else group.push(fields[i + 1] ?? '')
  }
  return groups
}
