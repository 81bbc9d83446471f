import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { systemClock } from '../../src/base/clock.js'
import { WorkQueue } from './work-queue.js'

/**
 * A backend of limited parallelism, as a process. Arguments: workers, service time in ms, and the number of waiting requests
 * at which that has doubled. As with most servers, a request whose client has left is worked on all the same. Tells its
 * parent the port as soon as it listens, and ends when the parent has gone.
 */
const [workers = '4', serviceTime = '10', doublesAt = 'Infinity'] = process.argv.slice(2)
const queue = new WorkQueue(systemClock, { workers: Number(workers), serviceTime: Number(serviceTime), doublesAt: Number(doublesAt) })
const body = Buffer.from(JSON.stringify({ hello: 'world' }))

const server = createServer((request, response) => {
  request.resume()
  queue.add(() => {
    if (response.destroyed) return
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length })
    response.end(body)
  })
})

server.listen(0, '127.0.0.1', 4096, () => {
  // A server listening on TCP has an AddressInfo.
  process.send?.({ port: (server.address() as AddressInfo).port })
})
process.once('disconnect', () => { process.exit() })
