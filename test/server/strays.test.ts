import fastifyPlugin from 'fastify-plugin'
import t from 'tap'
import { startBackend } from '../fixtures/backend.js'
import { get } from '../fixtures/client.js'
import { startTestProxy } from '../fixtures/proxy.js'
import { rawRequest } from '../fixtures/raw-client.js'

const TOKEN = 'none-but-this-test'

/** Requests that never come to a route. */
const REFUSED: Readonly<Record<string, readonly [status: number, text: string]>> = {
  'without Host': [400, 'GET /api HTTP/1.1\r\n\r\n'],
  'with a target that is none': [400, 'GET api HTTP/1.1\r\nHost: a\r\n\r\n'],
  'with a percent sign that means nothing': [400, 'GET /api/%zz HTTP/1.1\r\nHost: a:b:c\r\n\r\n'],
  'that leads out of its route': [400, 'GET /api/../b HTTP/1.1\r\nHost: a\r\n\r\n'],
  'in a coding that nobody knows': [501, 'POST /api HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n'],
  'that no parser reads': [400, 'GET /api HTTP/1.1\r\nHost : a\r\n\r\n'],
  'with a head that is too large': [431, `GET /api HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(70_000)}\r\n\r\n`],
  TRACE: [405, 'TRACE /api HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'],
  CONNECT: [405, 'CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n']
}

for (const [lane, plugins] of [['straight', []], ['by way of the app', [fastifyPlugin(async () => {})]]] as const) {
  t.test(`requests that come to no route are counted, ${lane}`, async t => {
    const backend = await startBackend(t)
    const proxy = await startTestProxy(t, [backend.url], { route: { prefix: '/api' }, config: { admin: { port: 0, token: TOKEN } }, extensions: { plugins: [...plugins] } })
    const counted = async (): Promise<ReadonlyArray<string | undefined>> => {
      const response = await fetch(new URL('/metrics', proxy.running.adminAddress ?? ''), { headers: { authorization: `Bearer ${TOKEN}` } })
      const text = await response.text()
      return ['unrouted', 'refused'].map(kind => new RegExp(`^headrace_${kind}_requests_total (\\d+)$`, 'm').exec(text)?.[1])
    }
    t.strictSame(await counted(), ['0', '0'], 'they are there before the first')
    t.equal((await get(t, proxy.port, '/api/a')).status, 200)
    t.equal((await get(t, proxy.port, '/apix')).status, 404)
    t.equal((await get(t, proxy.port, '/')).status, 404)
    t.strictSame(await counted(), ['2', '0'])
    let refused = 0
    for (const [name, [status, text]] of Object.entries(REFUSED)) {
      t.match(await rawRequest(proxy.port, text), new RegExp(`^HTTP/1\\.1 ${status} `), name)
      t.strictSame(await counted(), ['2', String(++refused)], `${name}: counted, once`)
    }
    t.strictSame(proxy.log.named('request').flatMap(({ outcome, status }) => outcome === 'refused' ? [status] : []), [400, 400, 431], 'what the parser refuses is one line, in however many pieces it comes')
  })
}
