import fastifyPlugin from 'fastify-plugin'
import t from 'tap'
import { startBackend } from '../fixtures/backend.js'
import { get } from '../fixtures/client.js'
import { startTestProxy } from '../fixtures/proxy.js'

const TOKEN = 'none-but-this-test'

for (const [lane, plugins] of [['straight', []], ['by way of the app', [fastifyPlugin(async () => {})]]] as const) {
  t.test(`requests that no route is for are counted, ${lane}`, async t => {
    const backend = await startBackend(t)
    const proxy = await startTestProxy(t, [backend.url], { route: { prefix: '/api' }, config: { admin: { port: 0, token: TOKEN } }, extensions: { plugins: [...plugins] } })
    const unrouted = async (): Promise<string | undefined> => {
      const response = await fetch(new URL('/metrics', proxy.running.adminAddress ?? ''), { headers: { authorization: `Bearer ${TOKEN}` } })
      return /^headrace_unrouted_requests_total (\d+)$/m.exec(await response.text())?.[1]
    }
    t.equal(await unrouted(), '0', 'it is there before the first')
    t.equal((await get(t, proxy.port, '/api/a')).status, 200)
    t.equal((await get(t, proxy.port, '/apix')).status, 404)
    t.equal((await get(t, proxy.port, '/')).status, 404)
    t.equal(await unrouted(), '2')
  })
}
