import t from 'tap'
import { ProxyError } from '../../../src/base/errors.js'
import { serialiseHead, serialiseLastChunk } from '../../../src/transport/http1/request-head.js'
import type { BodySource, RawHeaders, RequestHead } from '../../../src/transport/transport.js'

function head (parts: Partial<RequestHead> = {}): RequestHead {
  return { method: 'GET', path: '/', headers: ['Host', 'a'], upgrade: null, freshConnection: false, timeouts: { responseHead: 0, idleBody: 0 }, ...parts }
}

function body (length: number | null): BodySource {
  return { length, consumed: false, open () {}, pause () {}, resume () {}, close () {} }
}

function withHeaders (...headers: string[]): RequestHead {
  return head({ headers })
}

const refusal = { name: 'ProxyError', code: 'http_request_error' }

t.test('what goes on the wire', async t => {
  t.equal(serialiseHead(head({ path: '/a?b', headers: ['hOst', 'a', 'X-A', ' 1\t', 'x-a', '\xfc', 'E', ''] }), null),
    'GET /a?b HTTP/1.1\r\nhOst: a\r\nX-A:  1\t\r\nx-a: \xfc\r\nE: \r\n\r\n')
  t.equal(serialiseHead(head({ method: 'OPTIONS', path: '*' }), null), 'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n')
})

t.test('framing: exactly one, whatever the headers say', async t => {
  const start = 'GET / HTTP/1.1\r\n'
  t.equal(serialiseHead(withHeaders('Content-Length', '0'), null), start + 'Content-Length: 0\r\n\r\n')
  t.equal(serialiseHead(withHeaders('content-length', '5'), body(5)), start + 'content-length: 5\r\n\r\n')
  t.equal(serialiseHead(withHeaders(), body(5)), start + 'Content-Length: 5\r\n\r\n')
  t.equal(serialiseHead(withHeaders(), body(0)), start + 'Content-Length: 0\r\n\r\n')
  t.equal(serialiseHead(withHeaders(), body(null)), start + 'Transfer-Encoding: chunked\r\n\r\n')
  t.equal(serialiseHead(withHeaders('Content-Length', '5'), body(null)), start + 'Transfer-Encoding: chunked\r\n\r\n')
  t.equal(serialiseHead(withHeaders('transfer-encoding', 'Chunked'), body(null)), start + 'Transfer-Encoding: chunked\r\n\r\n')
  const refused: ReadonlyArray<readonly [RawHeaders, BodySource | null]> = [
    [['Content-Length', '5'], null],
    [['Content-Length', '4'], body(5)],
    [['Content-Length', '05'], body(5)],
    [['Content-Length', '5, 5'], body(5)],
    [['Content-Length', '5', 'content-length', '5'], body(5)],
    [['Transfer-Encoding', 'chunked'], null],
    [['Transfer-Encoding', 'chunked'], body(5)],
    [['Transfer-Encoding', 'gzip, chunked'], body(null)],
    [[], body(-1)],
    [[], body(1.5)],
    [[], body(Number.NaN)]
  ]
  for (const [headers, body] of refused) t.throws(() => serialiseHead(withHeaders(...headers), body), refusal, `${headers.join(' ')} ${body?.length}`)
})

t.test('what would say something else than it was meant to is refused', async t => {
  const bad: ReadonlyArray<Partial<RequestHead>> = [
    { method: '' }, { method: 'GET /x' }, { method: 'GET\r\n' }, { method: 'G\0' }, { method: 'G\u0120' }, { method: 'CONNECT' },
    { path: '' }, { path: '/ HTTP/1.1' }, { path: '/\r\nX: y' }, { path: '/\n' }, { path: '/\0' }, { path: '/\t' }, { path: '/\x7f' }, { path: '/\u010a' }, { path: '/\u{1f600}' },
    { headers: [''] }, { headers: ['A'] }, { headers: ['', 'b'] }, { headers: ['A:', 'b'] }, { headers: ['A ', 'b'] }, { headers: ['A\r\nB', 'c'] }, { headers: ['\xe9', 'b'] }, { headers: ['A\u010d', 'b'] },
    { headers: ['A', 'b\r\nC: d'] }, { headers: ['A', 'b\rc'] }, { headers: ['A', 'b\nc'] }, { headers: ['A', 'b\0c'] }, { headers: ['A', 'b\x01'] }, { headers: ['A', 'b\x7f'] },
    // Written as Latin-1 these would become LF and CR.
    { headers: ['A', 'b\u010ac'] }, { headers: ['A', 'b\u010dc'] },
    { upgrade: '' }, { upgrade: 'websocket\r\nX: y' }, { upgrade: 'web\u010asocket' }
  ]
  for (const parts of bad) t.throws(() => serialiseHead(head(parts), null), refusal, JSON.stringify(parts))
})

t.test('an upgrade', async t => {
  t.equal(serialiseHead(head({ headers: ['Host', 'a', 'connection', 'keep-alive', 'UPGRADE', 'x'], upgrade: 'websocket' }), null),
    'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
})

t.test('the last chunk', async t => {
  t.equal(serialiseLastChunk([]), '0\r\n\r\n')
  t.equal(serialiseLastChunk(['X-A', '1', 'x-a', '']), '0\r\nX-A: 1\r\nx-a: \r\n\r\n')
  for (const trailers of [['A', 'b\r\nC: d'], ['A b', 'c'], ['A'], ['A', '\u010a']]) {
    t.throws(() => serialiseLastChunk(trailers), ProxyError, JSON.stringify(trailers))
  }
})
