import { ResponseParser, type ResponseEvents } from '../../src/transport/http1/response-parser.js'
import type { Case } from './harness.js'

/** Bytes of one read from a socket. */
const PIECE = 65_536

const head = (...fields: string[]): string => ['HTTP/1.1 200 OK', ...fields, '', ''].join('\r\n')
const common = ['Server: example/1.2', 'Date: Thu, 01 Jan 2026 00:00:00 GMT', 'Content-Type: application/json; charset=utf-8', 'Cache-Control: no-store', 'ETag: "5f-1a2b3c4d"', 'Vary: accept-encoding', 'Connection: keep-alive', 'Keep-Alive: timeout=5']

/** Two heads in turn: one alone would be recognised without being read. */
const small = ['a', 'b'].map(tag => `${head(...common, `X-Tag: ${tag}`, 'Content-Length: 96')}${'x'.repeat(96)}`)
const same = [`${head(...common, 'Content-Length: 96')}${'x'.repeat(96)}`]
const chunked = [`${head(...common, 'Transfer-Encoding: chunked')}${`1000\r\n${'x'.repeat(4096)}\r\n`.repeat(256)}0\r\n\r\n`]

/** Whole responses through the parser, in pieces as a socket gives them. None is long by Content-Length: that is only counted, not read. */
export const parserCases: readonly Case[] = [
  parserCase('response parser: small answers', small),
  parserCase('response parser: the same small answer', same),
  parserCase('response parser: 1 MB in 4 kB chunks', chunked)
]

function parserCase (name: string, responses: readonly string[]): Case {
  let received = 0
  const events: ResponseEvents = {
    informational: () => {},
    head: (_status, fields) => { received += fields.length },
    data: (_bytes, start, end) => {
      received += end - start
      return true
    }
  }
  const parser = new ResponseParser(events)
  const whole = responses.map(response => Buffer.from(response, 'latin1'))
  const pieces = whole.map(bytes => Array.from({ length: Math.ceil(bytes.length / PIECE) }, (_, index) => bytes.subarray(index * PIECE, (index + 1) * PIECE)))
  return {
    name,
    bytes: whole.reduce((sum, bytes) => sum + bytes.length, 0) / whole.length,
    run: times => {
      for (let time = 0; time < times; time++) {
        parser.begin('GET', false)
        for (const piece of pieces[time % pieces.length] ?? []) parser.execute(piece, 0, piece.length)
        if (parser.state !== 'ended') throw new Error(`${name}: the parser is in state ${parser.state}`)
      }
      return received
    }
  }
}
