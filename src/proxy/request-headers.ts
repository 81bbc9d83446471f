import type { RawHeaders } from '../transport/transport.js'
import { newId } from '../base/id.js'
import { fieldName } from './field-name.js'
import { fieldValue } from './field-value.js'
import { listedByConnection } from './header-names.js'
import type { PreparedRules } from './header-rules.js'
import type { Peer } from './peer.js'

/** A request's fields on their way in, and what the proxy knows of it. */
export interface IncomingHeaders {
  readonly raw: RawHeaders
  /** HTTP version of the client's message: `1.1`. */
  readonly version: string
  /** What the client asked for: its `Host` field, or the authority of its request target, which overrules it. */
  readonly host: string
  readonly peer: Peer
  /** May `Expect: 100-continue` pass? Only if the 100 is left to the target. */
  readonly expectPasses: boolean
}

/** Fields ready for a target. */
export interface OutgoingHeaders {
  readonly headers: string[]
  /** Where in `headers` the value of `Host` is. */
  readonly hostIndex: number
  readonly requestId: string
}

const REQUEST_ID = /^[\x21-\x7e]{1,200}$/

/** The client's `X-Request-Id` if it is a sane one, else a new id. */
export function requestIdOf (raw: RawHeaders): string {
  const given = fieldValue(raw, 'x-request-id')
  return given !== undefined && REQUEST_ID.test(given) ? given : newId()
}

/**
 * The fields that go to the target: the client's in their order, case and number, without those of this connection and those
 * the client may not say, with the forwarding fields and the route's own (RFC 9110, section 7.6).
 */
export function requestHeaders (incoming: IncomingHeaders, rules: PreparedRules): OutgoingHeaders {
  const { raw, peer } = incoming
  const listed = listedByConnection(raw)
  const headers: string[] = []
  let hostIndex = -1
  let requestId = ''
  let wantsTrailers = false
  let forwarding: Map<string, string> | null = null
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] ?? ''
    const value = raw[i + 1] ?? ''
    const { lower, read, inRequest: field } = fieldName(name)
    if (field === 'pass') {
      if (listed?.has(lower) === true || rules.leavesOut(lower, read)) continue
      headers.push(name, value)
    } else if (field === 'host') {
      hostIndex = headers.length + 1
      headers.push(name, incoming.host)
    } else if (field === 'request-id') {
      if (requestId === '' && REQUEST_ID.test(value)) requestId = value
    } else if (field === 'expect') {
      if (incoming.expectPasses) headers.push(name, value)
    } else if (field === 'forwarding') {
      if (!peer.trusted || listed?.has(lower) === true) continue
      if (OURS.has(lower)) forwarding = noted(forwarding, lower, value)
      else if (!rules.leavesOut(lower, read)) headers.push(name, value)
    } else if (lower === 'te') {
      wantsTrailers ||= /(?:^|[,\s])trailers(?:$|[,\s])/i.test(value)
    }
  }
  if (hostIndex === -1) {
    headers.unshift('Host', incoming.host)
    hostIndex = 1
  }
  if (requestId === '') requestId = newId()
  addForwarding(headers, incoming, forwarding, rules)
  if (!rules.leavesOut('x-request-id', 'x-request-id')) headers.push('X-Request-Id', requestId)
  if (!rules.leavesOut('via', 'via')) headers.push('Via', incoming.version === '1.1' ? '1.1 headrace' : `${incoming.version} headrace`)
  // TE is for one hop: the proxy passes trailers back, so it may ask for them in its own name (RFC 9110, section 10.1.4).
  if (wantsTrailers) headers.push('Connection', 'TE', 'TE', 'trailers')
  for (const item of rules.added) headers.push(item)
  return { headers, hostIndex, requestId }
}

function noted (fields: Map<string, string> | null, name: string, value: string): Map<string, string> | null {
  if (value === '') return fields
  const noted = fields ?? new Map<string, string>()
  const before = noted.get(name)
  noted.set(name, before === undefined ? value : `${before}, ${value}`)
  return noted
}

/** `X-Forwarded-*`: a trusted proxy's word is kept and its own address added, anybody else's is replaced by what is seen here. */
function addForwarding (headers: string[], incoming: IncomingHeaders, trusted: Map<string, string> | null, rules: PreparedRules): void {
  const { peer } = incoming
  const before = trusted?.get('x-forwarded-for')
  const chain = before === undefined ? peer.address : peer.address === null ? before : `${before}, ${peer.address}`
  add(headers, rules, 'X-Forwarded-For', 'x-forwarded-for', chain)
  add(headers, rules, 'X-Forwarded-Proto', 'x-forwarded-proto', trusted?.get('x-forwarded-proto') ?? peer.protocol)
  add(headers, rules, 'X-Forwarded-Host', 'x-forwarded-host', trusted?.get('x-forwarded-host') ?? incoming.host)
  add(headers, rules, 'X-Forwarded-Port', 'x-forwarded-port', trusted?.get('x-forwarded-port') ?? peer.port)
}

const OURS: ReadonlySet<string> = new Set(['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host', 'x-forwarded-port'])

function add (headers: string[], rules: PreparedRules, name: string, lower: string, value: string | null): void {
  if (value === null || value === '' || rules.leavesOut(lower, lower)) return
  headers.push(name, value)
}
