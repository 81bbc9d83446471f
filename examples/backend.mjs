// The other side: a backend that tells the proxy how it is, and leaves without losing a request.
import Fastify from 'fastify'
import headraceBackend from 'headrace/backend'

const app = Fastify()
let connected = true

await app.register(headraceBackend, {
  path: '/health',
  quiet: '200ms',
  check: () => connected || 'no connection to the database'
})
app.get('/hello', async () => 'hello')
app.get('/slow', async () => {
  await new Promise(resolve => { setTimeout(resolve, 500) })
  return 'late, but whole'
})
app.addHook('onClose', async () => { console.log('the app closes') })
process.on('exit', code => { console.log(`exit code ${code}`) })

const address = await app.listen({ host: '127.0.0.1', port: 0 })
async function show (path) {
  const response = await fetch(address + path)
  const { status } = path === '/health' ? await response.json() : { status: await response.text() }
  console.log(`GET ${path}: ${response.status} ${status}, Headrace-Backend: ${response.headers.get('headrace-backend')}`)
}

await show('/health')
connected = false
await show('/health')
connected = true

// What a rolling restart does. The plugin ends the process when nothing is left to do.
const slow = show('/slow')
process.once('SIGTERM', async () => {
  await show('/health')
  await show('/hello')
  await slow
})
process.kill(process.pid, 'SIGTERM')
