import { join } from 'node:path'
import fastifyPlugin from 'fastify-plugin'
import { Type } from '../../src/base/type.js'
import t from 'tap'
import { startProxy, type StrategyKind } from '../../src/index.js'
import { behaviours, startBackend } from '../fixtures/backend.js'
import { connect, exchange, get } from '../fixtures/client.js'
import { eventually, startTestProxy } from '../fixtures/proxy.js'
import { directory } from '../fixtures/directory.js'

t.test('a plugin of the user\'s: hooks on proxied requests, routes of its own, its own parsing', async t => {
  const backend = await startBackend(t, behaviours.ok({ body: 'proxied', headers: ['X-Both', 'target'] }))
  const plugin = fastifyPlugin(async app => {
    app.addHook('onRequest', async (request, reply) => {
      if (request.url.startsWith('/secret')) await reply.code(403).send({ no: true })
      else reply.header('x-hook', 'yes').header('x-both', 'hook').header('set-cookie', 'hook=1')
    })
    app.get('/status', async () => ({ up: true }))
    app.post('/status', async request => request.body)
  })
  const proxy = await startTestProxy(t, [backend.url], { extensions: { plugins: [plugin] } })
  t.same(JSON.parse((await get(t, proxy.port, '/status')).body), { up: true })
  t.same(JSON.parse((await exchange(t, proxy.port, ['POST /status HTTP/1.1', 'Host: a', 'Content-Type: application/json', 'Content-Length: 7'], '{"a":1}')).body), { a: 1 })
  t.match(await get(t, proxy.port, '/secret/x'), { status: 403, body: '{"no":true}' })
  t.equal(backend.requests.length, 0)
  const { body, header } = await get(t, proxy.port, '/other')
  t.equal(body, 'proxied')
  t.equal(header('x-hook'), 'yes')
  t.equal(header('x-both'), 'hook', 'what the app says replaces what the target says')
  t.equal(header('set-cookie'), 'hook=1')
  t.match((await proxy.log.wait('request', 4)).map(({ status, outcome }) => [status, outcome]), [[200, 'answered'], [200, 'answered'], [403, 'answered'], [200, 'response']])
})

t.test('a hook that fails is answered by the app', async t => {
  const backend = await startBackend(t)
  const plugin = fastifyPlugin(async app => {
    app.addHook('preHandler', async () => { throw new Error('mine') })
  })
  const proxy = await startTestProxy(t, [backend.url], { extensions: { plugins: [plugin] } })
  t.equal((await get(t, proxy.port, '/throws')).status, 500)
  t.equal(backend.requests.length, 0)
})

for (const [what, ...lines] of [['request'], ['upgrade', 'Connection: Upgrade', 'Upgrade: echo']] as const) {
  t.test(`a client that leaves while a hook thinks leaves no ${what} behind`, async t => {
    const backend = await startBackend(t, 'hang')
    let thinking = (): void => {}
    let release = (): void => {}
    let gone = (): void => {}
    const thinks = new Promise<void>(resolve => { thinking = resolve })
    const left = new Promise<void>(resolve => { gone = resolve })
    const plugin = fastifyPlugin(async app => {
      app.addHook('preHandler', async request => {
        if (request.raw.method === 'TRACE') return
        request.raw.socket.once('close', gone)
        thinking()
        await new Promise<void>(resolve => { release = resolve })
      })
    })
    const proxy = await startTestProxy(t, [backend.url], { extensions: { plugins: [plugin] } })
    const client = (await connect(t, proxy.port)).get('/waits', ...lines)
    await thinks
    client.leave()
    await left
    release()
    t.equal((await exchange(t, proxy.port, ['TRACE / HTTP/1.1', 'Host: a'])).status, 405)
    await proxy.untilInflight(0)
    t.equal(backend.requests.length, 0)
  })
}

t.test('an onSend hook that changes the body of a proxied response', async t => {
  const backend = await startBackend(t, behaviours.ok({ body: 'from the target' }))
  const plugin = fastifyPlugin(async app => {
    app.addHook('onSend', async (_request, reply) => {
      reply.removeHeader('content-length')
      return 'changed'
    })
  })
  const proxy = await startTestProxy(t, [backend.url], { extensions: { plugins: [plugin] } })
  t.equal((await get(t, proxy.port)).body, 'changed')
  const head = (await connect(t, proxy.port)).request(['HEAD / HTTP/1.1', 'Host: a'])
  t.equal((await head.response('HEAD')).status, 200)
})

/** What makes responses go through Fastify instead of straight to the client. */
const looksOn = fastifyPlugin(async app => {
  app.addHook('onSend', async (_request, reply, payload) => {
    reply.header('x-seen', 'yes')
    return payload
  })
})

