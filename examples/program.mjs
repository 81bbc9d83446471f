// Headrace as a proxy of its own, started from code with what would be in the config file.
import { startProxy } from 'headrace'
import { startSampleBackends } from './sample-backends.mjs'

const backends = await startSampleBackends()

const proxy = await startProxy({
  listen: { host: '127.0.0.1', port: 0 },
  pools: {
    web: { strategy: 'least-connections', targets: backends.targets, healthCheck: { path: '/health', interval: '1s' } },
    // The first target gets three requests of four.
    api: { targets: [{ url: backends.targets[0], weight: 3 }, backends.targets[1]] }
  },
  routes: [
    { prefix: '/', pool: 'web' },
    { prefix: '/api', pool: 'api', stripPrefix: true, headers: { response: { set: { 'X-Served-By': 'headrace' } } } }
  ]
})
const [address] = proxy.addresses
console.log(`listening on ${address}`)

for (const path of ['/', '/shop', '/api/users', '/api/users', '/api/users', '/api/users']) {
  const response = await fetch(address + path)
  console.log(`GET ${path}: ${response.status} ${await response.text()}`)
}

// Lets what is under way end, then stops; gives the number of connections that had to be cut.
console.log(`stopped, ${await proxy.close()} connections cut`)
backends.close()
