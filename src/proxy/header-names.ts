import { STATE_FIELD } from '../base/backend-state.js'

/** In which a request shows the debug secret, and a response tells why it was sent where it was. */
export const DEBUG_FIELD = 'headrace-debug'

/**
 * Fields that belong to one connection and never pass (RFC 9110, section 7.6.1), with those that older clients use so.
 * `Trailer` and `TE` are here because this proxy frames each hop anew and says itself what it takes.
 */
const HOP_BY_HOP = [
  'connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'te', 'trailer', 'upgrade', 'http2-settings',
  'proxy-authenticate', 'proxy-authentication-info'
]

/** What a proxy says about the client's side: dropped from whoever is not trusted to say it. */
const FORWARDING = ['forwarded', 'x-real-ip']

/** Fields that frame or address a message: a `Connection` field that lists them is an attack and is not heeded. */
export const unlistable: ReadonlySet<string> = new Set(['host', 'content-length', 'content-type', 'transfer-encoding'])

/** How a field of a request is treated. */
export type RequestField = 'pass' | 'drop' | 'forwarding' | 'host' | 'expect' | 'request-id'

const requestFields = new Map<string, RequestField>([
  ...HOP_BY_HOP.map((name): [string, RequestField] => [name, 'drop']),
  ['proxy-authorization', 'drop'],
  // What a backend says of itself. An echo of a client's would take it out of service.
  [STATE_FIELD.toLowerCase(), 'drop'],
  [DEBUG_FIELD, 'drop'],
  ...FORWARDING.map((name): [string, RequestField] => [name, 'forwarding']),
  ['host', 'host'],
  ['expect', 'expect'],
  ['x-request-id', 'request-id']
])

/** How the request field of this lower-case name is treated. */
export function requestField (name: string): RequestField {
  const field = requestFields.get(name)
  if (field !== undefined) return field
  if (name.startsWith('x-forwarded-')) return 'forwarding'
  const read = readAs(name)
  if (read === name) return 'pass'
  return requestFields.has(read) || read.startsWith('x-forwarded-') || read === 'content-length' ? 'drop' : 'pass'
}

const ODD = /[^a-z0-9-]/g

/**
 * What a CGI-like backend may take a field of this lower-case name for: it makes one character of all that are neither letter nor
 * digit, so `X_Forwarded_For` is `X-Forwarded-For` to it (GHSA-f59h-q822-g45g, GHSA-49wc-4hcv-v58q).
 */
export function readAs (name: string): string {
  return name.replace(ODD, '-')
}

const responseDropped: ReadonlySet<string> = new Set([...HOP_BY_HOP, STATE_FIELD.toLowerCase(), DEBUG_FIELD])

/** Does the response field of this lower-case name stay behind? */
export function isResponseDropped (name: string): boolean {
  return responseDropped.has(name)
}

/** Fields that make no sense, or do harm, after the body (RFC 9110, section 6.5.1). */
const notInTrailers: ReadonlySet<string> = new Set([
  ...HOP_BY_HOP, ...FORWARDING, 'host', 'content-length', 'content-type', 'content-encoding', 'content-range', 'cache-control', 'max-forwards', 'pragma',
  'authorization', 'proxy-authorization', 'www-authenticate', 'set-cookie', 'cookie', 'expect', 'range', 'age', 'date', 'expires', 'location', 'retry-after', 'vary',
  'if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since', 'if-range', 'x-request-id', DEBUG_FIELD
])

/** May a trailer of this lower-case name be passed on? */
export function isTrailerAllowed (name: string): boolean {
  const read = readAs(name)
  return !notInTrailers.has(read) && !read.startsWith('x-forwarded-')
}

/** The lower-case names that the `Connection` fields of a message list; null if there are none but `close` and `keep-alive`. */
export function listedByConnection (rawHeaders: readonly string[]): ReadonlySet<string> | null {
  let listed: Set<string> | null = null
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? ''
    if (name.length !== 10 || name.toLowerCase() !== 'connection') continue
    const value = rawHeaders[i + 1] ?? ''
    if (value === 'keep-alive' || value === 'close') continue
    for (const token of value.toLowerCase().split(',')) {
      const option = token.trim()
      if (option === '' || option === 'close' || option === 'keep-alive' || unlistable.has(option)) continue
      listed ??= new Set()
      listed.add(option)
    }
  }
  return listed
}
