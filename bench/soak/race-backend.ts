import { openSync, writeSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { KEEP_ALIVE, type Announcement, type RaceReport } from './race-protocol.js'

/**
 * A Node server that closes idle connections after a second and does not only wait, as a process. Arguments: what it announces,
 * the file of its ledger. It ends when its parent has gone.
 */
// Started by `RaceBackend` alone.
const announcement = process.argv[2] as Announcement
const ledger = openSync(process.argv[3] ?? '', 'a')

const BODY = Buffer.from(JSON.stringify({ hello: 'world' }))
/**
 * Milliseconds of work that nothing comes between, and from one such time to the next. When a timer and a request fall into it,
 * Node closes the connection before it reads the request: without such times it is rare that a race is lost.
 */
const WORK = 8
const WORK_INTERVAL = 100

let connections = 0
let closedIdle = 0

const server = createServer({ keepAliveTimeout: KEEP_ALIVE }, (request, response) => {
  request.on('error', () => {})
  request.resume()
  request.once('end', () => {
    writeSync(ledger, `${Date.now()} ${request.method ?? ''} ${(request.url ?? '').split('/').at(-1) ?? ''}\n`)
    announce(response)
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': BODY.length }).end(BODY)
  })
})

server.on('connection', socket => {
  connections++
  let left = false
  socket.once('end', () => { left = true })
  socket.on('error', () => { left = true })
  socket.once('close', () => { if (!left) closedIdle++ })
})

/** A `Connection` field of the application's own keeps Node from adding `Keep-Alive: timeout=1`. */
function announce (response: ServerResponse): void {
  if (announcement === 'the time it keeps') return
  response.setHeader('connection', 'keep-alive')
  if (announcement === 'ten times as long') response.setHeader('keep-alive', `timeout=${KEEP_ALIVE / 100}`)
}

function work (): void {
  const end = performance.now() + WORK
  while (performance.now() < end);
}

function report (message: RaceReport): void {
  process.send?.(message)
}

process.on('message', () => { report({ connections, closedIdle }) })
process.once('disconnect', () => { process.exit() })
// Timers come next after it, as they do after work that a request brings.
setInterval(() => { setImmediate(work) }, WORK_INTERVAL)
server.listen(0, '127.0.0.1', () => {
  // A server listening on TCP has an AddressInfo.
  report({ port: (server.address() as AddressInfo).port })
})
