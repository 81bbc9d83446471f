import type { ProxyEvent, Snapshot } from '../src/admin/snapshot.js'
import { ask, Refusal } from './api.js'
import { History } from './rates.js'
import { readMessages, type StreamMessage } from './server-sent-events.js'

/** How things stand with the stream. */
export type FeedState = 'connecting' | 'live' | 'lost' | 'locked'

/** Events that are kept, and milliseconds: without a message until the stream is taken for dead, and until it is opened anew. */
const KEPT = 200
const SILENCE = 8000
const PAUSE = 1000

/** What the page knows: the last snapshot, the history of its counters, the events. */
export class Feed {
  readonly history = new History()
  state: FeedState = 'connecting'
  snapshot: Snapshot | null = null
  /** Newest first. */
  events: readonly ProxyEvent[] = []
  /** Events that were there already when the page was opened are old news. */
  newest: ProxyEvent | null = null
  #place = ''
  #known = 0
  #changed: () => void = () => {}
  #abort = new AbortController()
  #resume: () => void = () => {}

  /** Follows the proxy for as long as the page lives. */
  start (changed: () => void): void {
    this.#changed = changed
    // A page that nobody sees needs no stream; browsers allow only a few for each origin.
    document.addEventListener('visibilitychange', () => {
      if (document.hidden) this.#abort.abort()
      else this.retry()
    })
    void this.#follow()
  }

  /** Connects now, with the token that is known now. */
  retry (): void {
    this.#abort.abort()
    this.#resume()
  }

  async #follow (): Promise<void> {
    for (;;) {
      this.#abort = new AbortController()
      const failed = await this.#read(this.#abort).then(() => null, (error: unknown) => error)
      this.#become(failed instanceof Refusal && failed.status === 401 ? 'locked' : 'lost')
      await new Promise<void>(resolve => {
        this.#resume = resolve
        if (this.state !== 'locked' && !document.hidden) setTimeout(resolve, PAUSE)
      })
    }
  }

  async #read (abort: AbortController): Promise<void> {
    let watchdog = setTimeout(() => { abort.abort() }, SILENCE)
    try {
      const response = await ask('stream', { signal: abort.signal, headers: this.#place === '' ? {} : { 'last-event-id': this.#place } })
      if (response.body === null) return
      for await (const message of readMessages(response.body)) {
        clearTimeout(watchdog)
        watchdog = setTimeout(() => { abort.abort() }, SILENCE)
        this.#take(message)
      }
    } finally {
      clearTimeout(watchdog)
    }
  }

  /** The server writes these two kinds, each as what it is called. */
  #take ({ event, id, data }: StreamMessage): void {
    if (event === 'snapshot') this.#takeSnapshot(JSON.parse(data) as Snapshot)
    if (event === 'change') this.#takeEvent(JSON.parse(data) as ProxyEvent, id)
  }

  #takeSnapshot (snapshot: Snapshot): void {
    if (this.snapshot !== null && snapshot.startedAt !== this.snapshot.startedAt) this.events = this.events.filter(({ at }) => at >= snapshot.startedAt)
    this.snapshot = snapshot
    this.history.add(snapshot)
    this.#become('live')
  }

  #takeEvent (event: ProxyEvent, id: string): void {
    // Ids that begin anew are those of another process.
    if (event.id <= this.#known) this.events = []
    this.#known = event.id
    this.#place = id
    this.events = [event, ...this.events].slice(0, KEPT)
    if (this.state === 'live') {
      this.newest = event
      this.#changed()
    }
  }

  #become (state: FeedState): void {
    this.state = state
    this.#changed()
  }
}
