import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import t from 'tap'
import { behaviours, startBackend } from '../fixtures/backend.js'
import { connect, get } from '../fixtures/client.js'
import { startProgram } from '../fixtures/program.js'
import { eventually, startTestProxy } from '../fixtures/proxy.js'
import { othersAreServed } from './other-clients.js'
import { startRecordingBackend } from './recording-backend.js'
import type { RequestCase } from './request-cases.js'
import { sendAmbiguous } from './send-ambiguous.js'

const MB = 1024 ** 2

t.test('pipelined requests behind one that is not answered yet are not gathered without bound', async t => {
  const backend = await startBackend(t, {
    onRequest: reply => { if (reply.request.url !== '/hang') behaviours.ok().onRequest?.(reply) }
  })
  const program = await startProgram(t, { log: { level: 'warn' }, pools: { api: { targets: [backend.url], healthCheck: false } } })
  await othersAreServed(t, program.port, 400)
  const before = program.rss
  const client = await connect(t, program.port)
  const requests = 200_000
  client.get('/hang')
  client.send(Buffer.from('GET /flood HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(requests)))
  await othersAreServed(t, program.port, 1000)
  const grown = Math.round((program.rss - before) / MB)
  t.ok(grown < 64, `${grown} MB for ${Math.round(client.socket.bytesWritten / MB)} MB of requests`)
  client.leave()
})

/** A server as most targets are: Node keeps 1,000 fields of a request and drops the others without a word. */
async function nodeServer (t: Test): Promise<{ url: string, heads: IncomingHttpHeaders[] }> {
  const heads: IncomingHttpHeaders[] = []
  const server = createServer((request, response) => {
    heads.push(request.headers)
    response.end('ok')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  // A TCP server that listens has an AddressInfo.
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, heads }
}

t.test('no number of fields crowds out those that the proxy and the route set: 431 before it comes to that', async t => {
  const { url, heads } = await nodeServer(t)
  const proxy = await startTestProxy(t, [url], { route: { headers: { request: { set: { 'x-edge': 'headrace' } } } } })
  for (const count of [100, 500, 900, 990, 995, 1000, 2000, 5000]) {
    const { status } = await get(t, proxy.port, '/', ...Array.from({ length: count }, () => 'X: y'))
    t.ok(status === 200 || status === 431, `${count} fields: ${status}`)
  }
  for (const head of heads) t.match(head, { 'x-forwarded-for': '127.0.0.1', 'x-edge': 'headrace' })
})

t.test('a client that takes nothing of its response is let go of after idleBody, and so is the target', async t => {
  const backend = await startBackend(t, behaviours.download(64 * MB))
  const proxy = await startTestProxy(t, [backend.url], { route: { timeouts: { idleBody: '200ms' } } })
  const client = (await connect(t, proxy.port)).get('/')
  client.countOnly().socket.once('data', () => { client.socket.pause() })
  await client.until(() => client.bytes > 0)
  await t.resolves(eventually(() => backend.connections.open === 0, () => 'the target is let go of', 30_000))
  client.leave()
})

const HIDDEN = 'GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n'

const behindTheLast: readonly RequestCase[] = [
  { name: 'Connection: close and a request behind it', bytes: `GET /first HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n${HIDDEN}`, passed: [{ target: '/first' }] },
  { name: 'Connection: close with a body and a request behind it', bytes: `POST /first HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello${HIDDEN}`, passed: [{ target: '/first', body: 'hello' }] },
  { name: 'HTTP/1.0 with a request behind it', bytes: `GET /first HTTP/1.0\r\nHost: a\r\n\r\n${HIDDEN}`, passed: [{ target: '/first' }] }
]

t.test('bytes behind the last request of a connection do not cost that request its answer (RFC 9112, section 9.6)', async t => {
  const backend = await startRecordingBackend(t)
  const proxy = await startTestProxy(t, [backend.url])
  for (const item of behindTheLast) await sendAmbiguous(t, { port: proxy.port, backend }, item)
})

t.test('a Connection field in the trailers of a request does not get the next one refused (RFC 9110, section 6.5.1)', async t => {
  const backend = await startBackend(t)
  const proxy = await startTestProxy(t, [backend.url])
  const client = await connect(t, proxy.port)
  client.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nConnection: close\r\n\r\n')
  const response = await client.response()
  t.equal(response.status, 200)
  if (response.header('connection') !== 'close') {
    client.get('/next')
    await client.until(() => client.closed || client.received.includes('\r\n\r\n'))
    t.notMatch(client.received, 'HTTP/1.1 400', 'it is answered, or the connection closes without a word and the client may ask again')
  }
  client.leave()
})

t.test('a body that lasts until the connection closes is not whole when a reset comes together with its last bytes', async t => {
  const backend = await startBackend(t, {
    onRequest: ({ socket }) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\npartial')
      socket.resetAndDestroy()
    }
  })
  const proxy = await startTestProxy(t, [backend.url], { route: { retry: false } })
  for (let i = 0; i < 50; i++) {
    const client = (await connect(t, proxy.port)).get('/', 'Connection: close')
    await client.end()
  }
  t.equal(proxy.outcomes.filter(({ kind }) => kind === 'response').length, 0, 'no response counts as complete')
})
