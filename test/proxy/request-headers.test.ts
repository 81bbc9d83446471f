import fc from 'fast-check'
import t from 'tap'
import { PreparedRules } from '../../src/proxy/header-rules.js'
import type { Peer } from '../../src/proxy/peer.js'
import { requestHeaders, type IncomingHeaders, type OutgoingHeaders } from '../../src/proxy/request-headers.js'
import type { HeaderRules } from '../../src/proxy/route-config.js'

const stranger: Peer = { address: '192.0.2.7', port: '8080', protocol: 'http', trusted: false }
const edge: Peer = { address: '10.0.0.9', port: '8080', protocol: 'http', trusted: true }
const HOST = ['Host', 'shop.example'] as const

function outgoing (raw: readonly string[], more: Partial<IncomingHeaders> = {}, rules: Partial<HeaderRules> = {}): OutgoingHeaders {
  return requestHeaders({ raw, version: '1.1', host: 'shop.example', peer: stranger, expectPasses: false, ...more }, new PreparedRules({ set: [], remove: [], ...rules }))
}

const sent = (...parameters: Parameters<typeof outgoing>): readonly string[] => outgoing(...parameters).headers

/** All values of fields whose name a lax backend could take for this one. */
function values (headers: readonly string[], name: string): string[] {
  return headers.filter((_, i) => i % 2 === 1 && headers[i - 1]?.toLowerCase().replace(/[^a-z0-9]/g, '-') === name)
}

t.test('the client\'s fields go on in order, case and number; the proxy\'s come after', async t => {
  const { headers, requestId, hostIndex } = outgoing(['X-B', '1', 'hOsT', 'shop.example', 'x-a', '2', 'X-B', '3', 'COOKIE', 'a=b', 'cookie', 'c=d', 'X-Empty', ''])
  t.strictSame(headers, [
    'X-B', '1', 'hOsT', 'shop.example', 'x-a', '2', 'X-B', '3', 'COOKIE', 'a=b', 'cookie', 'c=d', 'X-Empty', '',
    'X-Forwarded-For', '192.0.2.7', 'X-Forwarded-Proto', 'http', 'X-Forwarded-Host', 'shop.example', 'X-Forwarded-Port', '8080',
    'X-Request-Id', requestId, 'Via', '1.1 headrace'
  ])
  t.equal(hostIndex, 3)
})

t.test('obs-text bytes are preserved', async t => {
  const value = String.fromCharCode(...Array.from({ length: 128 }, (_, i) => 128 + i))
  t.strictSame(values(sent([...HOST, 'X-Name', value]), 'x-name'), [value])
})

t.test('an absolute-form target overrules the Host field', async t => {
  const { headers, hostIndex } = outgoing(['Accept', '*/*', 'Host', 'evil.example'], { host: 'shop.example' })
  t.strictSame(values(headers, 'host'), ['shop.example'])
  t.equal(headers[hostIndex], 'shop.example')
  t.strictSame(values(headers, 'x-forwarded-host'), ['shop.example'])
})

t.test('HTTP/1.0 without Host: a place is kept for the target\'s, and no empty X-Forwarded-Host', async t => {
  const { headers, hostIndex } = outgoing(['Accept', '*/*'], { version: '1.0', host: '' })
  t.strictSame(headers.slice(0, 4), ['Host', '', 'Accept', '*/*'])
  t.equal(hostIndex, 1)
  t.strictSame(values(headers, 'x-forwarded-host'), [])
  t.strictSame(values(headers, 'via'), ['1.0 headrace'])
})

t.test('hop-by-hop fields stay behind', async t => {
  const raw = ['Connection', 'keep-alive', 'Keep-Alive', 'timeout=5', 'Proxy-Connection', 'x', 'Transfer-Encoding', 'chunked', 'TE', 'gzip', 'Trailer', 'x', 'Upgrade', 'h2c', 'HTTP2-Settings', 'x', 'Proxy-Authorization', 'Basic x', 'Proxy-Authenticate', 'x']
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] ?? ''
    for (const spelt of [name, name.toLowerCase(), name.toUpperCase()]) {
      t.strictSame(values(sent([...HOST, spelt, raw[i + 1] ?? '']), name.toLowerCase()), [], spelt)
    }
  }
})

