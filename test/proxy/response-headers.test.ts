import t from 'tap'
import { PreparedRules } from '../../src/proxy/header-rules.js'
import { allowedTrailers, responseHeaders, upgradeHeaders } from '../../src/proxy/response-headers.js'
import type { HeaderRules } from '../../src/proxy/route-config.js'

const prepared = (rules: Partial<HeaderRules> = {}): PreparedRules => new PreparedRules({ set: [], remove: [], ...rules })
const VIA = ['Via', '1.1 headrace'] as const

function passed (raw: readonly string[], status = 200, rules: Partial<HeaderRules> = {}): readonly string[] {
  return responseHeaders(raw, status, prepared(rules))
}

t.test('the target\'s fields go on in order, case and number', async t => {
  const raw = ['server', 'x', 'Set-Cookie', 'a=1', 'X-Y', '', 'SET-COOKIE', 'b=2', 'Set-Cookie', 'a=1', 'Content-Length', '5', 'x-name', '\x80\xff']
  t.strictSame(passed(raw), [...raw, ...VIA])
})

t.test('hop-by-hop fields and those that Connection lists stay behind', async t => {
  t.strictSame(passed([
    'Connection', 'X-Private, keep-alive', 'KEEP-ALIVE', 'timeout=5', 'x-private', 'secret', 'Transfer-Encoding', 'chunked', 'Trailer', 'x', 'Upgrade', 'h2c',
    'Proxy-Authenticate', 'Basic', 'Proxy-Authentication-Info', 'x', 'proxy-connection', 'close', 'X-Kept', '1', 'connection', 'x-other', 'X-OTHER', 'secret'
  ]), ['X-Kept', '1', ...VIA])
})

t.test('Connection cannot strip what frames or types the response, nor what the route adds', async t => {
  t.strictSame(passed(['Connection', 'Content-Length, content-type, X-Edge, via', 'Content-Length', '5', 'Content-Type', 'text/plain'], 200, { set: [['X-Edge', 'a']] }),
    ['Content-Length', '5', 'Content-Type', 'text/plain', ...VIA, 'X-Edge', 'a'])
})

t.test('no Content-Length in a 204 or a 1xx (RFC 9110, section 8.6), but in a 304 and an answer to HEAD', async t => {
  const raw = ['Content-Length', '5', 'X-A', '1']
  for (const status of [204, 103, 102]) t.strictSame(passed(raw, status), ['X-A', '1', ...VIA], String(status))
  for (const status of [200, 205, 304, 404]) t.strictSame(passed(raw, status), [...raw, ...VIA], String(status))
  t.strictSame(upgradeHeaders(raw, prepared()), ['X-A', '1', ...VIA, 'Connection', 'Upgrade'])
})

t.test('a 426 keeps Upgrade (RFC 9110, section 15.5.22), no other status does', async t => {
  const raw = ['Connection', 'upgrade', 'uPGRADE', 'TLS/1.0']
  t.strictSame(passed(raw, 426), ['uPGRADE', 'TLS/1.0', ...VIA])
  t.strictSame(passed(raw, 400), [...VIA])
})

t.test('a 101 says which protocol was chosen, once, and has no other hop-by-hop field', async t => {
  t.strictSame(upgradeHeaders(['Connection', 'Upgrade, Keep-Alive', 'UPGRADE', 'websocket', 'Keep-Alive', 'x', 'Sec-WebSocket-Accept', 'abc', 'Transfer-Encoding', 'chunked'], prepared({ set: [['X-Edge', 'a']] })),
    ['Sec-WebSocket-Accept', 'abc', ...VIA, 'X-Edge', 'a', 'Upgrade', 'websocket', 'Connection', 'Upgrade'])
})

t.test('a route sets and removes fields, Via too', async t => {
  t.strictSame(passed(['Server', 'x', 'X_Edge', 'theirs', 'x-edge', 'theirs', 'Via', '1.1 other', 'Etag', '"a"'], 200, { set: [['X-Edge', 'a']], remove: ['server', 'via'] }), ['Etag', '"a"', 'X-Edge', 'a'])
})

t.test('the target\'s own Via stays and ours follows', async t => {
  t.strictSame(passed(['via', '1.1 inner']), ['via', '1.1 inner', ...VIA])
})

t.test('trailers: those that do harm are left out, the others pass as they are', async t => {
  t.strictSame(allowedTrailers([], prepared()), [])
  t.strictSame(allowedTrailers(['X-Sum', '1', 'Content-Length', '5', 'set-cookie', 'a', 'x-sum', '2', 'TRANSFER-ENCODING', 'x', 'X-Forwarded-For', '1.1.1.1', 'X_Real_Ip', '1.1.1.1', 'Grpc-Status', '0'], prepared()),
    ['X-Sum', '1', 'x-sum', '2', 'Grpc-Status', '0'])
})

t.test('a route\'s rules hold for trailers too: what it guards cannot come in behind the body', async t => {
  t.strictSame(allowedTrailers(['X-User', 'root', 'x_user', 'root', 'X-Sum', '1'], prepared({ set: [['X-User', 'nobody']] })), ['X-Sum', '1'])
})
