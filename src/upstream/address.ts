import { socketPathFault } from '../base/socket-path.js'

/** Where a target listens. */
export interface TargetAddress {
  readonly protocol: 'http:' | 'https:'
  /** A name or an IP address without brackets; `localhost` for a Unix socket. */
  readonly hostname: string
  readonly port: number
  /** Path of a Unix socket; null for TCP. */
  readonly socketPath: string | null
  /** What a `Host` field naming this target says. */
  readonly authority: string
  /** The canonical text: `http://10.0.0.1:3001`, `https://b.example`, `unix:/run/app.sock`. Identity of a target within its pool. */
  readonly origin: string
}

/**
 * Reads `http://host:port`, `https://host:port` or `unix:/path/to.sock`.
 * @throws {TypeError} with what is wrong, fit for a user's eyes.
 */
export function parseAddress (text: string): TargetAddress {
  if (text.startsWith('unix:')) return unixAddress(text)
  let url: URL
  try {
    url = new URL(text)
  } catch {
    throw new TypeError(`"${text}" is not a URL`)
  }
  const { protocol } = url
  if (protocol !== 'http:' && protocol !== 'https:') throw new TypeError(`"${text}" is not an http:, https: or unix: address`)
  if (url.hostname === '') throw new TypeError(`"${text}" names no host`)
  if (url.username !== '' || url.password !== '') throw new TypeError('a target URL cannot carry a user name or password')
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    throw new TypeError(`"${text}" has a path or query; a target is an origin: put the path into a route's "rewritePrefix"`)
  }
  const port = url.port === '' ? (protocol === 'https:' ? 443 : 80) : Number(url.port)
  if (port === 0) throw new TypeError(`"${text}" has port 0`)
  const hostname = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname
  return { protocol, hostname, port, socketPath: null, authority: url.host, origin: url.origin }
}

function unixAddress (text: string): TargetAddress {
  const path = text.startsWith('unix://') ? text.slice('unix://'.length) : text.slice('unix:'.length)
  if (!path.startsWith('/') || path === '/' || path.includes('\0')) throw new TypeError(`"${text}" is not unix:/absolute/path`)
  const fault = socketPathFault(path)
  if (fault !== null) throw new TypeError(fault)
  return { protocol: 'http:', hostname: 'localhost', port: 80, socketPath: path, authority: 'localhost', origin: `unix:${path}` }
}
