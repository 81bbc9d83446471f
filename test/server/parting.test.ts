import { once } from 'node:events'
import net from 'node:net'
import fastifyPlugin from 'fastify-plugin'
import t from 'tap'
import { VirtualClock } from '../../src/base/virtual-clock.js'
import { startBackend } from '../fixtures/backend.js'
import { connect, get } from '../fixtures/client.js'
import { closedPort } from '../fixtures/closed-port.js'
import { startTestProxy } from '../fixtures/proxy.js'

/** More than the buffers of both kernels hold. */
const MUCH = 20_000_000

/** Requests that are answered before they have been read, with an answer that ends the connection. */
const REFUSED: Readonly<Record<string, readonly [status: number, ...head: readonly string[]]>> = {
  'a Host field that is none': [400, 'POST /api HTTP/1.1', 'Host: a:b:c', `Content-Length: ${MUCH}`],
  'no route, and the client wants no more': [404, 'POST /nope HTTP/1.1', 'Host: a', 'Connection: close', `Content-Length: ${MUCH}`],
  'no target, and the client wants no more': [502, 'POST /down HTTP/1.1', 'Host: a', 'Connection: close', `Content-Length: ${MUCH}`],
  'a field that no parser reads': [400, 'POST /api HTTP/1.1', 'Host : a', `Content-Length: ${MUCH}`],
  CONNECT: [405, 'CONNECT a:443 HTTP/1.1', 'Host: a']
}

for (const [lane, plugins] of [['straight', []], ['by way of the app', [fastifyPlugin(async () => {})]]] as const) {
  t.test(`a client that is still sending gets to read its last answer, ${lane}`, async t => {
    const backend = await startBackend(t)
    const down = `http://127.0.0.1:${await closedPort(t)}`
    const proxy = await startTestProxy(t, [backend.url], {
      // On which the time that such a client is given does not run out while the machine stands still.
      clock: new VirtualClock(),
      config: { pools: { main: { targets: [backend.url] }, down: { targets: [down] } } },
      routes: [{ prefix: '/api', pool: 'main' }, { prefix: '/down', pool: 'down' }],
      extensions: { plugins: [...plugins] }
    })
    for (const [name, [status, ...head]] of Object.entries(REFUSED)) {
      const client = (await connect(t, proxy.port)).request(head, Buffer.alloc(MUCH))
      await client.until(() => client.ending !== 'open')
      t.match(client.received, new RegExp(`^HTTP/1\\.1 ${status} [\\s\\S]+\\}$`), name)
      t.equal(client.ending, 'end', `${name}: no reset`)
      client.leave()
    }

    const client = await connect(t, proxy.port)
    client.request(['POST /api HTTP/1.1', 'Host: a:b:c', 'Content-Length: 4'], 'ab')
    await client.until(() => client.ending === 'end')
    client.request(['cdGET /api HTTP/1.1', 'Host: a'])
    client.request(['GET /api HTTP/1.1', 'Host: a', 'Connection: Upgrade', 'Upgrade: echo'])
    client.socket.end()
    await client.end()
    t.equal(backend.requests.length, 0, 'what comes behind it is no request')

    for (const behind of [['CONNECT a:443 HTTP/1.1', 'Host: a'], ['GET /api HTTP/1.1', 'Host: a', 'Connection: Upgrade', 'Upgrade: echo']]) {
      // Not the usual client, which ends its side with the server's.
      const rude = net.connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true })
      rude.write('POST /api HTTP/1.1\r\nHost: a:b:c\r\nContent-Length: 2\r\n\r\n')
      rude.resume()
      await once(rude, 'end')
      await new Promise(resolve => { rude.write(['ab' + behind[0], ...behind.slice(1), '', ''].join('\r\n'), resolve) })
      rude.resetAndDestroy()
      // It would end the process, had the socket nobody to hear of its error.
      t.equal((await get(t, proxy.port, '/nope')).status, 404)
    }

    const before = process.memoryUsage().heapUsed
    const flood = net.connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true })
    flood.write('POST /api HTTP/1.1\r\nHost: a:b:c\r\nContent-Length: 2\r\n\r\n')
    flood.resume()
    await once(flood, 'end')
    const many = 'GET /api HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(30_000)
    await new Promise(resolve => { flood.write('ab' + many, resolve) })
    for (let i = 0; i < 9; i++) await new Promise(resolve => { flood.write(many, resolve) })
    const grown = (process.memoryUsage().heapUsed - before) / 1e6
    t.ok(grown < 100, `300,000 more of them take no memory: ${grown} MB`)
    flood.destroy()
    t.equal(backend.requests.length, 0)
    t.strictSame(proxy.log.named('request').flatMap(({ outcome, error }) => outcome === 'refused' ? [error] : []), ['HPE_INVALID_HEADER_TOKEN'], 'nor one that could not be read')
  })
}
