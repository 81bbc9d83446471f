// Small servers on free ports for the examples to balance over. Each says who it is, and answers a WebSocket's messages.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { WebSocketServer } from 'ws'

export async function startSampleBackends (names = ['one', 'two', 'three']) {
  const servers = names.map(name => {
    const server = createServer((request, response) => {
      request.resume()
      request.on('end', () => { response.end(`${name} answers ${request.method} ${request.url}`) })
    })
    new WebSocketServer({ server }).on('connection', socket => {
      socket.on('message', message => { socket.send(`${name} heard "${message}"`) })
    })
    return server
  })
  await Promise.all(servers.map(server => once(server.listen(0, '127.0.0.1'), 'listening')))
  return {
    targets: servers.map(server => `http://127.0.0.1:${server.address().port}`),
    close: () => {
      for (const server of servers) {
        server.close()
        server.closeAllConnections()
      }
    }
  }
}