t.test('fields that Connection lists stay behind: odd case, several lines, empty elements', async t => {
  const headers = sent([...HOST, 'X-One', '1', 'coNNection', 'X-ONE,, close', 'x-TWO', '2', 'x-two', '3', 'X-Kept', '4', 'CONNECTION', '\tx-Two , '])
  t.strictSame(values(headers, 'x-one'), [])
  t.strictSame(values(headers, 'x-two'), [])
  t.strictSame(values(headers, 'x-kept'), ['4'])
  t.strictSame(values(headers, 'connection'), [])
})

t.test('advisory CVE-2026-33805: Connection cannot strip what the proxy adds', async t => {
  const listed = ['X-Forwarded-For', 'X-Forwarded-Proto', 'X-Forwarded-Host', 'X-Forwarded-Port', 'X-Request-Id', 'Via', 'X-Added', 'Host', 'Content-Length', 'Content-Type']
  const raw = [...HOST, 'Content-Length', '5', 'Content-Type', 'text/plain', 'Connection', listed.join(', '), 'X-Added', 'mine']
  const { headers } = outgoing(raw, {}, { set: [['X-Added', 'route']] })
  for (const name of listed) t.equal(values(headers, name.toLowerCase()).length, 1, name)
  t.strictSame(values(headers, 'x-added'), ['route'])
  t.strictSame(values(headers, 'x-forwarded-for'), ['192.0.2.7'])
})

t.test('what a backend says of itself does not come from a client: an echo would take it out of service', async t => {
  t.strictSame(values(sent([...HOST, 'Headrace-Backend', 'draining']), 'headrace-backend'), [])
})

t.test('CVE-2026-3635: X-Forwarded-* of a stranger is replaced', async t => {
  const headers = sent([...HOST, 'X-Forwarded-For', '1.1.1.1', 'x-forwarded-proto', 'https', 'X-FORWARDED-HOST', 'evil.example', 'X-Forwarded-Port', '1', 'X-Forwarded-Prefix', '/admin', 'Forwarded', 'for=1.1.1.1', 'X-Real-IP', '1.1.1.1'])
  t.strictSame(values(headers, 'x-forwarded-for'), ['192.0.2.7'])
  t.strictSame(values(headers, 'x-forwarded-proto'), ['http'])
  t.strictSame(values(headers, 'x-forwarded-host'), ['shop.example'])
  t.strictSame(values(headers, 'x-forwarded-port'), ['8080'])
  for (const name of ['x-forwarded-prefix', 'forwarded', 'x-real-ip']) t.strictSame(values(headers, name), [], name)
})

t.test('GHSA-f59h-q822-g45g, GHSA-49wc-4hcv-v58q: nor can it be spoofed with underscores, dots and the like, by anybody', async t => {
  const raw = [...HOST, 'X_Forwarded_For', '1.1.1.1', 'X-Forwarded_Proto', 'https', 'x.forwarded.host', 'evil.example', 'X_Real_IP', '1.1.1.1', 'X_Request.Id', 'x', 'Transfer_Encoding', 'chunked', 'Content_Length', '9', 'X~Forwarded~For', '1.1.1.1']
  for (const peer of [stranger, edge]) {
    const headers = sent(raw, { peer })
    t.strictSame(values(headers, 'x-forwarded-for'), [peer.address])
    t.strictSame(values(headers, 'x-forwarded-proto'), ['http'])
    t.strictSame(values(headers, 'x-forwarded-host'), ['shop.example'])
    t.equal(values(headers, 'x-request-id').length, 1)
    for (const name of ['x-real-ip', 'transfer-encoding', 'content-length']) t.strictSame(values(headers, name), [], name)
  }
  t.strictSame(values(sent([...HOST, 'My_Field', '1', 'a.b', '2']), 'my-field'), ['1'], 'other names pass')
})

