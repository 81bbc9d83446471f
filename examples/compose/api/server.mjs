// One copy of the API. It tells the proxy how it is, leaves without losing a request, and answers nobody but the proxy.
import { createHash, timingSafeEqual } from 'node:crypto'
import { hostname } from 'node:os'
import Fastify from 'fastify'
import headraceBackend from 'headrace/backend'

const { HOST = '0.0.0.0', PORT = '3000', HOSTNAME = hostname(), PROXY_SECRET = '' } = process.env
if (PROXY_SECRET === '') throw new Error('PROXY_SECRET is not set')

const digest = text => createHash('sha256').update(text).digest()
const expected = digest(PROXY_SECRET)

const app = Fastify({ logger: true, disableRequestLogging: true })

// On the app itself: the hook below must not guard the health route.
await app.register(headraceBackend, { path: '/health', notice: '10s', timeout: '20s' })

await app.register(async scope => {
  scope.addHook('onRequest', async (request, reply) => {
    const secret = String(request.headers['x-proxy-secret'] ?? '')
    if (!timingSafeEqual(digest(secret), expected)) return reply.code(403).send({ error: 'only through the proxy' })
  })
  scope.get('/hello', async request => ({ from: HOSTNAME, client: request.headers['x-forwarded-for'] }))
})

await app.listen({ host: HOST, port: Number(PORT) })
