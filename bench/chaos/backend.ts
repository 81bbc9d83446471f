import { openSync, writeSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Mode, Order, Report } from './protocol.js'

/**
 * The process behind one target. Arguments: its number, its port, the file of its ledger, `abrupt` or `close`:
 * what it does on SIGTERM.
 * Every request that has arrived in full is a line of the ledger before anything else happens to it, so that a SIGKILL in the
 * next moment loses none. It ends when its parent has gone.
 */
const [name = '1', port = '0', ledgerFile = '', shutdown = 'abrupt'] = process.argv.slice(2)

/** Milliseconds. */
const SERVICE_TIME = 2
const SERVICE_SPREAD = 3
const SLOW_SERVICE_TIME = 30
const TRICKLE_PAUSE = 50
const IDLE_TIME = 15
/** Longer than any proxy keeps a connection: only `idle-close` closes connections that rest. */
const KEEP_ALIVE = 120_000
/** How often a port that is not free yet is tried, and the milliseconds between. */
const LISTEN_TRIES = 40
const LISTEN_PAUSE = 100

const TRICKLED_BODY = Buffer.alloc(40, 'x')
const SLOW_BODY_PART = Buffer.alloc(16_384, 'x')

const ledger = openSync(ledgerFile, 'a')
const sockets = new Set<Socket>()
const rest = new Map<Socket, NodeJS.Timeout>()
let mode: Mode = 'normal'
let open = 0
let turn = 0

const server = createServer({ keepAliveTimeout: KEEP_ALIVE }, (request, response) => {
  open++
  response.once('close', () => { open-- })
  clearTimeout(rest.get(request.socket))
  // Who uploads and leaves makes an error here; it is his own affair.
  request.on('error', () => {})
  request.resume()
  request.once('end', () => { arrived(request, response) })
})

server.on('connection', socket => {
  sockets.add(socket)
  socket.on('error', () => {})
  socket.once('close', () => {
    sockets.delete(socket)
    clearTimeout(rest.get(socket))
    rest.delete(socket)
  })
  if (mode === 'reset' && turn++ % 2 === 0) socket.resetAndDestroy()
})

function arrived (request: IncomingMessage, response: ServerResponse): void {
  const [, kind = '', id] = (request.url ?? '').split(/[/?]/)
  if (id !== undefined) writeSync(ledger, `${Date.now()} ${request.method ?? ''} ${id}\n`)
  if (kind === 'health' && (mode === 'error-500' || mode === 'error-503')) answer(response, 200)
  else answers[mode](request, response, kind)
}

const answers: Readonly<Record<Mode, (request: IncomingMessage, response: ServerResponse, kind: string) => void>> = {
  normal: (_request, response, kind) => {
    if (kind === 'health') answer(response, 200)
    else if (kind === 'slow') answerSlowly(response)
    else setTimeout(answer, SERVICE_TIME + Math.random() * SERVICE_SPREAD, response, 200)
  },
  blackhole: () => {},
  down: () => {},
  reset: request => { request.socket.resetAndDestroy() },
  trickle: (request, response) => {
    if (turn++ % 2 === 0) trickleHead(request.socket)
    else trickleBody(response)
  },
  'error-500': (_request, response) => { answer(response, 500) },
  'error-503': (_request, response) => { answer(response, 503) },
  'idle-close': (request, response, kind) => {
    const { socket } = request
    response.once('finish', () => { rest.set(socket, setTimeout(() => { socket.destroy() }, IDLE_TIME)) })
    answers.normal(request, response, kind)
  }
}

function answer (response: ServerResponse, status: number): void {
  const body = `{"backend":"${name}"}`
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': body.length }).end(body)
}

/** A larger body in two parts with time between, for clients to leave in. */
function answerSlowly (response: ServerResponse): void {
  setTimeout(() => {
    response.writeHead(200, { 'content-length': 2 * SLOW_BODY_PART.length }).write(SLOW_BODY_PART)
    setTimeout(() => { response.end(SLOW_BODY_PART) }, SLOW_SERVICE_TIME)
  }, SLOW_SERVICE_TIME)
}

function trickleBody (response: ServerResponse): void {
  response.writeHead(200, { 'content-length': TRICKLED_BODY.length })
  trickle(response, TRICKLED_BODY, () => { response.end() })
}

/** Past Node, whose head goes out in one piece. */
function trickleHead (socket: Socket): void {
  trickle(socket, Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok'), () => { socket.end() })
}

function trickle (to: Socket | ServerResponse, bytes: Buffer, done: () => void): void {
  let at = 0
  const timer = setInterval(() => {
    if (at < bytes.length && !to.destroyed) {
      to.write(bytes.subarray(at, ++at))
      return
    }
    clearInterval(timer)
    done()
  }, TRICKLE_PAUSE)
}

function listen (done: () => void, tries = LISTEN_TRIES): void {
  server.once('error', error => {
    if (tries === 0) throw error
    setTimeout(listen, LISTEN_PAUSE, done, tries - 1)
  })
  server.listen(Number(port), '127.0.0.1', () => {
    server.removeAllListeners('error')
    done()
  })
}

function report (message: Report): void {
  process.send?.(message)
}

function change (next: Mode): void {
  const was = mode
  mode = next
  const changed = (): void => { report({ mode }) }
  if (next === 'down' && was !== 'down') {
    server.close(changed)
    for (const socket of sockets) socket.destroy()
  } else if (next !== 'down' && was === 'down') {
    listen(changed)
  } else {
    changed()
  }
}

/** Stops listening, finishes what is under way, ends. */
function close (): void {
  server.close(() => { process.exit(0) })
}

process.on('message', (order: Order) => {
  if ('mode' in order) change(order.mode)
  else report({ open })
})
process.once('disconnect', () => { process.exit() })
// Without a listener it ends there and then.
if (shutdown === 'close') process.once('SIGTERM', close)

listen(() => { report({ port: Number(port) }) })