t.test('a trusted proxy is believed and its address appended', async t => {
  const headers = sent([...HOST, 'X-Forwarded-For', '203.0.113.5', 'X-Forwarded-Proto', 'https', 'x-forwarded-for', '198.51.100.1', 'X-Forwarded-Host', 'public.example', 'X-Forwarded-Port', '443'], { peer: edge })
  t.strictSame(values(headers, 'x-forwarded-for'), ['203.0.113.5, 198.51.100.1, 10.0.0.9'])
  t.strictSame(values(headers, 'x-forwarded-proto'), ['https'])
  t.strictSame(values(headers, 'x-forwarded-host'), ['public.example'])
  t.strictSame(values(headers, 'x-forwarded-port'), ['443'])
})

t.test('a trusted proxy that says nothing leaves no gap in the chain', async t => {
  t.strictSame(values(sent([...HOST, 'X-Forwarded-For', '', 'X-Forwarded-Proto', ''], { peer: edge }), 'x-forwarded-for'), ['10.0.0.9'])
  t.strictSame(values(sent([...HOST, 'X-Forwarded-Proto', ''], { peer: edge }), 'x-forwarded-proto'), ['http'])
  t.strictSame(values(sent([...HOST, 'X-Forwarded-For', 'a', 'X-Forwarded-For', ''], { peer: edge }), 'x-forwarded-for'), ['a, 10.0.0.9'])
})

t.test('other forwarding fields of a trusted proxy pass as they are', async t => {
  const headers = sent([...HOST, 'Forwarded', 'for=a', 'X-Real-IP', '203.0.113.5', 'forwarded', 'for=b', 'X-Forwarded-Prefix', '/x'], { peer: edge })
  t.strictSame(headers.slice(0, 10), [...HOST, 'Forwarded', 'for=a', 'X-Real-IP', '203.0.113.5', 'forwarded', 'for=b', 'X-Forwarded-Prefix', '/x'])
})

t.test('a Unix socket has no address to tell', async t => {
  const headers = sent([...HOST], { peer: { address: null, port: null, protocol: 'http', trusted: false } })
  t.strictSame(values(headers, 'x-forwarded-for'), [])
  t.strictSame(values(headers, 'x-forwarded-port'), [])
  t.strictSame(values(headers, 'x-forwarded-proto'), ['http'])
})

t.test('X-Request-Id is kept if it is fit, made if there is none, replaced when odd', async t => {
  for (const id of ['a', '7d0f-!"#~', 'x'.repeat(200)]) {
    const { headers, requestId } = outgoing([...HOST, 'x-request-ID', id])
    t.equal(requestId, id)
    t.strictSame(values(headers, 'x-request-id'), [id])
  }
  const made = new Set<string>()
  for (const id of [undefined, '', 'a b', 'a\tb', '\xe4', 'x'.repeat(201), '\x01']) {
    const { headers, requestId } = outgoing(id === undefined ? [...HOST] : [...HOST, 'X-Request-Id', id])
    t.match(requestId, /^[0-9a-f-]{36}$/)
    t.strictSame(values(headers, 'x-request-id'), [requestId])
    made.add(requestId)
  }
  t.equal(made.size, 7, 'each its own')
  t.strictSame(values(sent([...HOST, 'X-Request-Id', 'first', 'x-request-id', 'second']), 'x-request-id'), ['first'])
})

t.test('TE: trailers is asked for in the proxy\'s own name', async t => {
  for (const te of ['trailers', 'Trailers', 'gzip;q=0.5, trailers', 'trailers,deflate']) {
    t.strictSame(sent([...HOST, 'TE', te, 'Connection', 'TE']).slice(-4), ['Connection', 'TE', 'TE', 'trailers'], te)
  }
  for (const te of ['gzip', 'x-trailers', 'trailersx', '']) t.strictSame(values(sent([...HOST, 'TE', te]), 'te'), [], te)
})

