import type { RawHeaders } from '../transport/transport.js'
import { fieldName } from './field-name.js'
import { isTrailerAllowed, listedByConnection } from './header-names.js'
import type { PreparedRules } from './header-rules.js'

/**
 * The fields that go to the client: the target's in their order, case and number, without those of the connection to the target,
 * with `Via` and the route's own.
 */
export function responseHeaders (raw: RawHeaders, status: number, rules: PreparedRules): string[] {
  const listed = listedByConnection(raw)
  const headers: string[] = []
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] ?? ''
    const { lower, read, droppedFromResponse } = fieldName(name)
    if (droppedFromResponse || listed?.has(lower) === true) {
      // A 426 must say what to upgrade to (RFC 9110, section 15.5.22).
      if (status !== 426 || lower !== 'upgrade') continue
    }
    // RFC 9110, section 8.6: no Content-Length in a 1xx or a 204.
    if ((status === 204 || status < 200) && lower === 'content-length') continue
    if (rules.leavesOut(lower, read)) continue
    headers.push(name, raw[i + 1] ?? '')
  }
  if (!rules.leavesOut('via', 'via')) headers.push('Via', '1.1 headrace')
  for (const item of rules.added) headers.push(item)
  return headers
}

/** The fields of a 101: the target's, with the `Upgrade` that it chose; whoever sends them adds `Connection: Upgrade`. */
export function upgradeHeaders (raw: RawHeaders, rules: PreparedRules): string[] {
  const headers = responseHeaders(raw, 101, rules)
  for (let i = 0; i < raw.length; i += 2) {
    if (raw[i]?.toLowerCase() === 'upgrade') headers.push('Upgrade', raw[i + 1] ?? '')
  }
  headers.push('Connection', 'Upgrade')
  return headers
}

/** The trailers that may be passed on, in either direction: those that do no harm and that the route leaves in. */
export function allowedTrailers (raw: RawHeaders, rules: PreparedRules): RawHeaders {
  if (raw.length === 0) return raw
  const trailers: string[] = []
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] ?? ''
    const lower = name.toLowerCase()
    if (isTrailerAllowed(lower) && !rules.leavesOut(lower)) trailers.push(name, raw[i + 1] ?? '')
  }
  return trailers
}
