import type { LoadReport } from '../balancing/load-report.js'

const JSON_TYPE = /^application\/json[ \t]*(?:;|$)/i

/** What a health answer tells of the target's load (docs/backend.md); null if it tells nothing, or nothing that makes sense. */
export function parseLoadReport (contentType: string | undefined, body: Buffer): LoadReport | null {
  if (contentType === undefined || !JSON_TYPE.test(contentType)) return null
  const { inflight, requests, eventLoop } = record(parsed(body))
  return readLoadReport({ inflight, requests, utilization: record(eventLoop)['utilization'] })
}

/** What somebody gave for a report; null if it is none. */
export function readLoadReport (value: unknown): LoadReport | null {
  const { inflight, utilization, requests = null } = record(value)
  if (!isCount(inflight) || (requests !== null && !isCount(requests))) return null
  return typeof utilization === 'number' && utilization >= 0 && utilization <= 1 ? { inflight, utilization, requests } : null
}

function parsed (body: Buffer): unknown {
  try {
    return JSON.parse(body.toString())
  } catch {
    return null
  }
}

function record (value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

function isCount (value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}
