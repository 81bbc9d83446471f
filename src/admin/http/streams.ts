import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Clock, Timer } from '../../base/clock.js'
import type { Log } from '../../proxy/access-log.js'
import type { Control } from '../control.js'
import type { ProxyEvent } from '../snapshot.js'
import { AdminProblem } from './admin-problem.js'
import { EventStream } from './event-stream.js'

/** Clients at once. */
const MOST = 64

/** Milliseconds between two snapshots, from a change of state to the next one, and between two heartbeats. */
const INTERVAL = 1000
const PROMPT = 200
const HEARTBEAT = 15_000

/** Milliseconds that nobody has to give up a place before. */
const TENURE = 15_000

export interface StreamsOptions {
  readonly control: Control
  readonly clock: Clock
  readonly log: Log
}

/** The clients that are told what happens as it happens. One timer for all of them; none where nobody listens. */
export class Streams {
  readonly #options: StreamsOptions
  readonly #all = new Set<EventStream>()
  /** Those that get snapshots, too. */
  readonly #watching = new Set<EventStream>()
  #snapshots: Timer | null = null
  #heartbeat: Timer | null = null
  /** Has something changed since the last snapshot was begun? */
  #changed = false
  /** The last snapshot as JSON, while somebody watches. */
  #last: string | null = null
  #taking = false
  #failing = false
  #closed = false

  constructor (options: StreamsOptions) {
    this.#options = options
    options.control.events.listen(() => { this.#hurry() })
  }

  /** Clients now. */
  get size (): number {
    return this.#all.size
  }

  /** Is this the connection of one? */
  uses (socket: Socket): boolean {
    for (const stream of this.#all) if (stream.uses(socket)) return true
    return false
  }

  /** @throws {AdminProblem} if there are as many streams as there may be and none gives up its place, or no more will be. */
  admit (): void {
    if (this.#closed || (this.#full && this.#leaver() === undefined)) throw new AdminProblem(503, 'too_many_streams', '', { headers: { 'retry-after': '5' } })
  }

  /** Sends the events after `since`, and those to come. */
  sendEvents (response: ServerResponse, since: number): void {
    this.#open(response, since)
  }

  /** The same as `change` events, and a `snapshot` event now, every second, and soon after each change. */
  sendSnapshots (response: ServerResponse, since: number): void {
    const stream = this.#open(response, since, 'change')
    if (!this.#all.has(stream)) return
    this.#watching.add(stream)
    if (this.#watching.size === 1) void this.#take()
    else if (this.#last !== null) stream.send(this.#last, { name: 'snapshot' })
  }

  close (): void {
    this.#closed = true
    for (const stream of this.#all) stream.end()
  }

  #open (response: ServerResponse, since: number, name?: string): EventStream {
    const { events } = this.#options.control
    const stream = new EventStream(response, this.#options.clock.now())
    // Its client has left while it was looked at: no event will say so again.
    if (response.destroyed) return stream
    if (this.#full) this.#makeRoom()
    const send = (event: ProxyEvent): void => { stream.send(JSON.stringify(event), { id: events.placeOf(event.id), ...(name === undefined ? {} : { name }) }) }
    for (const event of events.after(since)) send(event)
    const stop = events.listen(send)
    this.#all.add(stream)
    response.once('close', () => {
      stop()
      this.#remove(stream)
    })
    if (this.#heartbeat === null) this.#beatLater()
    return stream
  }

  get #full (): boolean {
    return this.#all.size >= MOST
  }

  /**
   * Who gives its place to a new one: a client that reads nothing cannot be told from one that reads all until the kernel's buffers are full,
   * which takes minutes. One that lives comes again at once, and goes on where it was.
   */
  #leaver (): EventStream | undefined {
    const now = this.#options.clock.now()
    // The oldest come first.
    const settled = [...this.#all].filter(({ openedAt }) => now - openedAt >= TENURE)
    return settled.find(stream => stream.congested) ?? settled[0]
  }

  #makeRoom (): void {
    const stream = this.#leaver()
    if (stream === undefined) return
    stream.drop()
    this.#remove(stream)
  }

  #remove (stream: EventStream): void {
    this.#all.delete(stream)
    this.#watching.delete(stream)
    if (this.#all.size === 0) this.#heartbeat = cancelled(this.#heartbeat)
    if (this.#watching.size > 0) return
    this.#snapshots = cancelled(this.#snapshots)
    this.#last = null
  }

  #beatLater (): void {
    this.#heartbeat = this.#options.clock.after(HEARTBEAT, () => {
      for (const stream of this.#all) stream.beat()
      this.#beatLater()
    })
  }

  /** Whoever has not read the last one is passed over: only the newest is worth something. */
  async #take (): Promise<void> {
    if (this.#taking) return
    this.#taking = true
    this.#changed = false
    try {
      this.#last = JSON.stringify(await this.#options.control.snapshot())
      for (const stream of this.#watching) if (!stream.congested) stream.send(this.#last, { name: 'snapshot' })
      this.#failing = false
    } catch (error) {
      // Once, not every second.
      if (!this.#failing) this.#options.log.error({ err: error }, 'no snapshot could be taken')
      this.#failing = true
    }
    this.#taking = false
    if (this.#watching.size > 0) this.#takeIn(this.#changed ? PROMPT : INTERVAL)
  }

  /** However much happens, there are no more than five snapshots a second. */
  #hurry (): void {
    if (this.#changed || this.#watching.size === 0) return
    this.#changed = true
    if (!this.#taking) this.#takeIn(PROMPT)
  }

  #takeIn (delay: number): void {
    this.#snapshots?.cancel()
    this.#snapshots = this.#options.clock.after(delay, () => { void this.#take() })
  }
}

function cancelled (timer: Timer | null): null {
  timer?.cancel()
  return null
}
