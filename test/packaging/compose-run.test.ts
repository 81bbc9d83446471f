import { once } from 'node:events'
import { createServer } from 'node:http'
import { setTimeout } from 'node:timers/promises'
import t from 'tap'
import { startProgram } from '../fixtures/program.js'
import { startExampleApi } from './example-api.js'
import { object, text } from './repository.js'

const SECRET = 'only the two know'

interface Teardown { teardown (fn: () => Promise<void> | void): void }

/** In the place of the container with static files. */
async function startWeb (t: Teardown): Promise<string> {
  const server = createServer((_request, response) => { response.end(text('examples/compose/web/index.html')) }).listen(0, '127.0.0.1')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  await once(server, 'listening')
  // A TCP server's address is an object.
  const { port } = server.address() as { port: number }
  return `http://127.0.0.1:${port}`
}

t.test('the example of Compose, without containers: front-end, API, secret, and a copy that leaves', async t => {
  const apis = await Promise.all(['one', 'two', 'three'].map(name => startExampleApi(t, name, { PROXY_SECRET: SECRET })))
  const urls = new Map([['http://web:8080', await startWeb(t)], ...apis.map(({ url }, index): [string, string] => [`http://api-${index + 1}:3000`, url])])

  // The very config of the example, but for addresses and patience with a busy machine; the admin listener is the affair of its own tests.
  const example = text('examples/compose/proxy/config.json').replace('"interval": "2s"', '"interval": "2s", "timeout": "1m"')
  const { admin, ...config } = object(example.replace(/http:\/\/[\w-]+:\d+/g, url => urls.get(url) ?? url))
  t.ok(admin)
  const proxy = await startProgram(t, { ...config, listen: { host: '127.0.0.1', port: 0 } }, { PROXY_SECRET: SECRET })
  const base = proxy.addresses[0] ?? ''
  const ask = async (headers: Record<string, string> = {}): Promise<string> => {
    const response = await fetch(`${base}/api/hello`, { headers })
    if (response.status !== 200) throw new Error(`status ${response.status}: ${await response.text()}`)
    // The API answers so.
    const { from } = await response.json() as { from: string }
    return from
  }

  const page = await fetch(`${base}/`)
  t.match(await page.text(), /fetch\('\/api\/hello'\)/, 'the front-end is at /')

  // Whoever is idle is asked in turn.
  const first = [await ask(), await ask({ 'x-proxy-secret': 'a guess' }), await ask()]
  t.strictSame(first.sort(), ['one', 'three', 'two'], 'all three answer, whatever the client says of the secret')

  const direct = await fetch(`${apis[0]?.url}/hello`)
  t.equal(direct.status, 403, 'past the proxy there is no answer')

  const leaving = { over: false }
  const stopped = apis[0]?.stop().finally(() => { leaving.over = true })
  while (!leaving.over) {
    await ask()
    await setTimeout(20)
  }
  t.equal(await stopped, 0, 'a copy leaves in order while requests go on')
  t.notOk([await ask(), await ask(), await ask(), await ask()].includes('one'))

  t.strictSame(await proxy.stop(), { code: 0, signal: null })
})
