import { Readable } from 'node:stream'
import t from 'tap'
import type { Dispatcher } from 'undici'
import { dispatchRequest, type DispatchRequest } from '../../src/proxy/dispatch-request.js'
import type { BodyWatcher } from '../../src/proxy/dispatch-body.js'

const watcher: BodyWatcher = { bodyBroken () {}, bodySent () {}, requestSent () {} }

function read (options: object): DispatchRequest {
  // Some options are deliberately not what the type asks for.
  return dispatchRequest({ method: 'GET', path: '/', ...options } as Dispatcher.DispatchOptions, { responseHead: 1000, idleBody: 2000 }, watcher)
}

t.test('path and query', async t => {
  t.equal(read({ path: '/a?b=%00&c' }).head.path, '/a?b=%00&c')
  t.equal(read({ path: '/a', query: { b: 1, c: ['x y', 'z'], d: '' } }).head.path, '/a?b=1&c=x%20y&c=z&d=')
  t.equal(read({ path: '/a', query: {} }).head.path, '/a')
  for (const bad of [{ path: '' }, { path: 'a' }, { path: '/a b' }, { path: '/a\r\n' }, { path: '/\u2603' }, { path: 5 }, { path: '/?a', query: { b: 1 } }, { path: 'http://x/' }]) {
    t.throws(() => read(bad), { code: 'UND_ERR_INVALID_ARG' }, JSON.stringify(bad))
  }
})

t.test('method, upgrade and timeouts', async t => {
  t.equal(read({ method: 'PROPFIND' }).head.method, 'PROPFIND')
  t.throws(() => read({ method: 'G T' }), { code: 'UND_ERR_INVALID_ARG' })
  t.throws(() => read({ method: undefined }), { code: 'UND_ERR_INVALID_ARG' })
  t.throws(() => read({ method: 'CONNECT' }), { code: 'UND_ERR_NOT_SUPPORTED' })
  t.equal(read({}).head.upgrade, null)
  t.equal(read({ upgrade: 'websocket' }).head.upgrade, 'websocket')
  t.throws(() => read({ upgrade: true }), { code: 'UND_ERR_INVALID_ARG' })
  t.throws(() => read({ upgrade: 'a\r\nb' }), { code: 'UND_ERR_INVALID_ARG' })
  t.strictSame(read({}).head.timeouts, { responseHead: 1000, idleBody: 2000 })
  t.strictSame(read({ headersTimeout: 0, bodyTimeout: null }).head.timeouts, { responseHead: 0, idleBody: 2000 })
  t.strictSame(read({ headersTimeout: 5, bodyTimeout: 6 }).head.timeouts, { responseHead: 5, idleBody: 6 })
  t.throws(() => read({ headersTimeout: -1 }), { code: 'UND_ERR_INVALID_ARG' })
  t.throws(() => read({ bodyTimeout: Infinity }), { code: 'UND_ERR_INVALID_ARG' })
})

t.test('Host comes first, and is left to the target if it was not given', async t => {
  t.match(read({ headers: { 'x-a': '1', host: 'h' } }).head, { headers: ['Host', 'h', 'x-a', '1'], hostIndex: 1, hostFromTarget: false })
  t.match(read({}).head, { headers: ['Host', ''], hostIndex: 1, hostFromTarget: true })
})

t.test('Connection: close is asked for by reset, or by the field', async t => {
  t.strictSame(read({ reset: true }).head.headers.slice(2), ['Connection', 'close'])
  t.strictSame(read({ headers: { connection: 'close' } }).head.headers.slice(2), ['Connection', 'close'])
  t.strictSame(read({ reset: true, upgrade: 'x' }).head.headers.slice(2), [])
})

t.test('a body says how long it is, where that is known', async t => {
  const length = (options: object): unknown => {
    const { head, body } = read({ method: 'POST', ...options })
    const at = head.headers.indexOf('Content-Length')
    return [at === -1 ? null : head.headers[at + 1], body === null ? 'none' : body.length]
  }
  t.strictSame(length({}), ['0', 'none'])
  t.strictSame(length({ method: 'GET' }), [null, 'none'])
  t.strictSame(length({ method: 'DELETE', headers: { 'content-length': '5' } }), [null, 'none'])
  t.strictSame(length({ body: '' }), ['0', 'none'])
  t.strictSame(length({ body: new Uint8Array(0) }), ['0', 'none'])
  t.strictSame(length({ body: 'grün' }), ['5', 5])
  t.strictSame(length({ body: new Uint8Array([1, 2, 3, 4]).subarray(1, 3) }), ['2', 2])
  t.strictSame(length({ body: new ArrayBuffer(3), method: 'GET' }), ['3', 3])
  t.strictSame(length({ body: Readable.from(['x']) }), [null, null])
  t.strictSame(length({ body: Readable.from(['x']), headers: { 'content-length': '1' } }), ['1', 1])
  t.strictSame(length({ body: ['a', 'b'] }), [null, null])
  t.strictSame(length({ body: new Blob(['abc']) }), ['3', 3])
})

t.test('a length that is not that of the body is refused', async t => {
  for (const body of ['ab', Buffer.from('ab'), new Blob(['ab'])]) {
    t.throws(() => read({ method: 'POST', body, headers: { 'content-length': '3' } }), { code: 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH' })
  }
  t.throws(() => read({ method: 'POST', body: 5 }), { code: 'UND_ERR_INVALID_ARG' })
  t.throws(() => read({ method: 'POST', body: {} }), { code: 'UND_ERR_INVALID_ARG' })
})

t.test('a body that knows its type says so, unless the headers do', async t => {
  const type = (options: object): unknown => {
    const { headers } = read({ method: 'POST', ...options }).head
    return headers.filter((_, i) => i % 2 === 1 && headers[i - 1]?.toLowerCase() === 'content-type')
  }
  t.strictSame(type({ body: new Blob(['x'], { type: 'text/x' }) }), ['text/x'])
  t.strictSame(type({ body: new Blob(['x']) }), [])
  t.strictSame(type({ body: new Blob(['x'], { type: 'text/x' }), headers: { 'Content-Type': 'text/y' } }), ['text/y'])
  t.match(type({ body: new FormData() }), [/^multipart\/form-data; boundary=/])
  t.strictSame(type({ body: 'x' }), [])
})
