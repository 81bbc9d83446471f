// Headrace inside a Fastify app: its routes stand beside the app's own, behind the app's own hooks.
import Fastify from 'fastify'
import headrace from 'headrace'
import { startSampleBackends } from './sample-backends.mjs'

const backends = await startSampleBackends()
const app = Fastify()

app.get('/hello', async () => 'the app itself')

await app.register(async scope => {
  // Runs before a request is proxied, and may answer in its stead.
  scope.addHook('preHandler', async (request, reply) => {
    if (request.headers.authorization !== 'Bearer secret') return reply.code(401).send('who are you?')
  })
  await scope.register(headrace, {
    pools: { api: { targets: backends.targets } },
    routes: [{ prefix: '/api', pool: 'api' }]
  })
  // The pools are at hand: what each target is doing now, whether it is up.
  scope.get('/status', async () => [...scope.headrace.pools].map(([name, { pool }]) => ({
    name, targets: pool.targets.map(({ healthy, inflight }) => ({ healthy, inflight }))
  })))
})

const address = await app.listen({ host: '127.0.0.1', port: 0 })
async function show (path, headers = {}) {
  const response = await fetch(address + path, { headers })
  console.log(`GET ${path}: ${response.status} ${await response.text()}`)
}

await show('/hello')
await show('/api/users')
for (let i = 0; i < 3; i++) await show('/api/users', { authorization: 'Bearer secret' })
await show('/status', { authorization: 'Bearer secret' })

await app.close()
console.log('stopped')
backends.close()
