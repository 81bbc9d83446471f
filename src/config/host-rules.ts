import { isIP, isIPv6 } from 'node:net'
import { domainToASCII } from 'node:url'
import { isHost } from '../proxy/host.js'

const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/
/** Names that proxy-addr knows. */
const RANGE_NAMES: ReadonlySet<string> = new Set(['loopback', 'linklocal', 'uniquelocal'])

/** A host name in lower case and ASCII; null if it is none. */
export function canonicalName (name: string): string | null {
  // Only names beyond ASCII go through domainToASCII: it takes `1` for the address 0.0.0.1.
  const ascii = /^[\x20-\x7e]*$/.test(name) ? name.toLowerCase() : domainToASCII(name)
  return ascii.length <= 253 && ascii.split('.').every(label => LABEL.test(label)) ? ascii : null
}

/** The host of a route as requests are compared with it: lower case, IPv6 in brackets; null if it is none. */
export function canonicalHost (host: string): string | null {
  if (host.startsWith('[') && host.endsWith(']')) return isIPv6(host.slice(1, -1)) ? host.toLowerCase() : null
  if (host.startsWith('*.')) {
    const name = canonicalName(host.slice(2))
    return name === null ? null : `*.${name}`
  }
  return canonicalName(host)
}

/** Can a socket be bound to it? */
export function isListenHost (host: string): boolean {
  return isIP(host) !== 0 || canonicalName(host) !== null
}

/** May it stand in a Host field? */
export function isAuthority (text: string): boolean {
  if (!isHost(text)) return false
  const port = /:([0-9]*)$/.exec(text)?.[1]
  return port === undefined || (port !== '' && Number(port) <= 65535)
}

/** An IP address, a range `address/bits`, or one of proxy-addr's names. */
export function isAddressRange (text: string): boolean {
  if (RANGE_NAMES.has(text)) return true
  const [address = '', bits, ...more] = text.split('/')
  const version = address.includes('%') ? 0 : isIP(address)
  if (version === 0 || more.length > 0) return false
  return bits === undefined || (/^[0-9]{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128))
}
