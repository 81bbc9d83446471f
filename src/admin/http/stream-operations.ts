import type { IncomingMessage } from 'node:http'
import { Type } from '../../base/type.js'
import type { Control } from '../control.js'
import type { EventLog } from '../event-log.js'
import { json, operation, type Operation } from './operation.js'
import { problem } from './openapi.js'
import { eventSchema } from './snapshot-schema.js'
import type { Streams } from './streams.js'

const after = Type.Object({
  since: Type.Optional(Type.String({
    pattern: '^([0-9]{1,15}-)?[0-9]{1,15}$',
    description: 'The "next" of an earlier answer, or the id of an event: only later ones are told. All are if it is of a process before this one. A Last-Event-ID field goes before it.'
  }))
}, { additionalProperties: false })

const EVENT_STREAM = 'text/event-stream'

const full = problem('There are as many streams as there may be.')

/** What is told as it happens. */
export function streamOperations (control: Control, streams: Streams): readonly Operation[] {
  const eventList = json('The recent events, oldest first. Where "Accept" asks for text/event-stream: these, and those to come.', Type.Object({
    events: Type.Array(eventSchema),
    missed: Type.Integer({ minimum: 0, description: 'Events after "since" that are no longer kept.' }),
    next: Type.String({ description: 'The "since" that is answered with what comes after these. It names the process, too: ids begin anew with each.' })
  }, { additionalProperties: false }))
  return [
    operation('getEvents', 'GET', '/events', {
      summary: 'Changes of state',
      query: after,
      answers: { 200: { ...eventList, content: { ...eventList.content, [EVENT_STREAM]: Type.String() } }, 503: full },
      run: ({ request, query }) => {
        const since = place(control.events, request, query.since)
        if (wantsStream(request)) {
          streams.admit()
          return response => { streams.sendEvents(response, since) }
        }
        const { events: log } = control
        const events = log.after(since)
        const first = events[0]?.id ?? 0
        return { status: 200, json: { events, missed: first > since ? first - since - 1 : 0, next: log.placeOf(log.last) } }
      }
    }),
    operation('watch', 'GET', '/stream', {
      summary: 'A "snapshot" event every second, and a "change" event for each change of state: what the dashboard lives on',
      query: after,
      answers: { 200: { description: 'Server-sent events.', content: { [EVENT_STREAM]: Type.String() } }, 503: full },
      run: ({ request, query }) => {
        const since = place(control.events, request, query.since)
        streams.admit()
        return response => { streams.sendSnapshots(response, since) }
      }
    })
  ]
}

/** Who comes again knows best how far it was. @returns the id of the last event that is known already. */
function place (events: EventLog, { headers }: IncomingMessage, since = '0'): number {
  const last = headers['last-event-id']
  if (typeof last === 'string') return events.idAt(last)
  return events.idAt(since.includes('-') ? since : events.placeOf(Number(since)))
}

function wantsStream ({ headers: { accept = '' } }: IncomingMessage): boolean {
  return accept.split(',').some(range => range.split(';')[0]?.trim().toLowerCase() === EVENT_STREAM)
}
