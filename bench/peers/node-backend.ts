import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * A backend that answers at once, in a process of its own. Arguments: sizes in bytes of bodies that it serves under `/SIZE`. Tells its parent
 * the port as soon as it listens, and ends when the parent has gone.
 */
const small = Buffer.from(JSON.stringify({ hello: 'world', padding: 'x'.repeat(64) }))
const bodies = new Map(process.argv.slice(2).map(size => [`/${size}`, Buffer.alloc(Number(size), 'x')]))

const server = createServer((request, response) => {
  request.resume()
  const body = bodies.get(request.url ?? '') ?? small
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length })
  response.end(body)
})

server.listen(0, '127.0.0.1', () => {
  // A server listening on TCP has an AddressInfo.
  process.send?.({ port: (server.address() as AddressInfo).port })
})
server.on('error', error => {
  console.error(`backend: ${error.message}`)
  process.exit(1)
})
process.once('disconnect', () => { process.exit() })
