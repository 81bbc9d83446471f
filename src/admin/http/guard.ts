import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { hostName, isHost } from '../../proxy/host.js'
import { AdminProblem } from './admin-problem.js'
import type { Access } from './operation.js'

const SAFE: ReadonlySet<string | undefined> = new Set(['GET', 'HEAD'])

/**
 * Who may use the admin listener. A browser on the operator's machine reaches loopback for any page that it shows, so two of the
 * three checks are about pages of others.
 */
export class Guard {
  readonly #token: Buffer | null
  readonly #unix: () => boolean

  /**
   * @param token what requests must carry; null = nothing.
   * @param unix do they come over a Unix socket?
   */
  constructor (token: string | null, unix: () => boolean) {
    this.#token = token === null ? null : digest(token)
    this.#unix = unix
  }

  /** @throws {AdminProblem} if the request may not have what is for `access`. */
  check (request: IncomingMessage, access: Access): void {
    this.#checkHost(request)
    if (access !== 'link') checkOrigin(request)
    if (access === 'token' && !this.admits(request)) throw new AdminProblem(401, 'unauthorized', '', { headers: { 'www-authenticate': 'Bearer realm="headrace"' } })
  }

  /** Does the request carry the token? True if there is none. */
  admits ({ headers: { authorization = '' } }: IncomingMessage): boolean {
    if (this.#token === null) return true
    const given = /^Bearer +([!-~]+)$/i.exec(authorization)?.[1]
    // Digests are of one length, and how long they take to compare tells nothing of the token.
    return given !== undefined && timingSafeEqual(digest(given), this.#token)
  }

  /**
   * DNS rebinding: a page of another name whose address has become ours. Addresses cannot be rebound. Where there is a token such
   * a page does not have it, and proxies and clusters call us by names that we cannot know; no browser reaches a Unix socket.
   * @throws {AdminProblem}
   */
  #checkHost ({ headers, httpVersion }: IncomingMessage): void {
    const { host = '' } = headers
    // Simple health checks speak HTTP/1.0, which does not have the field. Browsers always send it.
    if (headers.host === undefined && httpVersion === '1.0') return
    if (!isHost(host)) throw new AdminProblem(400, 'bad_request', 'The Host field is missing or malformed')
    if (this.#token !== null || this.#unix()) return
    const name = hostName(host)
    const isAddress = isIP(name) !== 0 || (name.startsWith('[') && isIP(name.slice(1, -1)) === 6)
    if (!isAddress && name !== 'localhost' && !name.endsWith('.localhost')) throw new AdminProblem(403, 'host_refused', 'Without a token, the Host field has to be an IP address or localhost')
  }
}

/**
 * Requests that a page of another origin makes the browser send: it could not read the answers, but changes would be made, and
 * streams opened. Other programs send neither of the two fields.
 * @throws {AdminProblem}
 */
function checkOrigin ({ headers, method }: IncomingMessage): void {
  const { origin, host = '' } = headers
  const site = headers['sec-fetch-site']
  // `none` is the user's own doing, the address bar for one; that can only read.
  const own = site === undefined || site === 'same-origin' || (site === 'none' && SAFE.has(method))
  if (!own || (origin !== undefined && authorityOf(origin) !== host.toLowerCase())) throw new AdminProblem(403, 'cross_origin')
}

/** Host and port of an origin as a Host field says them; null for `null` and what is none. The scheme may be a TLS terminator's. */
function authorityOf (origin: string): string | null {
  return /^https?:\/\/([^/?#@]+)$/i.exec(origin)?.[1]?.toLowerCase() ?? null
}

function digest (text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