t.test('behind an onSend hook a broken response is a broken response still', async t => {
  for (const bytes of ['HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npartial', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\npartial\r\n']) {
    for (const version of ['1.1', '1.0']) {
      const backend = await startBackend(t, { onRequest: reply => { reply.write(bytes) } })
      const proxy = await startTestProxy(t, [backend.url], { extensions: { plugins: [looksOn] } })
      const client = (await connect(t, proxy.port)).request([`GET / HTTP/${version}`, 'Host: a'])
      await client.until(() => client.received.includes('partial'))
      t.match(client.received, 'x-seen: yes')
      backend.kill()
      t.notMatch(await client.end(), /\r\n0\r\n/)
      t.equal(client.ending, 'reset', version)
      t.match(await proxy.log.request(), { outcome: 'aborted', error: 'http_response_incomplete' })
    }
  }
})

t.test('behind an onSend hook the client is heeded: when it leaves, and when it does not read', async t => {
  let sent = 0
  const size = 64 * 1024 ** 2
  const backend = await startBackend(t, behaviours.download(size, bytes => { sent += bytes }))
  const proxy = await startTestProxy(t, [backend.url], { extensions: { plugins: [looksOn] } })
  const client = (await connect(t, proxy.port)).countOnly()
  client.socket.pause()
  client.get('/')
  let before = -1
  let since = performance.now()
  await eventually(() => {
    if (sent !== before) since = performance.now()
    before = sent
    return sent > 0 && performance.now() - since > 300
  })
  t.ok(sent < size / 2, `${sent} bytes were sent`)
  client.socket.resume()
  await client.until(() => client.bytes > size)
  client.leave()
  await proxy.untilInflight(0)
  const leaver = (await connect(t, proxy.port)).get('/')
  await leaver.until(() => leaver.bytes > 0)
  leaver.leave(true)
  await backend.until(() => backend.connections.open === 0)
  await proxy.untilInflight(0)
  t.match(await proxy.log.request(2), { outcome: 'cancelled' })
})

t.test('behind an onSend hook: HEAD, 204, 304, upgrades, failures, an empty body', async t => {
  const backend = await startBackend(t, behaviours.ok({ headers: ['Content-Length', '1234'] }))
  const proxy = await startTestProxy(t, [backend.url], { extensions: { plugins: [looksOn] }, route: { retry: false } })
  const client = (await connect(t, proxy.port)).request(['HEAD / HTTP/1.1', 'Host: a'])
  t.equal((await client.response('HEAD')).header('content-length'), '1234')
  backend.behave(behaviours.notModified())
  t.equal((await client.get('/').response()).status, 304)
  backend.behave(behaviours.ok({ status: 204, reason: 'No Content' }))
  t.equal((await client.get('/').response()).status, 204)
  backend.behave(behaviours.ok({ body: '' }))
  t.match(await client.get('/').response(), { status: 200, body: '' })
  backend.behave('closeBeforeHead')
  t.match(await client.get('/').response(), { status: 502 })
  backend.behave(behaviours.ok({ body: 'still', headers: ['X-Twice', '1', 'X-Twice', '2', 'Set-Cookie', 'a', 'Set-Cookie', 'b'] }))
  const { body, rawHeaders } = await client.get('/').response()
  t.equal(body, 'still')
  t.equal(rawHeaders.filter(name => name.toLowerCase() === 'set-cookie').length, 2)
  t.equal(client.received, '')
  backend.behave(behaviours.upgrade())
  t.equal((await get(t, proxy.port, '/', 'Connection: Upgrade', 'Upgrade: echo')).status, 101)
})

t.test('a strategy of the user\'s, with options of its own', async t => {
  const first = await startBackend(t, behaviours.ok({ body: 'first' }))
  const second = await startBackend(t, behaviours.ok({ body: 'second' }))
  const always: StrategyKind<{ index: number }> = {
    name: 'always',
    schema: Type.Object({ index: Type.Integer() }),
    create: ({ index }) => ({ prepare: targets => ({ pick: () => targets[index % targets.length] ?? targets[0] }) })
  }
  const extensions = { strategies: [always as StrategyKind] }
  const proxy = await startTestProxy(t, [first.url, second.url], { pool: { strategy: { name: 'always', index: 1 } }, extensions })
  for (let i = 0; i < 3; i++) t.equal((await get(t, proxy.port)).body, 'second')
  await t.rejects(startProxy({ pools: { main: { targets: [first.url], strategy: { name: 'always', index: 'x' } } } }, { extensions }), { name: 'ConfigError' })
})

t.test('a plugin that fails to load stops the start, and nothing listens', async t => {
  const backend = await startBackend(t)
  const plugin = fastifyPlugin(async () => { throw new Error('broken plugin') })
  await t.rejects(startProxy({ listen: { host: '127.0.0.1', port: 0 }, pools: { main: { targets: [backend.url] } } }, { extensions: { plugins: [plugin] } }), { message: 'broken plugin' })
})

t.test('close tells how many were cut; a second close is the same close; cut ends it at once', async t => {
  const backend = await startBackend(t, 'hang')
  const proxy = await startTestProxy(t, [backend.url])
  const clients = [await connect(t, proxy.port), await connect(t, proxy.port), await connect(t, proxy.port)]
  for (const client of clients.slice(1)) client.get('/')
  await backend.until(() => backend.requests.length === 2)
  const closed = proxy.running.close(3_600_000)
  t.equal(proxy.running.close(), closed)
  await clients[0]?.end()
  t.equal(clients[1]?.closed, false)
  proxy.running.cut()
  await closed
  for (const client of clients) await client.end()
  await backend.until(() => backend.connections.open === 0)
})

t.test('close with no time left cuts what is under way', async t => {
  const backend = await startBackend(t, 'hang')
  const proxy = await startTestProxy(t, [backend.url])
  const client = (await connect(t, proxy.port)).get('/')
  await backend.until(() => backend.requests.length === 1)
  t.equal(await proxy.running.close(0), 1)
  await client.end()
})

t.test('while it drains a kept connection gets one more answer, and is told to close', async t => {
  let release = (): void => {}
  const backend = await startBackend(t, behaviours.slow(new Promise(resolve => { release = resolve })))
  const proxy = await startTestProxy(t, [backend.url])
  const client = (await connect(t, proxy.port)).get('/1')
  await backend.until(() => backend.requests.length === 1)
  const closed = proxy.running.close()
  client.get('/2')
  release()
  t.equal((await client.response()).header('connection'), 'close')
  await client.end()
  t.equal(await closed, 0)
})

t.test('the idle time of client connections is the config\'s', async t => {
  const backend = await startBackend(t)
  const kept = await startTestProxy(t, [backend.url], { config: { timeouts: { clientKeepAlive: '100ms' } } })
  const client = (await connect(t, kept.port)).get('/')
  t.equal((await client.response()).status, 200)
  await client.end()
  const none = await startTestProxy(t, [backend.url], { config: { timeouts: { clientKeepAlive: '0s' } } })
  t.equal((await get(t, none.port)).header('connection'), 'close')
})

t.test('a Unix socket as listener and as target', async t => {
  const backend = await startBackend(t, 'ok', { unix: true })
  const path = join(await directory(t), 'proxy.sock')
  const proxy = await startTestProxy(t, [backend.url], { config: { listen: { path } } })
  t.same(proxy.running.addresses, [`unix:${path}`])
  const { status, body } = await get(t, path, '/x')
  t.equal(status, 200)
  t.equal(body, 'ok')
  t.same(backend.last.values('x-forwarded-for'), [], 'there is no address to tell')
  t.same(backend.last.values('host'), ['test.example'])
  backend.behave('lyingLength')
  const client = (await connect(t, path)).get('/')
  await client.end()
  t.notMatch(client.received, /\r\n\r\n.{1000}/)
})

t.test('IPv6, and a URL that says so', async t => {
  const backend = await startBackend(t)
  const proxy = await startTestProxy(t, [backend.url], { config: { listen: { host: '::1', port: 0 } } })
  t.match(proxy.running.addresses, [/^http:\/\/\[::1\]:\d+$/])
})

t.test('access: false leaves only what went wrong', async t => {
  const backend = await startBackend(t)
  const proxy = await startTestProxy(t, [backend.url], { config: { log: { access: false } }, route: { retry: false } })
  await get(t, proxy.port)
  backend.behave('closeBeforeHead')
  await get(t, proxy.port)
  const [line] = await proxy.log.wait('request failed')
  t.match(line, { status: 502, error: 'connection_terminated' })
  t.equal(proxy.log.named('request').length, 0)
})

t.test('no field is lost, up to a number that leaves room for those the proxy adds', async t => {
  const backend = await startBackend(t, 'echo')
  const proxy = await startTestProxy(t, [backend.url])
  const many = Array.from({ length: 890 }, () => 'a:b')
  const { status, body } = await exchange(t, proxy.port, ['POST / HTTP/1.1', 'Host: a', ...many, 'X-Last: 1', 'Content-Length: 5'], 'hello')
  t.equal(status, 200)
  t.equal(body, 'hello')
  t.equal(backend.last.values('a').length, 890)
  t.same(backend.last.values('x-last'), ['1'])
  t.equal((await exchange(t, proxy.port, ['GET / HTTP/1.1', 'Host: a', ...many, ...many])).status, 431)
})

t.test('a request body that does not come in time is answered 408', async t => {
  const backend = await startBackend(t)
  const proxy = await startTestProxy(t, [backend.url], { config: { timeouts: { clientRequest: '2s' } } })
  const client = (await connect(t, proxy.port)).request(['POST / HTTP/1.1', 'Host: a', 'Content-Length: 100'], 'x')
  const { status, body } = await client.response()
  t.equal(status, 408)
  t.equal(JSON.parse(body).code, 'http_request_timeout')
  await client.end()
  await backend.until(() => backend.connections.open === 0)
  t.notMatch(proxy.outcomes, [{ kind: 'failure' }])
})

t.test('a status that nobody has named is passed on', async t => {
  const backend = await startBackend(t, behaviours.ok({ status: 799, reason: 'Strange', body: 'x' }))
  const proxy = await startTestProxy(t, [backend.url])
  t.match(await get(t, proxy.port), { status: 799, body: 'x' })
})
