// RFC 3986, section 3.3: pchar and slashes, percent-encoding well-formed.
const PATH = /^\/(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2})*$/
const QUERY = /^(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?]|%[0-9A-Fa-f]{2})*$/
// Encoded or not.
const DOT_SEGMENT = /\/(?:\.|%2e){1,2}(?:\/|$)/i

/** What is wrong with a route's `prefix`; null = nothing. It is compared with decoded paths, so it holds characters, not their encoding. */
export function prefixFault (prefix: string): string | null {
  if (prefix.includes('%')) return 'a prefix is compared with the decoded path: write the characters themselves instead of their percent-encoding'
  // eslint-disable-next-line no-control-regex -- control characters are what it is about
  if (/[?#\\\u0000-\u001f\u007f]/.test(prefix)) return 'expected a path without "?", "#", "\\" and control characters'
  return slashFault(prefix)
}

/** What is wrong with a path that goes on the wire as it is; null = nothing. */
export function pathFault (path: string): string | null {
  const fault = slashFault(path)
  if (fault !== null) return fault
  return PATH.test(path) ? null : 'expected a path, percent-encoded where needed and without a query'
}

/** What is wrong with a path and query that go on the wire as they are; null = nothing. */
export function originFormFault (target: string): string | null {
  const question = target.indexOf('?')
  if (question === -1) return pathFault(target)
  return pathFault(target.slice(0, question)) ?? (QUERY.test(target.slice(question + 1)) ? null : 'the query needs percent-encoding')
}

function slashFault (path: string): string | null {
  if (!path.startsWith('/')) return 'must start with "/"'
  if (path.includes('//')) return 'must not have an empty segment ("//")'
  if (DOT_SEGMENT.test(path)) return 'must not have a "." or ".." segment'
  return null
}

/** `/api/` is `/api`. */
export function withoutTrailingSlash (path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
}

/** A prefix as routes compare it: one character per byte of UTF-8, as the path of a request is decoded. `prefixCharacters` is the opposite. */
export function prefixBytes (prefix: string): string {
  return Buffer.from(withoutTrailingSlash(prefix), 'utf8').toString('latin1')
}
