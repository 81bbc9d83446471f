import { isResponseDropped } from '../proxy/header-names.js'

// RFC 9110, section 5.6.2.
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
// RFC 9110, section 5.5: visible characters, spaces and tabs, bytes above ASCII. No CR, LF, NUL.
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

export function isToken (text: string): boolean {
  return TOKEN.test(text)
}

export function isFieldValue (text: string): boolean {
  return VALUE.test(text)
}

/** Why the config may not name this field of a request; null = it may. */
export function requestFieldFault (name: string): string | null {
  if (name.toLowerCase() === 'host') return 'a header rule cannot change "host": use "hostHeader"'
  if (name.toLowerCase() === 'expect') return 'a header rule cannot change "expect": the proxy answers it itself'
  return responseFieldFault(name)
}

/** Why the config may not name this field of a response; null = it may. */
export function responseFieldFault (name: string): string | null {
  if (!isToken(name)) return 'expected a field name: letters, digits and - _ . ! # $ % & \' * + ^ ` | ~'
  const lower = name.toLowerCase()
  if (lower === 'content-length' || lower === 'transfer-encoding') return `a header rule cannot change "${lower}": it says where the message ends, and the proxy writes it itself`
  if (isResponseDropped(lower)) return `a header rule cannot change "${lower}": it belongs to one connection and never passes the proxy`
  return null
}

/** Why the config may not name this field of a probe; null = it may. */
export function probeFieldFault (name: string): string | null {
  return name.toLowerCase() === 'host' ? 'use "host" of the health check' : requestFieldFault(name)
}
