import type { Test } from 'tap'
import t from 'tap'
import { behaviours, startBackend, type Backend } from '../fixtures/backend.js'
import { connect } from '../fixtures/client.js'
import { startTestProxy, type TestProxy } from '../fixtures/proxy.js'

/** The client is gone: so is its request at the target, its claim on it, and nobody is to blame. */
async function checkCancelled (t: Test, proxy: TestProxy, backend: Backend, requests = 1): Promise<void> {
  await backend.until(() => backend.connections.open === 0)
  await proxy.untilInflight(0)
  t.match(proxy.outcomes.filter(({ kind }) => kind !== 'response'), Array.from({ length: requests }, () => ({ kind: 'cancelled' })))
  for (const line of await proxy.log.wait('request', requests)) t.match(line, { outcome: 'cancelled', error: 'client_closed' })
}

for (const reset of [false, true]) {
  const how = reset ? 'with a reset' : 'in good order'

  t.test(`before the response head, ${how}`, async t => {
    const backend = await startBackend(t, 'hang')
    const proxy = await startTestProxy(t, [backend.url])
    const client = (await connect(t, proxy.port)).get('/')
    await backend.until(() => backend.requests.length === 1)
    client.leave(reset)
    await checkCancelled(t, proxy, backend)
    t.match(await proxy.log.request(), { status: 499 })
  })

  t.test(`in the middle of the response, ${how}`, async t => {
    const backend = await startBackend(t, 'stall')
    const proxy = await startTestProxy(t, [backend.url])
    const client = (await connect(t, proxy.port)).get('/')
    await client.until(() => client.received.includes('partial'))
    client.leave(reset)
    await checkCancelled(t, proxy, backend)
    t.match(await proxy.log.request(), { status: 200 })
  })

  t.test(`while it does not read a long response, ${how}`, async t => {
    const backend = await startBackend(t, behaviours.download(256 * 1024 ** 2))
    const proxy = await startTestProxy(t, [backend.url])
    const client = (await connect(t, proxy.port)).get('/')
    client.socket.once('data', () => { client.socket.pause() })
    await client.until(() => client.bytes > 0)
    client.leave(reset)
    await checkCancelled(t, proxy, backend)
  })

  t.test(`in the middle of an upload, ${how}`, async t => {
    const backend = await startBackend(t, 'hang')
    const proxy = await startTestProxy(t, [backend.url])
    for (const [i, framing] of ['Content-Length: 100', 'Transfer-Encoding: chunked'].entries()) {
      const client = (await connect(t, proxy.port)).request(['POST / HTTP/1.1', 'Host: a', framing], '5\r\nhello\r\n')
      await backend.until(() => backend.requests.length === i + 1 && backend.last.bodyLength >= 5)
      client.leave(reset)
      await checkCancelled(t, proxy, backend, i + 1)
      t.notOk(backend.last.complete, 'the target does not take it for a whole request')
    }
  })

  t.test(`while requests wait behind the one that is answered, ${how}`, async t => {
    const backend = await startBackend(t, 'hang')
    const proxy = await startTestProxy(t, [backend.url])
    const client = await connect(t, proxy.port)
    client.send('GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\nPOST /3 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab')
    await backend.until(() => backend.requests.length === 1)
    client.leave(reset)
    await checkCancelled(t, proxy, backend)
    t.same(backend.requests.map(({ url }) => url), ['/1'], 'what waited never started')
  })

  t.test(`during a tunnel, ${how}`, async t => {
    const backend = await startBackend(t, behaviours.upgrade())
    const proxy = await startTestProxy(t, [backend.url])
    const client = (await connect(t, proxy.port)).get('/', 'Connection: Upgrade', 'Upgrade: echo')
    await client.response()
    t.equal(proxy.inflight, 1)
    client.leave(reset)
    await backend.until(() => backend.connections.open === 0)
    await proxy.untilInflight(0)
    t.match(await proxy.log.request(), { status: 101, outcome: 'tunnel' })
    t.notMatch(proxy.outcomes, [{ kind: 'failure' }])
  })

  t.test(`before an upgrade is answered, ${how}`, async t => {
    const backend = await startBackend(t, 'hang')
    const proxy = await startTestProxy(t, [backend.url])
    const client = (await connect(t, proxy.port)).get('/', 'Connection: Upgrade', 'Upgrade: echo')
    await backend.until(() => backend.requests.length === 1)
    client.leave(reset)
    await checkCancelled(t, proxy, backend)
  })
}

t.test('while the connection to the target is being made', async t => {
  // TLS that never answers: the connection stays "being made" for as long as it takes.
  const backend = await startBackend(t, behaviours.mute(), { tls: true })
  const proxy = await startTestProxy(t, [backend.url], { config: { timeouts: { tls: '1h' } } })
  const client = (await connect(t, proxy.port)).get('/')
  await backend.until(() => backend.connections.opened === 1)
  t.equal(proxy.inflight, 1)
  client.leave()
  await proxy.untilInflight(0)
  t.match(proxy.outcomes, [{ kind: 'cancelled' }])
})

t.test('between a failed attempt and the next', async t => {
  const first = await startBackend(t, 'closeBeforeHead')
  const second = await startBackend(t, 'hang')
  const proxy = await startTestProxy(t, [first.url, second.url], { pool: { strategy: 'round-robin' } })
  for (let i = 0; i < 4; i++) {
    const client = (await connect(t, proxy.port)).get('/')
    await second.until(() => second.requests.length === i + 1)
    client.leave()
    await proxy.untilInflight(0)
  }
  await second.until(() => second.connections.open === 0)
  await proxy.untilInflight(0)
  t.strictSame(proxy.outcomes.map(({ kind }) => kind), Array.from({ length: 4 }, () => ['failure', 'cancelled']).flat())
})

t.test('clients that leave at any moment leave nothing behind', async t => {
  const backend = await startBackend(t, behaviours.download(3 * 1024 ** 2))
  const proxy = await startTestProxy(t, [backend.url])
  await Promise.all(Array.from({ length: 100 }, async (_, i) => {
    const client = (await connect(t, proxy.port)).countOnly()
    client.send(`${i % 3 === 0 ? 'POST' : 'GET'} / HTTP/1.1\r\nHost: a\r\n${i % 3 === 0 ? 'Content-Length: 100000\r\n' : ''}\r\n${i % 3 === 0 ? 'x'.repeat(1000 * i) : ''}`)
    if (i % 4 !== 0) await client.until(() => client.closed || client.bytes > i * 20_000 || i % 3 === 0)
    client.leave(i % 2 === 0)
  }))
  await proxy.untilInflight(0)
  await backend.until(() => backend.connections.open === 0 || backend.requests.every(({ complete }) => complete))
  t.equal(proxy.outcomes.filter(({ kind }) => kind === 'failure').length, 0)
})
