import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { createServer as createRawServer, type Socket } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { HttpProbe, type HttpProbeOptions } from '../../src/health/probe-http.js'
import { createProbe } from '../../src/health/probes.js'
import { TargetDraining } from '../../src/health/target-draining.js'
import { parseAddress } from '../../src/upstream/address.js'
import type { TlsOptions } from '../../src/upstream/tls-options.js'
import { closedPort } from '../fixtures/closed-port.js'
import { directory } from '../fixtures/directory.js'
import { listening, type Listening } from './listening.js'

const never = new AbortController().signal
const pem = (name: string): string => readFileSync(new URL(`../fixtures/tls/${name}.pem`, import.meta.url), 'utf8')

function probe (options: Partial<HttpProbeOptions> = {}, tls: TlsOptions = {}): HttpProbe {
  return new HttpProbe({ path: '/health', method: 'GET', headers: [], status: [{ from: 200, to: 299 }], bodyContains: null, host: null, port: null, ...options }, tls)
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void
type Test = Parameters<typeof listening>[0]
const serve = (t: Test, handler: Handler, path?: string): Promise<Listening> => listening(t, createServer(handler), path === undefined ? {} : { path })
/** Answers `bytes` as soon as anything arrives. */
const serveRaw = (t: Test, bytes: string, then: (socket: Socket) => void = () => {}): Promise<Listening> =>
  listening(t, createRawServer(socket => { socket.once('data', () => { socket.write(bytes, 'latin1', () => { then(socket) }) }) }))

t.test('asks as it is told, on a connection of its own that is gone afterwards', async t => {
  const heard: Array<{ readonly method: string | undefined, readonly url: string | undefined, readonly headers: string[] }> = []
  const server = await serve(t, ({ method, url, rawHeaders }, response) => { heard.push({ method, url, headers: rawHeaders }); response.end('ok') })
  const asking = probe({ method: 'POST', path: '/a/./b?c=%zz', headers: ['X-A', '1', 'X-B', '2', 'x-a', '3'] })
  for (let i = 0; i < 3; i++) {
    await asking.check(server.address, never)
    await server.quiet()
  }
  t.equal(server.connections, 3)
  t.strictSame(heard[0], {
    method: 'POST',
    url: '/a/./b?c=%zz',
    headers: [
      'X-A', '1', 'X-A', '3', 'X-B', '2', 'Host', server.address.authority, 'User-Agent', 'headrace-health-check',
      'Connection', 'close', 'Content-Length', '0'
    ]
  })
})

t.test('Host: a literal one, one among the headers, or what names the probed address', async t => {
  const hosts: string[][] = []
  const server = await serve(t, ({ rawHeaders }, response) => {
    hosts.push(rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === 'host'))
    response.end()
  })
  const elsewhere = parseAddress(`http://127.0.0.1:${await closedPort(t)}`)
  await probe({ host: 'shop.example' }).check(server.address, never)
  await probe({ host: 'shop.example', headers: ['host', 'other.example'] }).check(server.address, never)
  await probe({ headers: ['host', 'other.example', 'user-agent', 'me'] }).check(server.address, never)
  await probe().check(server.address, never)
  await probe({ port: server.port }).check(elsewhere, never)
  t.strictSame(hosts, [['shop.example'], ['shop.example'], ['other.example'], [server.address.authority], [`127.0.0.1:${server.port}`]])
})

t.test('an IPv6 address with another port is named in brackets', async t => {
  const hosts: Array<string | undefined> = []
  const server = createServer((request, response) => { hosts.push(request.headers.host); response.end() })
  server.listen(0, '::1')
  const outcome = await Promise.race([once(server, 'listening').then(() => 'listening'), once(server, 'error').then(() => 'none')])
  // A machine without IPv6 has nothing to show here.
  if (outcome === 'none') return
  t.teardown(() => { server.close() })
  const bound = server.address()
  if (bound === null || typeof bound === 'string') throw new Error('it listens on TCP')
  await probe({ port: bound.port }).check(parseAddress('http://[::1]:9'), never)
  t.strictSame(hosts, [`[::1]:${bound.port}`])
})

t.test('the status decides; a redirect is not followed', async t => {
  const seen: Array<string | undefined> = []
  const server = await serve(t, ({ url }, response) => {
    seen.push(url)
    response.writeHead(Number(url?.slice(1)), { location: '/200' })
    response.end()
  })
  const ranges = [{ from: 200, to: 204 }, { from: 401, to: 401 }]
  for (const status of [200, 204, 401]) await probe({ path: `/${status}`, status: ranges }).check(server.address, never)
  for (const status of [205, 301, 302, 304, 400, 402, 500, 503]) {
    await t.rejects(probe({ path: `/${status}`, status: ranges }).check(server.address, never), { message: `status ${status}` })
  }
  await probe({ path: '/302', status: [{ from: 300, to: 399 }] }).check(server.address, never)
  t.strictSame(seen, ['/200', '/204', '/401', '/205', '/301', '/302', '/304', '/400', '/402', '/500', '/503', '/302'])
  await server.quiet()
})

