import type { ProxyError } from '../../src/base/errors.js'
import type { BodySource, RequestHead, ResponseSink, Sending, Sent, Transport } from '../../src/transport/transport.js'
import type { Target } from '../../src/upstream/target.js'

/** One request that reached the fake transport; the test plays the target. It keeps to the contract of `ResponseSink`. */
export class FakeSending implements Sending {
  readonly target: Target
  readonly head: RequestHead
  readonly headers: readonly string[]
  readonly freshConnection: boolean
  readonly body: BodySource | null
  readonly sink: ResponseSink
  reused = false
  aborted = 0
  resumed = 0
  /** Neither ended nor aborted. */
  open = true

  constructor (target: Target, head: RequestHead, body: BodySource | null, sink: ResponseSink) {
    this.target = target
    this.head = head
    // The exchange changes its head from target to target: this is what it was.
    this.headers = [...head.headers]
    this.freshConnection = head.freshConnection
    this.body = body
    this.sink = sink
  }

  abort (): void {
    this.aborted++
    if (!this.open) return
    this.open = false
    this.body?.close()
  }

  resume (): void {
    this.resumed++
  }

  fail (error: ProxyError, sent: Sent): void {
    if (!this.open) return
    this.open = false
    this.body?.close()
    this.sink.failed(error, sent)
  }

  respond (status: number, headers: readonly string[] = []): void {
    if (this.open) this.sink.head(status, headers)
  }

  data (text: string): boolean {
    return this.open && this.sink.data(Buffer.from(text, 'latin1'))
  }

  end (trailers: readonly string[] = []): void {
    if (!this.open) return
    this.open = false
    this.body?.close()
    this.sink.end(trailers)
  }
}

/** A transport that sends nothing: it keeps what it was asked to send. */
export class FakeTransport implements Transport {
  readonly sendings: FakeSending[] = []
  /** Sets up each sending before `send` returns it. */
  prepare: (sending: FakeSending) => void = () => {}

  send (target: Target, head: RequestHead, body: BodySource | null, sink: ResponseSink): Sending {
    const sending = new FakeSending(target, head, body, sink)
    this.prepare(sending)
    this.sendings.push(sending)
    return sending
  }

  /** The request that was sent last. */
  get last (): FakeSending {
    const sending = this.sendings.at(-1)
    if (sending === undefined) throw new Error('nothing was sent')
    return sending
  }

  forget (): void {}
  close (): void {}
}
