import type { ProxyEvent, Snapshot } from '../src/admin/snapshot.js'
import { ask, Refusal } from './api.js'
import { History } from './rates.js'
import { readMessages, type StreamMessage } from './server-sent-events.js'

/** How things stand with the stream. */
export type FeedState = 'connecting' | 'live' | 'lost' | 'refused' | 'locked'

/** Events that are kept. */
const KEPT = 200

/** Milliseconds: without a message until the stream is taken for dead; until it is opened anew, and if it was refused. */
const SILENCE = 8000
const PAUSE = 1000
const REFUSED_PAUSE = 5000

/** What the page knows: the last snapshot, the history of its counters, the events. */
export class Feed {
  readonly history = new History()
  state: FeedState = 'connecting'
  /** Why there is nothing live to see, for people. */
  trouble = ''
  snapshot: Snapshot | null = null
  /** Newest first. */
  events: readonly ProxyEvent[] = []
  /** Events that were there already when the page was opened are old news. */
  newest: ProxyEvent | null = null
  /** The events that a stream begins with, newest first; null = they are all there. */
  #opening: readonly ProxyEvent[] | null = []
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
      this.trouble = troubleOf(failed)
      this.#become(failed instanceof Refusal ? failed.status === 401 ? 'locked' : 'refused' : 'lost')
      await new Promise<void>(resolve => {
        this.#resume = resolve
        if (this.state !== 'locked' && !document.hidden) setTimeout(resolve, this.state === 'refused' ? REFUSED_PAUSE : PAUSE)
      })
    }
  }

  /**
   * Each stream is read from the first event that the proxy has kept: it may be that of another process than the last one was, and they are
   * few. A page that told how far it was would have to know whose events it means.
   */
  async #read (abort: AbortController): Promise<void> {
    let watchdog = setTimeout(() => { abort.abort() }, SILENCE)
    this.#opening = []
    try {
      const response = await ask('stream', { signal: abort.signal })
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
  #take ({ event, data }: StreamMessage): void {
    if (event === 'snapshot') this.#takeSnapshot(JSON.parse(data) as Snapshot)
    if (event === 'change') this.#takeEvent(JSON.parse(data) as ProxyEvent)
  }

  /** The first one of a stream comes behind the events that there were, which take the place of all that were known. */
  #takeSnapshot (snapshot: Snapshot): void {
    this.events = this.#opening ?? this.events
    this.#opening = null
    this.snapshot = snapshot
    this.history.add(snapshot)
    this.#become('live')
  }

  #takeEvent (event: ProxyEvent): void {
    if (this.#opening !== null) {
      this.#opening = newestOf(event, this.#opening)
      return
    }
    this.events = newestOf(event, this.events)
    this.newest = event
    this.#changed()
  }

  #become (state: FeedState): void {
    this.state = state
    this.#changed()
  }
}

function newestOf (event: ProxyEvent, before: readonly ProxyEvent[]): readonly ProxyEvent[] {
  return [event, ...before].slice(0, KEPT)
}

/** @param failed what ended a stream; null = it just ended. */
function troubleOf (failed: unknown): string {
  if (!(failed instanceof Refusal)) return 'The proxy cannot be reached. Trying again…'
  if (failed.code === 'too_many_streams') return 'As many others as may watch this proxy already do. Trying again…'
  return `The proxy refuses to be watched: ${failed.message}. Trying again…`
}
