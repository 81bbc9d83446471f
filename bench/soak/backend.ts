import { openSync, writeSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { WebSocketServer } from 'ws'
import type { Report } from '../chaos/protocol.js'
import { huge, large, pieces, receipt, small } from './payloads.js'

/**
 * The process behind one target of a soak: bodies of several sizes each way, and an echo for WebSockets. Arguments: its number,
 * its port, the file of its ledger. It ends when its parent has gone.
 */
const [, port = '0', ledgerFile = ''] = process.argv.slice(2)

/** Milliseconds. */
const SERVICE_TIME = 2
const SERVICE_SPREAD = 3
const PIECE_PAUSE = 1
const SLOW_PAUSE = 30
/** Bytes of each half of a slow answer. */
const SLOW_PART = 16_384

const ledger = openSync(ledgerFile, 'a')
let open = 0

const server = createServer((request, response) => {
  open++
  response.once('close', () => { open-- })
  // Who uploads and leaves makes an error here; it is his own affair.
  request.on('error', () => {})
  let bytes = 0
  request.on('data', (chunk: Buffer) => { bytes += chunk.length })
  request.once('end', () => { setTimeout(arrived, SERVICE_TIME + Math.random() * SERVICE_SPREAD, request, response, bytes) })
})

const echo = new WebSocketServer({ server, path: '/echo' })
echo.on('connection', socket => {
  socket.on('error', () => {})
  socket.on('message', (data, binary) => { socket.send(data, { binary }) })
})

const answers: Readonly<Record<string, (response: ServerResponse, bytes: number) => void>> = {
  large: response => { answer(response, large) },
  huge: response => { answer(response, huge) },
  upload: (response, bytes) => { answer(response, receipt(bytes)) },
  chunked: response => { answerInPieces(response, pieces, PIECE_PAUSE) },
  slow: response => { answerInPieces(response, [large.subarray(0, SLOW_PART), large.subarray(SLOW_PART, 2 * SLOW_PART)], SLOW_PAUSE) }
}

function arrived (request: IncomingMessage, response: ServerResponse, bytes: number): void {
  const [, kind = '', id] = (request.url ?? '').split(/[/?]/)
  if (id !== undefined) writeSync(ledger, `${Date.now()} ${request.method ?? ''} ${id}\n`)
  const respond = answers[kind]
  if (respond === undefined) answer(response, small)
  else respond(response, bytes)
}

function answer (response: ServerResponse, body: Buffer): void {
  response.writeHead(200, { 'content-type': 'text/plain', 'content-length': body.length }).end(body)
}

function answerInPieces (response: ServerResponse, rest: readonly Buffer[], pause: number): void {
  const [piece, ...later] = rest
  if (response.destroyed) return
  if (piece === undefined) {
    response.end()
    return
  }
  response.write(piece)
  setTimeout(answerInPieces, pause, response, later, pause)
}

function report (message: Report): void {
  process.send?.(message)
}

// It is asked for nothing else.
process.on('message', () => { report({ open: open + echo.clients.size }) })
process.once('disconnect', () => { process.exit() })
server.listen(Number(port), '127.0.0.1', () => { report({ port: Number(port) }) })
