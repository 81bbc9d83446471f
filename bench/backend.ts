import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * The process behind one target. Arguments: its number, its port (0 = any free one), its service time in ms, and sizes in
 * bytes that it serves under `/SIZE`. Tells its parent the port as soon as it listens, and ends when the parent has gone.
 */
const [name = '1', port = '0', serviceTime = '0', ...sizes] = process.argv.slice(2)
const delay = Number(serviceTime)
const small = Buffer.from(JSON.stringify({ hello: 'world', backend: name, padding: 'x'.repeat(64) }))
const bodies = new Map(sizes.map(size => [`/${size}`, Buffer.alloc(Number(size), 'x')]))

const server = createServer((request, response) => {
  request.resume()
  const answer = (): void => {
    const body = bodies.get(request.url ?? '') ?? small
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length, 'x-backend': name })
    response.end(body)
  }
  if (delay === 0 || request.url === '/health') answer()
  else setTimeout(answer, delay)
})

server.listen(Number(port), '127.0.0.1', () => {
  // A server listening on TCP has an AddressInfo.
  process.send?.({ port: (server.address() as AddressInfo).port })
})
server.on('error', error => {
  console.error(`backend ${name}: ${error.message}`)
  process.exit(1)
})
process.once('disconnect', () => { process.exit() })
