// The balanced transport alone: a client-side load balancer for fetch and undici, and for stock @fastify/reply-from.
import replyFrom from '@fastify/reply-from'
import Fastify from 'fastify'
import { balancedDispatcher } from 'headrace'
import { request } from 'undici'
import { startSampleBackends } from './sample-backends.mjs'

const backends = await startSampleBackends()
const dispatcher = balancedDispatcher({ strategy: 'round-robin', targets: backends.targets })

// The host of the URL does not matter: the pool says where requests go.
for (let i = 0; i < 3; i++) {
  const response = await fetch('http://users.invalid/by-fetch', { dispatcher })
  console.log(`fetch: ${await response.text()}`)
}

const { body } = await request('http://users.invalid/by-undici', { dispatcher, method: 'PUT', body: 'data' })
console.log(`undici: ${await body.text()}`)

const app = Fastify()
await app.register(replyFrom, { base: 'http://users.invalid', undici: dispatcher })
app.get('/*', (_request, reply) => { reply.from() })
const address = await app.listen({ host: '127.0.0.1', port: 0 })
console.log(`reply-from: ${await (await fetch(`${address}/by-reply-from`)).text()}`)
await app.close()

// A failure has undici's code, and says the cause in Headrace's words.
backends.close()
await fetch('http://users.invalid/', { dispatcher }).catch(error => {
  console.log(`all targets gone: ${error.cause.code}, ${error.cause.cause.code}`)
})

await dispatcher.close()
console.log('stopped')
