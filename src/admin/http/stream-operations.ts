import type { IncomingMessage } from 'node:http'
import { Type } from 'typebox'
import type { Control } from '../control.js'
import { json, operation, type Operation } from './operation.js'
import { problem } from './openapi.js'
import { eventSchema } from './snapshot-schema.js'
import { eventsAfter, type Streams } from './streams.js'

const after = Type.Object({
  since: Type.Optional(Type.String({ pattern: '^[0-9]{1,15}$', description: 'The id of an event: only later ones are told. A Last-Event-ID field goes before it.' }))
}, { additionalProperties: false })

const EVENT_STREAM = 'text/event-stream'

const full = problem('There are as many streams as there may be.')

/** What is told as it happens. */
export function streamOperations (control: Control, streams: Streams): readonly Operation[] {
  const eventList = json('The recent events, oldest first. Where "Accept" asks for text/event-stream: these, and those to come.', Type.Object({
    events: Type.Array(eventSchema),
    missed: Type.Integer({ minimum: 0, description: 'Events after "since" that are no longer kept.' })
  }, { additionalProperties: false }))
  return [
    operation('getEvents', 'GET', '/events', {
      summary: 'Changes of state',
      query: after,
      answers: { 200: { ...eventList, content: { ...eventList.content, [EVENT_STREAM]: Type.String() } }, 503: full },
      run: ({ request, query }) => {
        const since = place(request, query.since)
        if (wantsStream(request)) {
          streams.admit()
          return response => { streams.sendEvents(response, since) }
        }
        const events = eventsAfter(control.events.recent, since)
        const first = events[0]?.id ?? 0
        return { status: 200, json: { events, missed: first > since ? first - since - 1 : 0 } }
      }
    }),
    operation('watch', 'GET', '/stream', {
      summary: 'A "snapshot" event every second, and a "change" event for each change of state: what the dashboard lives on',
      query: after,
      answers: { 200: { description: 'Server-sent events.', content: { [EVENT_STREAM]: Type.String() } }, 503: full },
      run: ({ request, query }) => {
        const since = place(request, query.since)
        streams.admit()
        return response => { streams.sendSnapshots(response, since) }
      }
    })
  ]
}

/** Who comes again knows best how far it was. */
function place ({ headers }: IncomingMessage, since = '0'): number {
  const last = headers['last-event-id']
  return Number(typeof last === 'string' && /^[0-9]{1,15}$/.test(last) ? last : since)
}

function wantsStream ({ headers: { accept = '' } }: IncomingMessage): boolean {
  return accept.split(',').some(range => range.split(';')[0]?.trim().toLowerCase() === EVENT_STREAM)
}
