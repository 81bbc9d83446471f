import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { systemClock } from '../../src/base/clock.js'
import { seededRandom } from '../../src/base/random.js'
import { healthReport } from '../../src/backend/health-report.js'
import { LoopLoad } from '../../src/base/loop-load.js'
import { nodeProcess } from '../../src/backend/node-process.js'
import { Requests } from '../../src/backend/requests.js'
import { REPORT_INTERVAL, type BackendMessage, type BackendOrder, type BackendSetup } from './backend-protocol.js'
import { keepBusy, pause } from './held-loop.js'
import { Service } from './service.js'

/**
 * The process behind one target of a scenario. Its argument is a `BackendSetup` as JSON. It tells its parent when it listens and, every
 * 100 ms, what it has to do; it takes orders from the parent and ends when that has gone. `/health` answers at once what our plugin for backends would.
 */

// The parent writes it from a value of this type.
const { name, port, seed, target } = JSON.parse(process.argv[2] ?? '') as BackendSetup
const random = seededRandom(seed)
const service = new Service(target, systemClock, random)
const requests = new Requests(systemClock)
const load = new LoopLoad(nodeProcess, systemClock)
const body = JSON.stringify({ hello: 'world', backend: name, padding: 'x'.repeat(64) })
let peak = 0
let served = 0

const server = createServer((request, response) => {
  request.resume()
  if (request.url === '/health') {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(healthReport('ok', { requests, load, host: nodeProcess })))
    return
  }
  requests.begin(request, response)
  peak = Math.max(peak, requests.inflight)
  const leave = service.take(status => {
    served++
    response.writeHead(status, { 'content-type': 'application/json', 'content-length': body.length, 'x-backend': name }).end(body)
  })
  response.once('close', leave)
})
// Connections that the proxy keeps must not close under its hands: that is another experiment.
server.keepAliveTimeout = 0

function tell (message: BackendMessage): void {
  // The parent may have gone in this moment: then this process ends as well.
  if (process.connected) process.send?.(message, undefined, {}, () => {})
}

function report (): void {
  tell({ message: 'report', report: { at: performance.timeOrigin + performance.now(), inflight: requests.inflight, peak, served } })
  peak = requests.inflight
}

server.listen(port, '127.0.0.1', () => {
  // A server listening on TCP has an AddressInfo.
  tell({ message: 'listening', port: (server.address() as AddressInfo).port })
  setInterval(report, REPORT_INTERVAL)
  if (target.pauses !== null) pause(target.pauses, random)
  if (target.busy > 0) keepBusy(target.busy)
})
server.on('error', error => {
  console.error(`backend ${name}: ${error.message}`)
  process.exit(1)
})
process.on('message', (message: BackendOrder) => {
  switch (message.order) {
    case 'slow': service.slow(message.factor, message.over); break
    case 'fail': service.fail(); break
    case 'heal': service.heal()
  }
})
process.once('disconnect', () => { process.exit() })
