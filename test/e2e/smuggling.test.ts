import t from 'tap'
import { behaviours, startBackend } from '../fixtures/backend.js'
import { connect, get } from '../fixtures/client.js'
import { startTestProxy } from '../fixtures/proxy.js'

// The tables of ambiguous requests and hostile responses are in test/abuse; this is what does not fit into them.

t.test('garbage behind a request is not answered in its place', async t => {
  const backend = await startBackend(t, 'hang')
  const proxy = await startTestProxy(t, [backend.url])
  const client = await connect(t, proxy.port)
  client.send('GET /slow HTTP/1.1\r\nHost: a\r\n\r\n\0garbage\r\n\r\n')
  await client.end()
  t.equal(client.received, '')
})

t.test('fields that spoof others by underscores and dots', async t => {
  const backend = await startBackend(t)
  const proxy = await startTestProxy(t, [backend.url], { route: { headers: { request: { remove: ['x-user'], set: { 'x-edge': 'headrace' } } } } })
  await get(t, proxy.port, '/', 'X_User: root', 'X.User: root', 'X-User: root', 'X_Edge: spoof', 'X_Forwarded_Proto: https', 'X.Forwarded.Host: evil', 'Proxy_Authorization: x', 'X_Request_Id: evil', 'X_Real_IP: 6.6.6.6', 'X_Harmless: 1')
  t.notMatch(backend.last.head, /root|spoof|https|evil|6\.6\.6\.6|Proxy_/)
  t.match(backend.last.head, 'X_Harmless: 1')
  t.same(backend.last.values('x-edge'), ['headrace'])
})

t.test('CVE-2026-1525, GHSA-35p6-xmwp-9g52: bytes that answer nobody reach nobody', async t => {
  const evil = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil'
  const backend = await startBackend(t, behaviours.bytes(`HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok${evil}`))
  const proxy = await startTestProxy(t, [backend.url])
  for (let i = 0; i < 3; i++) t.match(await get(t, proxy.port), { status: 200, body: 'ok' })
  backend.behave('ok')
  t.equal((await get(t, proxy.port)).body, 'ok')
  backend.writeToAll(evil)
  await backend.until(() => backend.connections.open === 0)
  t.equal((await get(t, proxy.port)).body, 'ok')
})

t.test('an answer to HEAD with a body, and a 304 with one, do not reach the next client', async t => {
  const backend = await startBackend(t, behaviours.bytes('HTTP/1.1 200 OK\r\nContent-Length: 42\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil'))
  const proxy = await startTestProxy(t, [backend.url])
  const client = (await connect(t, proxy.port)).request(['HEAD / HTTP/1.1', 'Host: a'])
  t.equal((await client.response('HEAD')).status, 200)
  backend.behave(behaviours.bytes('HTTP/1.1 304 Not Modified\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil'))
  t.equal((await client.get('/').response()).status, 304)
  backend.behave('ok')
  t.equal((await client.get('/').response()).body, 'ok')
})
