import autocannon from 'autocannon'
import type { Clients } from './clients.js'
import { PATIENCE, type LoadOptions, type LoadResult } from './load.js'
import { Tally } from './tally.js'

/** Milliseconds between two of autocannon's samples: only after a whole one it ends. */
const SAMPLE = 100

/** Keeps every connection, each of which is one client, busy with one GET after the other for the given time: autocannon does. */
export async function runClosedLoop (options: LoadOptions, clients: Clients): Promise<LoadResult> {
  const tally = new Tally()
  let connections = 0
  const result = await new Promise<autocannon.Result>((resolve, reject) => {
    const instance = autocannon({
      url: options.url,
      connections: options.connections,
      duration: options.seconds,
      timeout: PATIENCE,
      sampleInt: SAMPLE,
      setupClient: client => {
        const number = connections++
        let key = clients.key(number)
        client.setHeaders(clients.fields(number, key))
        client.on('headers', (head: unknown) => {
          const { backend, cookies } = readHead(head)
          if (backend !== undefined) tally.by(backend, String(key))
          for (const cookie of cookies) clients.keep(number, cookie)
          // The next request is sent when this answer has come whole.
          key = clients.key(number)
          client.setHeaders(clients.fields(number, key))
        })
      }
    }, (error: unknown, result) => {
      if (error === null || error === undefined) resolve(result)
      else reject(error instanceof Error ? error : new Error(String(error)))
    })
    instance.on('start', () => { options.begun?.() })
    instance.on('response', (_client, status, _bytes, time) => { tally.answered(status, time) })
  })
  tally.failed('timeouts', result.timeouts)
  tally.failed('socket', result.errors - result.timeouts)
  tally.failed('unanswered', unanswered(result))
  return tally.result(result.duration)
}

/**
 * autocannon dials anew, and says nothing, when the other side ends a connection that has a request on it. But it counts
 * what it sent: at the end each connection has one request under way, and every other one was answered or failed.
 */
function unanswered (result: autocannon.Result): number {
  return Math.max(0, result.requests.sent - result.requests.total - result.errors - result.connections)
}

/** autocannon hands over the parser's own view of a head: field names and values in turn. */
function readHead (head: unknown): { backend: string | undefined, cookies: string[] } {
  const cookies: string[] = []
  let backend: string | undefined
  const fields: unknown[] = typeof head === 'object' && head !== null && 'headers' in head && Array.isArray(head.headers) ? head.headers : []
  for (let i = 0; i < fields.length; i += 2) {
    const name = String(fields[i]).toLowerCase()
    if (name === 'x-backend') backend = String(fields[i + 1])
    else if (name === 'set-cookie') cookies.push(String(fields[i + 1]))
  }
  return { backend, cookies }
}