t.test('an answer that says draining is told apart, whatever its status and its body', async t => {
  const server = await serve(t, ({ url }, response) => {
    const [, status, ...value] = url?.split('/') ?? []
    response.writeHead(Number(status), { 'Headrace-Backend': value })
    response.end('{"status":"draining"}')
  })
  const status = [{ from: 200, to: 200 }]
  for (const path of ['/503/draining', '/200/draining', '/404/Draining']) {
    await t.rejects(probe({ path, status, bodyContains: 'ok' }).check(server.address, never), new TargetDraining(), path)
  }
  await t.rejects(probe({ path: '/503/serving', status }).check(server.address, never), { name: 'Error', message: 'status 503' })
  await probe({ path: '/200/serving', status }).check(server.address, never)
  await probe({ path: '/200', status }).check(server.address, never)
  await server.quiet()
})

t.test('an upgrade that says draining is no pass either', async t => {
  const server = await serveRaw(t, 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\nHeadrace-Backend: draining\r\n\r\n')
  await t.rejects(probe({ status: [{ from: 101, to: 101 }] }).check(server.address, never), new TargetDraining())
  await server.quiet()
})

t.test('interim answers are passed over; HEAD has no body to wait for', async t => {
  const server = await serve(t, (request, response) => {
    response.writeProcessing()
    response.writeEarlyHints({ link: '</a>' })
    response.writeHead(200, { 'content-length': '1000' })
    if (request.method === 'HEAD') response.end()
    else response.end(Buffer.alloc(1000))
  })
  await t.resolves(probe().check(server.address, never))
  await t.resolves(probe({ method: 'HEAD' }).check(server.address, never))
  await server.quiet()
})

t.test('the body must hold the text, in whatever pieces it comes', async t => {
  const server = await serve(t, (_, response) => {
    response.write('status: größ')
    response.write(Buffer.from('ö').subarray(0, 1))
    response.end(Buffer.concat([Buffer.from('ö').subarray(1), Buffer.from('er')]))
  })
  await probe({ bodyContains: 'größöer' }).check(server.address, never)
  await t.rejects(probe({ bodyContains: 'green' }).check(server.address, never), { message: 'body does not contain "green"' })
  await server.quiet()
})

t.test('no more than 64 kB of a body is read', async t => {
  let written = 0
  const server = await serve(t, (request, response) => {
    const filler = Buffer.alloc(1024, 'x')
    if (request.url === '/edge') {
      response.write(Buffer.alloc(64 * 1024 - 2, 'x'))
      response.write('ok')
    } else if (request.url === '/beyond') response.write(`${'x'.repeat(64 * 1024 - 1)}ok`)
    const more = (): void => {
      while (!response.destroyed) {
        written += filler.length
        if (!response.write(filler)) { response.once('drain', more); return }
      }
    }
    more()
  })
  await probe({ path: '/edge', bodyContains: 'ok' }).check(server.address, never)
  await t.rejects(probe({ path: '/beyond', bodyContains: 'ok' }).check(server.address, never), /does not contain/)
  await probe().check(server.address, never)
  await server.quiet()
  t.ok(written < 64 * 1024 * 1024, `an endless body was left alone after ${written} bytes`)
})

t.test('a body that does not end is waited for as long as the signal allows', async t => {
  const controller = new AbortController()
  const bytes = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n'
  const server = await serveRaw(t, bytes, () => { setImmediate(() => { controller.abort(new Error('too slow')) }) })
  const checked = probe({ bodyContains: 'ok' }).check(server.address, controller.signal)
  await t.rejects(checked, /too slow/)
  await server.quiet()
})

t.test('a target that hangs before, within or after its head is given up with the signal', async t => {
  for (const bytes of ['', 'HTTP/1.1 200 OK\r\nContent-', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc']) {
    const controller = new AbortController()
    const server = await serveRaw(t, bytes, () => { controller.abort(new Error('enough')) })
    await t.rejects(probe().check(server.address, controller.signal), /enough/)
    await server.quiet()
  }
  const server = await serve(t, () => {})
  await t.rejects(probe().check(server.address, AbortSignal.abort(new Error('before'))), /before/)
  t.equal(server.connections, 0)
})

t.test('what is no proper answer has failed', async t => {
  const big = `HTTP/1.1 200 OK\r\n${'X-Filler: y\r\n'.repeat(3000)}\r\n`
  for (const [bytes, reason] of [
    ['', /hang up|ECONNRESET|closed/],
    ['SSH-2.0-OpenSSH_9.6\r\n', /Parse Error/],
    ['HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort', /cut short/],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc', /cut short/],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', /Parse Error|cut short/],
    ['HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\n', /Parse Error/],
    ['HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n', /status 101/],
    [big, /overflow/i]
  ] as const) {
    const server = await serveRaw(t, bytes, socket => { socket.end() })
    await t.rejects(probe().check(server.address, never), { message: reason }, JSON.stringify(bytes.slice(0, 60)))
    await server.quiet()
  }
})

t.test('a body that ends with the connection is whole', async t => {
  const server = await serveRaw(t, 'HTTP/1.0 200 OK\r\n\r\nall is well', socket => { socket.end() })
  await t.resolves(probe({ bodyContains: 'well' }).check(server.address, never))
  await server.quiet()
})

t.test('refused, reset, not there', async t => {
  await t.rejects(probe().check(parseAddress(`http://127.0.0.1:${await closedPort(t)}`), never), /ECONNREFUSED/)
  const resetting = await listening(t, createRawServer(socket => { socket.once('data', () => { socket.resetAndDestroy() }) }))
  await t.rejects(probe().check(resetting.address, never), /ECONNRESET|hang up/)
  await t.rejects(probe().check(parseAddress(`unix:${join(await directory(t), 'none')}`), never), /ENOENT/)
})

t.test('a request that cannot be sent fails like any other, and nothing is opened', async t => {
  const server = await serve(t, (_, response) => { response.end() })
  for (const options of [{ path: '/a b' }, { method: 'NO PE' }, { headers: ['a b', 'c'] }, { headers: ['a', 'b\r\nc'] }]) {
    await t.rejects(probe(options).check(server.address, never), TypeError)
  }
  t.equal(server.connections, 0)
})

t.test('Unix sockets', async t => {
  const hosts: Array<string | undefined> = []
  const server = await serve(t, (request, response) => { hosts.push(request.headers.host); response.end('ok') }, join(await directory(t), 's'))
  await probe({ port: 9, bodyContains: 'ok' }).check(server.address, never)
  t.strictSame(hosts, ['localhost'])
  await server.quiet()
})

t.test('https: the certificate is verified, by its name, unless the pool says otherwise', async t => {
  const names: unknown[] = []
  const tls = createTlsServer({ key: pem('server-key'), cert: pem('server'), ca: pem('ca'), requestCert: true, rejectUnauthorized: false }, (request, response) => {
    response.end(String('authorized' in request.socket && request.socket.authorized))
  })
  tls.on('secureConnection', socket => { names.push(socket.servername) })
  const server = await listening(t, tls, { protocol: 'https:' })
  const localhost = parseAddress(`https://localhost:${server.port}`)
  const ca = pem('ca')

  await probe({}, { ca }).check(server.address, never)
  await probe({ host: 'shop.example' }, { ca }).check(localhost, never)
  await probe({}, { ca, serverName: 'localhost' }).check(server.address, never)
  t.strictSame(names, [false, 'localhost', 'localhost'], 'the name is never taken from the Host field')

  await t.rejects(probe().check(server.address, never), /certificate|issuer/i)
  await t.rejects(probe({}, { ca, serverName: 'other.example' }).check(server.address, never), /altnames/)
  await probe({}, { verify: false, serverName: 'other.example' }).check(server.address, never)

  await probe({ bodyContains: 'true' }, { ca, certificate: pem('client'), key: pem('client-key') }).check(server.address, never)
  await t.rejects(probe({ bodyContains: 'true' }, { ca }).check(server.address, never), /does not contain/)
  await server.quiet()
})

t.test('https to a plain target, and to one that never answers the greeting', async t => {
  const plain = await serve(t, (_, response) => { response.end() })
  await t.rejects(probe().check(parseAddress(`https://127.0.0.1:${plain.port}`), never))
  const controller = new AbortController()
  const mute = await listening(t, createRawServer(socket => { socket.once('data', () => { controller.abort(new Error('enough')) }) }))
  await t.rejects(probe().check(parseAddress(`https://127.0.0.1:${mute.port}`), controller.signal), /enough/)
  await mute.quiet()
})

t.test('a health check names its probe', async t => {
  const schedule = { interval: 1, intervalDown: 1, jitter: 0, timeout: 1, rise: 1, fall: 1 }
  t.type(createProbe({ type: 'http', path: '/', method: 'GET', headers: [], status: [], bodyContains: null, host: null, port: null, ...schedule }, {}), HttpProbe)
})
