/**
 * The path of a request as routes see it: percent-decoded once, slashes merged, without the query. The target gets
 * the raw bytes; this is only for deciding which route they belong to, so that `/%61pi` and `//api` can't slip past `/api`.
 */
export interface RoutingPath {
  readonly path: string
  /** For each character of `path`, and for its end, where it begins in the raw path; null = at the same place. */
  readonly offsets: readonly number[] | null
  /**
   * Does it have `.` or `..` segments? `unclear` = it climbs, and servers disagree on where to: they differ in whether `%2e` is a dot,
   * whether `%2f` and backslashes end a segment, whether an empty segment counts, and what `..;x` is.
   */
  readonly dots: 'none' | 'plain' | 'unclear'
}

/** On the decoded path. */
const DOTS = /\/\.\.?(?:[/;]|$)/
const CLIMB = /\/\.\.(?:[/;]|$)/
/** On the raw path. */
const UNCLEAR = /\/\/|\\|%2[ef]|%5c|\.(?:;|%3b)/i

const PLAIN = /^(?:\/(?![/.])[^%\\?/]*)*\/?(?:\?|$)/

/** Reads the routing path out of a raw origin-form target. */
export function routingPath (raw: string): RoutingPath {
  if (PLAIN.test(raw)) {
    const query = raw.indexOf('?')
    return { path: query === -1 ? raw : raw.slice(0, query), offsets: null, dots: 'none' }
  }
  const query = raw.indexOf('?')
  return decode(query === -1 ? raw : raw.slice(0, query))
}

function decode (raw: string): RoutingPath {
  let path = ''
  const offsets: number[] = []
  for (let i = 0; i < raw.length;) {
    const start = i
    let character = raw[i] ?? ''
    const code = character === '%' ? Number.parseInt(raw.slice(i + 1, i + 3), 16) : Number.NaN
    if (/^%[0-9A-Fa-f]{2}/.test(raw.slice(i, i + 3))) {
      character = String.fromCharCode(code)
      i += 3
    } else {
      i++
    }
    // Some servers take a backslash for a slash; a path that hides a climb behind one must not look innocent here.
    if (character === '\\') character = '/'
    if (character === '/' && path.endsWith('/')) continue
    path += character
    offsets.push(start)
  }
  offsets.push(raw.length)
  return { path, offsets, dots: !DOTS.test(path) ? 'none' : CLIMB.test(path) && UNCLEAR.test(raw) ? 'unclear' : 'plain' }
}

/** `path` with its dot segments resolved (RFC 3986, section 5.2.4); null if it climbs above `floor` segments. */
export function resolveDots (path: string, floor: number): string | null {
  const kept: string[] = []
  for (const segment of path.split('/').slice(1)) {
    // Java's servers look at a segment without its parameters: `..;x` climbs there.
    const name = segment.startsWith('.') ? segment.replace(/;.*/s, '') : segment
    if (name === '..') {
      if (kept.length <= floor) return null
      kept.pop()
    } else if (name !== '.') {
      kept.push(segment)
    }
  }
  return `/${kept.join('/')}`
}

/** How many segments a prefix has: 0 for `/`, 1 for `/api`. */
export function depth (prefix: string): number {
  return prefix === '/' ? 0 : prefix.split('/').length - 1
}

/**
 * A target that a router can read: as it came where possible, else with merged slashes and stray percent signs escaped.
 * Routers refuse malformed percent-encoding; a proxy passes it on.
 */
export function routableTarget (raw: string): string {
  if (PLAIN.test(raw)) return raw
  const query = raw.indexOf('?')
  const path = query === -1 ? raw : raw.slice(0, query)
  const merged = path.replace(/\/{2,}/g, '/')
  return decodable(merged) + (query === -1 ? '' : raw.slice(query))
}

function decodable (path: string): string {
  try {
    decodeURIComponent(path)
    return path
  } catch {
    // Escaping every percent sign keeps the path unambiguous; the routes are matched on the raw target in any case.
    return path.replace(/%/g, '%25')
  }
}
