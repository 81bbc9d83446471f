import type { Test } from 'tap'
import { VirtualClock } from '../../../src/base/virtual-clock.js'
import type { Clock } from '../../../src/base/clock.js'
import type { BodySource, RawHeaders, Sending, Transport, TransportOptions } from '../../../src/transport/transport.js'
import { Target } from '../../../src/upstream/target.js'
import { RecordingSink } from '../../fixtures/recording-sink.js'

export type MakeTransport = (options: TransportOptions, clock: Clock) => Transport

export interface CallOptions {
  readonly method?: string
  readonly path?: string
  readonly headers?: RawHeaders
  readonly body?: BodySource | null
  readonly upgrade?: string
  readonly freshConnection?: boolean
  readonly responseHead?: number
  readonly idleBody?: number
  readonly onHead?: () => void
  readonly onData?: (chunk: Buffer) => boolean
}

/** A request under way, with the sink that watches over the contract. */
export class Call {
  readonly sink = new RecordingSink()
  readonly sending: Sending

  constructor (transport: Transport, target: Target, options: CallOptions) {
    const { method = 'GET', path = '/', body = null, upgrade = null, freshConnection = false, responseHead = 0, idleBody = 0 } = options
    if (options.onData !== undefined) this.sink.onData = options.onData
    if (options.onHead !== undefined) this.sink.onHead = options.onHead
    const length = body === null || body.length === null ? [] : ['Content-Length', String(body.length)]
    const headers = [...options.headers ?? ['Host', 'test.example'], ...length]
    this.sink.sending = true
    this.sending = transport.send(target, { method, path, headers, upgrade, freshConnection, timeouts: { responseHead, idleBody } }, body, this.sink)
    this.sink.sending = false
  }

  abort (): void {
    this.sink.aborted = true
    this.sending.abort()
  }

  resume (): void {
    this.sink.paused = false
    this.sending.resume()
  }
}

/** What one test of the suite works with: a clock that stands still, transports that are closed at the end, calls that are watched. */
export class Harness {
  readonly clock = new VirtualClock()
  readonly #t: Test
  readonly #make: MakeTransport
  readonly #limits: readonly string[]
  readonly #calls: Call[] = []

  constructor (t: Test, make: MakeTransport, limits: readonly string[]) {
    this.#t = t
    this.#make = make
    this.#limits = limits
  }

  /** May the implementation fall short of the contract here? */
  limited (limit: string): boolean {
    return this.#limits.includes(limit)
  }

  transport (options: Partial<TransportOptions> = {}): Transport {
    const transport = this.#make({ connectTimeout: 10_000, ...options }, this.clock)
    this.#t.teardown(() => { transport.close(true) })
    return transport
  }

  target (url: string): Target {
    return new Target('pool', { url }, () => {})
  }

  call (transport: Transport, target: Target, options: CallOptions = {}): Call {
    const call = new Call(transport, target, options)
    this.#calls.push(call)
    return call
  }

  /** Sends, waits for the end, and until the connection may serve another request. */
  async done (transport: Transport, target: Target, options: CallOptions = {}): Promise<RecordingSink> {
    const { sink } = this.call(transport, target, options)
    await sink.ended()
    await turns()
    return sink
  }

  /** Breaches of the contract that any call of this test has seen. */
  get violations (): string[] {
    return this.#calls.flatMap(call => call.sink.violations)
  }
}

/** Lets everything happen that needs no more than a few turns of the event loop. */
export async function turns (count = 5): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise(resolve => { setImmediate(resolve) })
}

/** One part of the suite: registers its tests. */
export type Part = (test: (name: string, run: (t: Test, harness: Harness) => Promise<void>, limit?: string) => void) => void