t.test('Expect passes only where the 100 is left to the target', async t => {
  t.strictSame(values(sent([...HOST, 'Expect', '100-continue']), 'expect'), [])
  t.strictSame(values(sent([...HOST, 'Expect', '100-continue'], { expectPasses: true }), 'expect'), ['100-continue'])
})

t.test('the client\'s own Via stays and ours follows', async t => {
  t.strictSame(values(sent([...HOST, 'Via', '1.0 fred']), 'via'), ['1.0 fred', '1.1 headrace'])
})

t.test('a route sets and removes fields, those of the proxy too', async t => {
  const { headers, requestId } = outgoing([...HOST, 'Cookie', 'a', 'X-Edge', 'mine', 'x_edge', 'mine', 'Via', '1.0 fred', 'X-Request-Id', 'abc'], {}, {
    set: [['X-Edge', 'headrace'], ['X-Request-Id', 'fixed'], ['X-Forwarded-Proto', 'https']], remove: ['cookie', 'via', 'x-forwarded-for']
  })
  t.strictSame(headers, [...HOST, 'X-Forwarded-Host', 'shop.example', 'X-Forwarded-Port', '8080', 'X-Edge', 'headrace', 'X-Request-Id', 'fixed', 'X-Forwarded-Proto', 'https'])
  t.equal(requestId, 'abc', 'the log keeps the client\'s')
})

t.test('a route\'s rules hold against a trusted proxy too', async t => {
  const headers = sent([...HOST, 'Forwarded', 'for=a', 'X-Forwarded-For', 'a'], { peer: edge }, { set: [['X-Forwarded-For', 'fixed']], remove: ['forwarded'] })
  t.strictSame(values(headers, 'forwarded'), [])
  t.strictSame(values(headers, 'x-forwarded-for'), ['fixed'])
})

const token = fc.string({ unit: fc.constantFrom(...'abcXYZ019-_.~!'), minLength: 1, maxLength: 12 })
const name = fc.oneof(token, fc.constantFrom('Connection', 'TE', 'X-Forwarded-For', 'X_Forwarded_For', 'Forwarded', 'X-Request-Id', 'Transfer-Encoding', 'Upgrade', 'Cookie', 'x-a', 'X-B'))
const value = fc.oneof(fc.string({ unit: fc.constantFrom(...'ab ,;=\t\xe4'), maxLength: 12 }), fc.constantFrom('x-a', 'close, X-B', 'trailers', 'cookie'))
const fields = fc.array(fc.tuple(name, value), { maxLength: 12 })

t.test('whatever a stranger sends: what the proxy vouches for is there once and is true, and the rest is a part of what came', async t => {
  t.doesNotThrow(() => fc.assert(fc.property(fields, raw => {
    const { headers, hostIndex, requestId } = outgoing(['Host', 'shop.example', ...raw.flat()])
    const once: ReadonlyArray<readonly [string, string]> = [['x-forwarded-for', '192.0.2.7'], ['x-forwarded-proto', 'http'], ['x-forwarded-host', 'shop.example'], ['x-forwarded-port', '8080'], ['x-request-id', requestId]]
    for (const [name, value] of once) {
      const found = values(headers, name)
      if (found.length !== 1 || found[0] !== value) throw new Error(`${name}: ${found.join(' | ')}`)
    }
    for (const name of ['transfer-encoding', 'upgrade', 'forwarded', 'keep-alive']) if (values(headers, name).length !== 0) throw new Error(name)
    if (headers[hostIndex - 1] !== 'Host' || headers[hostIndex] !== 'shop.example') throw new Error('Host')
    const end = headers.lastIndexOf('X-Forwarded-For')
    let from = 0
    for (let i = 2; i < end; i += 2) {
      from = raw.findIndex(([name, value], at) => at >= from && name === headers[i] && value === headers[i + 1]) + 1
      if (from === 0) throw new Error(`${headers[i]} is out of order or never came`)
    }
  }), { numRuns: 2000, seed: 3 }))
})
