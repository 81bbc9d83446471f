import { isDraining, STATE_FIELD } from '../base/backend-state.js'
import type { RawHeaders } from '../transport/transport.js'

const NAME = STATE_FIELD.toLowerCase()

/** Does a response say that its target is about to stop? */
export function saysDraining (headers: RawHeaders): boolean {
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i]
    if (name?.length === NAME.length && name.toLowerCase() === NAME && isDraining(headers[i + 1])) return true
  }
  return false
}
