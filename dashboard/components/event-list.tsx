import type { JSX } from 'preact'
import type { ProxyEvent } from '../../src/admin/snapshot.js'
import { targetName, timeOfDay } from '../format.js'

const BAD: ReadonlySet<ProxyEvent['kind']> = new Set(['down', 'ejected', 'panic', 'reload-failed', 'worker-died'])
const GOOD: ReadonlySet<ProxyEvent['kind']> = new Set(['up', 'returned', 'ready', 'panic-over', 'reload', 'start', 'worker-started'])

/** What has happened lately, newest first. The newest is read out by screen readers, the old ones are not. */
export function EventList ({ events, newest }: { readonly events: readonly ProxyEvent[], readonly newest: ProxyEvent | null }): JSX.Element {
  return (
    <aside class='card events' aria-labelledby='events'>
      <div class='card-head'><h2 id='events'>Events</h2></div>
      <p class='hidden' aria-live='polite'>{newest === null ? '' : `${place(newest)} ${word(newest)}. ${newest.message}`}</p>
      {events.length === 0
        ? <p class='muted'>Nothing has happened yet.</p>
        : <ol tabIndex={0} aria-labelledby='events'>{events.map(event => <Line key={event.id} event={event} />)}</ol>}
    </aside>
  )
}

function Line ({ event }: { readonly event: ProxyEvent }): JSX.Element {
  const tone = BAD.has(event.kind) ? 'bad' : GOOD.has(event.kind) ? 'good' : 'calm'
  return (
    <li>
      <time dateTime={new Date(event.at).toISOString()} title={new Date(event.at).toLocaleString('en-GB')}>{timeOfDay(event.at)}</time>
      <span class={`kind ${tone}`}>{word(event)}</span>
      <span class='place'>{place(event)}</span>
      <span class='message'>{event.message}</span>
    </li>
  )
}

function word ({ kind }: ProxyEvent): string {
  return kind.replace('-', ' ')
}

function place ({ pool, target }: ProxyEvent): string {
  return [pool, target === null ? null : targetName(target)].filter(part => part !== null).join(' / ')
}
