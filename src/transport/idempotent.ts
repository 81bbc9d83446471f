/** Methods that may be repeated without harm (RFC 9110, section 9.2.2, and the read-only methods of WebDAV). */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'QUERY', 'PROPFIND', 'REPORT', 'SEARCH'])

export function isIdempotent (method: string): boolean {
  return IDEMPOTENT.has(method)
}
