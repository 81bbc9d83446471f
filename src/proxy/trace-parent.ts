import { randomBytes } from 'node:crypto'
import type { RawHeaders } from '../transport/transport.js'

/** A place in a trace, as `traceparent` tells it (W3C Trace Context, level 1, section 3.2). */
export interface TraceParent {
  /** 32 hexadecimal digits, not all zero. */
  readonly traceId: string
  /** 16 hexadecimal digits, not all zero. */
  readonly spanId: string
  /** Bit 0: the caller may have recorded it. */
  readonly flags: number
}

const FORM = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/

/** Reads a `traceparent`; null if it is none. A version to come is read as far as this one knows it. */
export function parseTraceParent (text: string | undefined): TraceParent | null {
  const match = FORM.exec(text?.trim() ?? '')
  if (match === null) return null
  const [, version = '', traceId = '', spanId = '', flags = '', rest] = match
  if (version === 'ff' || (version === '00' && rest !== undefined)) return null
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return null
  return { traceId, spanId, flags: parseInt(flags, 16) }
}

/**
 * Where a message is in its trace; null if it does not say, or says what is not valid, or says it more than once: then nobody can tell which
 * of them is right, and the trace begins anew.
 */
export function onlyTraceParent (headers: RawHeaders): TraceParent | null {
  let value: string | undefined
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] ?? ''
    if (name.length !== 11 || name.toLowerCase() !== 'traceparent') continue
    if (value !== undefined) return null
    value = headers[i + 1] ?? ''
  }
  return parseTraceParent(value)
}

export function traceParentText ({ traceId, spanId, flags }: TraceParent): string {
  return `00-${traceId}-${spanId}-${flags.toString(16).padStart(2, '0')}`
}

/** The beginning of a trace that nobody records, so that what backends log of a request can be put together all the same. */
export function newTraceParent (): TraceParent {
  return { traceId: newHex(16), spanId: newHex(8), flags: 0 }
}

/** Chance in store: to ask for it costs more than all else here, so it is asked for seldom. */
let pool = Buffer.alloc(0)
let used = 0
const POOL = 4096

function newHex (bytes: number): string {
  if (used + bytes > pool.length) {
    pool = randomBytes(POOL)
    used = 0
  }
  const text = pool.toString('hex', used, used += bytes)
  // One in 2^64: not allowed, all the same.
  return /^0+$/.test(text) ? newHex(bytes) : text
}
