import autocannon from 'autocannon'
import { percentile } from './statistics.js'

/** One run of load. */
export interface LoadOptions {
  readonly url: string
  readonly connections: number
  readonly seconds: number
  /** Called when the load begins. */
  readonly begun?: () => void
}

/** What came of it. */
export interface LoadResult {
  /** Answers with a 2xx status. */
  readonly completed: number
  readonly requestsPerSecond: number
  /** Milliseconds, of the completed ones. */
  readonly p50: number
  readonly p99: number
  readonly errors: LoadErrors
  /** Answers by the backend that named itself in `x-backend`. */
  readonly served: ReadonlyMap<string, number>
}

export interface LoadErrors {
  readonly non2xx: number
  /** Refused, reset or timed out. */
  readonly socket: number
  /** The connection was closed in good order, with a request on it that nobody answered. */
  readonly unanswered: number
}

/** Keeps `connections` busy with one GET after the other for the given time. */
export async function runLoad (options: LoadOptions): Promise<LoadResult> {
  const latencies: number[] = []
  const served = new Map<string, number>()
  const result = await new Promise<autocannon.Result>((resolve, reject) => {
    const instance = autocannon({
      url: options.url,
      connections: options.connections,
      duration: options.seconds,
      timeout: 10,
      setupClient: client => {
        client.on('headers', (head: unknown) => {
          const name = backendIn(head)
          if (name !== undefined) served.set(name, (served.get(name) ?? 0) + 1)
        })
      }
    }, (error: unknown, result) => {
      if (error === null || error === undefined) resolve(result)
      else reject(error instanceof Error ? error : new Error(String(error)))
    })
    instance.on('start', () => { options.begun?.() })
    instance.on('response', (_client, status, _bytes, time) => { if (status >= 200 && status < 300) latencies.push(time) })
  })
  latencies.sort((a, b) => a - b)
  return {
    completed: latencies.length,
    requestsPerSecond: latencies.length / result.duration,
    p50: percentile(latencies, 50),
    p99: percentile(latencies, 99),
    errors: { non2xx: result.non2xx, socket: result.errors, unanswered: unanswered(result) },
    served
  }
}

/**
 * autocannon dials anew, and says nothing, when the other side ends a connection that has a request on it. But it counts
 * what it sent: at the end each connection has one request under way, and every other one was answered or failed.
 */
function unanswered (result: autocannon.Result): number {
  return Math.max(0, result.requests.sent - result.requests.total - result.errors - result.connections)
}

/** autocannon hands over the parser's own view of a head: field names and values in turn. */
function backendIn (head: unknown): string | undefined {
  if (typeof head !== 'object' || head === null || !('headers' in head) || !Array.isArray(head.headers)) return undefined
  const fields: unknown[] = head.headers
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i]
    if (typeof name === 'string' && name.toLowerCase() === 'x-backend') return String(fields[i + 1])
  }
  return undefined
}
