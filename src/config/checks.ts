import { METHODS } from 'node:http'
import { parseRequestKey } from '../balancing/request-key.js'
import { DURATION_PATTERN, parseDuration } from '../base/duration.js'
import { parseSize } from '../base/size.js'
import { parseStatusRange } from '../health/health-check.js'
import { parseAddress } from '../upstream/address.js'
import { isFieldValue, isToken, probeFieldFault, requestFieldFault, responseFieldFault } from './field-rules.js'
import { got } from './got.js'
import { canonicalHost, canonicalName, isAddressRange, isAuthority, isListenHost } from './host-rules.js'
import { nearest } from './nearest.js'
import { originFormFault, pathFault, prefixFault } from './path-rules.js'

/** What a `check` of a schema stands for. */
export interface Check {
  /** What the user should have written. */
  readonly expected: string
  /** What is wrong with a string; null = nothing. */
  fault (text: string): string | null
}

const DURATION = 'a duration such as "250ms" or "5s"'
const FIELD_SECRET = 'a secret of at least 16 visible ASCII characters, without spaces'
const DURATION_FORM = new RegExp(DURATION_PATTERN)

/** The checks that schemas name, beyond what JSON Schema can say. */
export const checks: Readonly<Record<string, Check>> = {
  duration: { expected: DURATION, fault: text => durationFault(text, false) },
  'positive-duration': { expected: DURATION, fault: text => durationFault(text, true) },
  size: test('a size such as "64kb" or "1mb"', text => parseSize(text) !== undefined),
  target: { expected: 'a URL such as "http://10.0.0.1:3000"', fault: text => thrown(() => parseAddress(text)) },
  'request-key': { expected: 'a key such as "header:x-user-id"', fault: text => thrown(() => parseRequestKey(text)) },
  method: { expected: 'a method such as "GET"', fault: methodFault },
  prefix: { expected: 'a path such as "/api"', fault: prefixFault },
  path: { expected: 'a path such as "/v1"', fault: pathFault },
  'origin-form': { expected: 'a path such as "/health"', fault: originFormFault },
  'route-host': test('a host such as "shop.example" or "*.shop.example", without a port', text => canonicalHost(text) !== null),
  'host-name': test('a host name', text => canonicalName(text) !== null),
  'listen-host': test('a name or an IP address, without port and brackets', isListenHost),
  'host-header': test('"client", "target" or a host such as "shop.example:8080"', isHostHeader),
  authority: test('a host such as "shop.example:8080"', isAuthority),
  'address-range': test('an IP address such as "10.0.0.1", a range such as "10.0.0.0/8", or "loopback", "linklocal" or "uniquelocal"', isAddressRange),
  'socket-path': test('the path of a socket', text => text !== '' && !text.includes('\0')),
  'status-range': test('a status such as 204 or a range such as "200-299"', text => parseStatusRange(text) !== null),
  'pool-name': test('a pool name of at most 64 letters, digits and . _ -', text => /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text)),
  'field-name': test('a field name such as "x-priority"', isToken),
  'request-field': { expected: 'a field name', fault: requestFieldFault },
  'response-field': { expected: 'a field name', fault: responseFieldFault },
  'probe-field': { expected: 'a field name', fault: probeFieldFault },
  // These never repeat the value.
  secret: { expected: 'a secret of at least 16 characters', fault: text => text.length < 16 ? `expected a secret of at least 16 characters, got one of ${text.length}` : null },
  'field-secret': { expected: FIELD_SECRET, fault: text => /^[\x21-\x7e]{16,}$/.test(text) ? null : `expected ${FIELD_SECRET}` },
  'field-value': { expected: 'a string', fault: text => isFieldValue(text) ? null : 'a field value cannot hold line breaks, other control characters, or characters beyond Latin-1' }
}

function test (expected: string, passes: (text: string) => boolean): Check {
  return { expected, fault: text => passes(text) ? null : `expected ${expected}, got ${got(text)}` }
}

/** A misspelt word must not pass for the name of a host. */
function isHostHeader (text: string): boolean {
  return text === 'client' || text === 'target' || (isAuthority(text) && !/^(?:client|target)$/i.test(text))
}

function durationFault (text: string, positive: boolean): string | null {
  const duration = parseDuration(text)
  if (duration === 0 && positive) return `must be longer than ${got(text)}`
  if (duration !== undefined) return null
  return DURATION_FORM.test(text) ? `${got(text)} is longer than 24 days` : `expected ${DURATION}, got ${got(text)}`
}

/** What a parser has against its text: those called here throw nothing but TypeErrors made for the user. */
function thrown (parse: () => unknown): string | null {
  try {
    parse()
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function methodFault (text: string): string | null {
  if (text === 'CONNECT' || text === 'TRACE') return `${text} is never forwarded`
  if (METHODS.includes(text)) return null
  const meant = nearest(text, METHODS)
  return `${got(text)} is not a method${meant === undefined ? '' : `, did you mean "${meant}"?`}`
}
