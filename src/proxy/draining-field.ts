import type { RawHeaders } from '../transport/transport.js'

/** The field in which a backend says that it is about to stop (`headrace/backend`, docs/backend.md). */
const NAME = 'headrace-backend'

/** Does a response say that its target is about to stop? */
export function saysDraining (headers: RawHeaders): boolean {
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i]
    if (name?.length === NAME.length && name.toLowerCase() === NAME && headers[i + 1]?.toLowerCase() === 'draining') return true
  }
  return false
}
