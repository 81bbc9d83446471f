import type { EventLog } from '../admin/event-log.js'
import type { UpstreamObserver } from './upstream-options.js'

/** Puts what happens to targets into the list of events. */
export function eventObserver (events: EventLog): UpstreamObserver {
  return {
    changed: (kind, pool, target, message) => { events.add(kind, message, { pool, ...(target !== null && { target: target.url }) }) }
  }
}
