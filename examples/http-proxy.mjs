// @fastify/http-proxy with a pool where its upstream was; everything else of it stays.
import { once } from 'node:events'
import Fastify from 'fastify'
import { balancedHttpProxy } from 'headrace'
import WebSocket from 'ws'
import { startSampleBackends } from './sample-backends.mjs'

const backends = await startSampleBackends()
const app = Fastify()

// Before: app.register(httpProxy, { upstream: 'http://10.0.0.1:3001', ...the rest })
await app.register(balancedHttpProxy, {
  pool: { targets: backends.targets, healthCheck: true },
  prefix: '/api',
  websocket: true,
  preHandler: (request, reply, done) => {
    if (request.headers['x-api-key'] === 'secret') done()
    else reply.code(401).send('no key')
  },
  wsHooks: { onConnect: () => { console.log('a WebSocket is connected') } }
})

const address = await app.listen({ host: '127.0.0.1', port: 0 })
const headers = { 'x-api-key': 'secret' }

console.log(`without a key: ${(await fetch(`${address}/api/users`)).status}`)
for (let i = 0; i < 3; i++) {
  const response = await fetch(`${address}/api/users`, { headers })
  console.log(`with a key: ${response.status} ${await response.text()}`)
}

const socket = new WebSocket(`${address.replace('http', 'ws')}/api/chat`, { headers })
await once(socket, 'open')
socket.send('hello')
const [message] = await once(socket, 'message')
console.log(`WebSocket: ${message}`)
socket.close()
await once(socket, 'close')

await app.close()
console.log('stopped')
backends.close()
