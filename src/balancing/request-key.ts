import { readCookie } from './cookie.js'
import type { RequestView } from './strategy.js'

/** What requests are told apart by; null = this one has nothing of it. */
export type RequestKey = (request: RequestView) => string | null

/** One part of a key; the empty string if the request does not have it. */
type Part = (request: RequestView) => string

const EXPECTED = 'expected "ip", "path", "header:NAME", "cookie:NAME", "query:NAME" or a template of them such as "{header:x-tenant}/{path}"'
// RFC 9110, section 5.6.2. The names of cookies are of that form, too (RFC 6265, section 4.1.1).
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

/**
 * Reads the description of a key: `"ip"`, `"path"` (without the query), `"header:NAME"`, `"cookie:NAME"`, `"query:NAME"` (decoded), or a template
 * of them: `"{header:x-tenant}/{path}"`. Of several cookies or parameters of one name the first counts.
 * @throws TypeError with a message for the user.
 */
export function parseRequestKey (description: string): RequestKey {
  // What was in braces has the odd indices.
  const pieces = description.split(/\{([^{}]*)\}/)
  if (pieces.length === 1) {
    const part = parsePart(description) ?? refuse(description)
    return request => part(request) || null
  }
  const literals = pieces.filter((_, index) => index % 2 === 0)
  if (literals.some(literal => /[{}]/.test(literal))) refuse(description)
  const parts = pieces.filter((_, index) => index % 2 === 1).map(piece => parsePart(piece) ?? refuse(description))
  return request => filled(literals, parts.map(part => part(request)))
}

/** Requests that share no more than the literals of a template have no key: they would all end in one place. */
function filled (literals: readonly string[], values: readonly string[]): string | null {
  if (values.every(value => value === '')) return null
  return literals.map((literal, index) => literal + (values[index] ?? '')).join('')
}

function parsePart (text: string): Part | null {
  if (text === 'ip') return ({ clientAddress }) => clientAddress ?? ''
  if (text === 'path') return ({ path }) => path.slice(0, queryAt(path))
  const colon = text.indexOf(':')
  const name = text.slice(colon + 1)
  if (colon === -1 || name === '') return null
  switch (text.slice(0, colon)) {
    case 'header': return TOKEN.test(name) ? headerPart(name.toLowerCase()) : null
    case 'cookie': return TOKEN.test(name) ? request => readCookie(request.header('cookie') ?? '', name) ?? '' : null
    case 'query': return ({ path }) => new URLSearchParams(path.slice(queryAt(path))).get(name) ?? ''
    default: return null
  }
}

function headerPart (name: string): Part {
  return request => request.header(name) ?? ''
}

/** Where the query begins, its question mark included; the end of the path if it has none. */
function queryAt (path: string): number {
  const mark = path.indexOf('?')
  return mark === -1 ? path.length : mark
}

function refuse (description: string): never {
  throw new TypeError(`${EXPECTED}, got ${JSON.stringify(description)}`)
}
