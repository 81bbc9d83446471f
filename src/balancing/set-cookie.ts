/** How a browser is to keep a cookie (RFC 6265, section 4.1.2; `SameSite`: draft-ietf-httpbis-rfc6265bis). */
export interface CookieAttributes {
  readonly path: string
  /** Its subdomains get the cookie, too; null = only the very host that was asked. */
  readonly domain: string | null
  /** Milliseconds; null = until the browser is closed. */
  readonly maxAge: number | null
  readonly secure: boolean
  readonly httpOnly: boolean
  readonly sameSite: 'lax' | 'strict' | 'none'
}

const SAME_SITE = { lax: 'Lax', strict: 'Strict', none: 'None' } as const

/** The value of a `Set-Cookie` field. */
export function setCookie (name: string, value: string, { path, domain, maxAge, secure, httpOnly, sameSite }: CookieAttributes): string {
  return [
    `${name}=${value}`,
    `Path=${path}`,
    ...(domain === null ? [] : [`Domain=${domain}`]),
    // Whole seconds, and never zero: that would delete it.
    ...(maxAge === null ? [] : [`Max-Age=${Math.max(1, Math.floor(maxAge / 1000))}`]),
    ...(secure ? ['Secure'] : []),
    ...(httpOnly ? ['HttpOnly'] : []),
    `SameSite=${SAME_SITE[sameSite]}`
  ].join('; ')
}
