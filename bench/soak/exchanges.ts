import { request, type Agent, type ClientRequest } from 'node:http'
import { WebSocket } from 'ws'
import { large, pieces, receipt, small } from './payloads.js'

/** Milliseconds a client waits for the whole answer. */
const LIMIT = 10_000
const JSON_BODY = Buffer.from(JSON.stringify({ order: 'x'.repeat(100) }))
/** Sent over a WebSocket, each when the one before has come back. */
const MESSAGES: readonly Buffer[] = [small, large.subarray(0, 20_000), small]

/** Where exchanges take place. */
export interface Place {
  readonly url: URL
  readonly agent: Agent
}

/** One sort of request: how often, and what it does. Resolves with what was wrong; null = nothing. */
export interface ExchangeKind {
  readonly name: string
  /** Percent of all. */
  readonly share: number
  readonly run: (place: Place, id: string) => Promise<string | null>
}

interface Message {
  readonly path: string
  /** The body, one write each; null = GET. */
  readonly body: readonly Buffer[] | null
  readonly chunked?: boolean
  readonly expected: Buffer
}

export const exchangeKinds: readonly ExchangeKind[] = [
  http('small GET', 40, { path: 'small', body: null, expected: small }),
  http('large GET', 15, { path: 'large', body: null, expected: large }),
  http('chunked GET', 10, { path: 'chunked', body: null, expected: large }),
  http('small POST', 15, { path: 'upload', body: [JSON_BODY], expected: receipt(JSON_BODY.length) }),
  http('large POST', 10, { path: 'upload', body: [large], expected: receipt(large.length) }),
  http('chunked POST', 5, { path: 'upload', body: pieces, chunked: true, expected: receipt(large.length) }),
  { name: 'WebSocket', share: 5, run: echoed }
]

function http (name: string, share: number, message: Message): ExchangeKind {
  return { name, share, run: (place, id) => exchanged(place, message, id) }
}

function exchanged ({ url, agent }: Place, { path, body, chunked = false, expected }: Message, id: string): Promise<string | null> {
  return new Promise(resolve => {
    const outgoing = request({
      agent,
      host: url.hostname,
      port: url.port,
      method: body === null ? 'GET' : 'POST',
      path: `/${path}/${id}`,
      headers: body === null ? {} : { 'content-type': 'text/plain', ...(chunked ? {} : { 'content-length': length(body) }) }
    })
    const timer = setTimeout(() => { outgoing.destroy(Object.assign(new Error(), { code: 'timeout' })) }, LIMIT)
    const end = (wrong: string | null): void => {
      clearTimeout(timer)
      resolve(wrong)
    }
    outgoing.once('error', (error: NodeJS.ErrnoException) => { end(error.code ?? error.message) })
    outgoing.once('response', response => {
      const received: Buffer[] = []
      response.on('data', (chunk: Buffer) => { received.push(chunk) })
      response.once('error', (error: NodeJS.ErrnoException) => { end(`cut short (${error.code ?? error.message})`) })
      response.once('end', () => {
        if (response.statusCode !== 200) end(`status ${response.statusCode ?? 0}`)
        else end(Buffer.concat(received).equals(expected) ? null : 'another body')
      })
    })
    writeAll(outgoing, body ?? [])
  })
}

function length (body: readonly Buffer[]): number {
  return body.reduce((sum, piece) => sum + piece.length, 0)
}

/** One piece in each turn of the event loop. */
function writeAll (outgoing: ClientRequest, [piece, ...later]: readonly Buffer[]): void {
  if (outgoing.destroyed) return
  if (piece === undefined || later.length === 0) {
    outgoing.end(piece)
    return
  }
  outgoing.write(piece)
  setImmediate(writeAll, outgoing, later)
}

function echoed ({ url }: Place): Promise<string | null> {
  return new Promise(resolve => {
    const socket = new WebSocket(`ws://${url.host}/echo`, { perMessageDeflate: false })
    const expected = [...MESSAGES]
    let wrong: string | null = null
    const timer = setTimeout(() => {
      wrong = 'timeout'
      socket.terminate()
    }, LIMIT)
    const next = (): void => {
      if (expected[0] === undefined) socket.close(1000)
      else socket.send(expected[0])
    }
    socket.on('open', next)
    // The default `binaryType` gives Buffers.
    socket.on('message', (data: Buffer) => {
      if (expected.shift()?.equals(data) !== true) wrong ??= 'another message'
      next()
    })
    socket.on('error', error => { wrong ??= error.message })
    socket.on('close', code => {
      clearTimeout(timer)
      resolve(wrong ?? (expected.length > 0 || code !== 1000 ? `closed with ${code}` : null))
    })
  })
}
