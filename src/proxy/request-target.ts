import { isHost } from './host.js'

/** A request target taken apart (RFC 9112, section 3.2). */
export interface RequestTarget {
  /** What goes on the wire to the target: origin form or `*`, byte for byte as the client wrote it. */
  readonly path: string
  /** The authority of an absolute-form target, which overrules the Host field; else null. */
  readonly authority: string | null
}

const ABSOLUTE = /^https?:\/\/([^/?#]*)/i

/**
 * Reads the request target of any method but CONNECT.
 * @returns null if it is malformed, or `*` for a method that has no use for it.
 */
export function parseRequestTarget (raw: string, method: string): RequestTarget | null {
  // A fragment never belongs on the wire; recipients disagree on where the path ends if there is one.
  if (raw.includes('#')) return null
  if (raw.startsWith('/')) return { path: raw, authority: null }
  if (raw === '*') return method === 'OPTIONS' ? { path: '*', authority: null } : null
  const absolute = ABSOLUTE.exec(raw)
  if (absolute === null) return null
  const authority = absolute[1] ?? ''
  if (!isHost(authority)) return null
  const rest = raw.slice(absolute[0].length)
  // RFC 9112, section 3.2.4: the last proxy turns OPTIONS of an empty path into the asterisk form.
  if (rest === '') return { path: method === 'OPTIONS' ? '*' : '/', authority }
  return { path: rest.startsWith('/') ? rest : `/${rest}`, authority }
}
