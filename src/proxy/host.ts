/** Why a `Host` field is refused; null = it is fine. */
export type HostFault = 'missing' | 'repeated' | 'invalid'

// RFC 3986 reg-name or a bracketed IP literal, and a port. A comma is legal there, but in a Host field it is a list in disguise.
const HOST = /^(?:\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._~!$&'()*+;=%-]{1,255})(?::[0-9]{0,5})?$/

/**
 * The client's one `Host` field value, or what is wrong with it (RFC 9112, section 3.2).
 * @param rawHeaders names and values in turn.
 * @param required HTTP/1.0 clients may leave it out: then it is ''.
 */
export function readHost (rawHeaders: readonly string[], required: boolean): { readonly host: string } | { readonly fault: HostFault } {
  let host: string | undefined
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? ''
    if (name.length !== 4 || name.toLowerCase() !== 'host') continue
    if (host !== undefined) return { fault: 'repeated' }
    host = rawHeaders[i + 1] ?? ''
  }
  if (host === undefined) return required ? { fault: 'missing' } : { host: '' }
  return isHost(host) ? { host } : { fault: 'invalid' }
}

/** Is this `name[:port]` as a Host field may say it? */
export function isHost (value: string): boolean {
  if (!HOST.test(value)) return false
  const colon = value.lastIndexOf(':')
  return colon <= value.lastIndexOf(']') || Number(value.slice(colon + 1)) <= 65_535
}

/** The name in a `Host` value: lower case, without the port and a trailing dot. What routes are matched against. */
export function hostName (host: string): string {
  const colon = host.lastIndexOf(':')
  const name = colon > host.lastIndexOf(']') ? host.slice(0, colon) : host
  return (name.endsWith('.') ? name.slice(0, -1) : name).toLowerCase()
}
