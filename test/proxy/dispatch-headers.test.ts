import t from 'tap'
import { dispatchHeaders } from '../../src/proxy/dispatch-headers.js'

t.test('every shape of headers says the same', async t => {
  const fields = ['X-A', '1', 'x-b', '2', 'x-b', '3', 'x-null', '', 'X-Yes', 'true']
  const shapes = [
    { 'X-A': 1, 'x-b': ['2', 3], 'x-none': undefined, 'x-null': null, 'X-Yes': true },
    ['X-A', '1', 'x-b', ['2', '3'], 'x-none', undefined, 'x-null', null, 'X-Yes', true],
    new Map<string, unknown>([['X-A', 1], ['x-b', ['2', '3']], ['x-none', undefined], ['x-null', null], ['X-Yes', true]])
  ]
  for (const shape of shapes) t.strictSame(dispatchHeaders(shape).fields, fields)
  t.strictSame(dispatchHeaders(new Headers({ 'x-a': '1' })).fields, ['x-a', '1'])
  for (const nothing of [undefined, null, {}, []]) t.strictSame(dispatchHeaders(nothing).fields, [])
})

t.test('host, length and type are found in any case', async t => {
  t.match(dispatchHeaders({ HOST: 'a.example', 'Content-Length': '12', 'content-TYPE': 'x/y' }), {
    host: 'a.example', contentLength: 12, hasContentType: true, close: false, fields: ['content-TYPE', 'x/y']
  })
  t.match(dispatchHeaders({ host: undefined, 'content-length': 7 }), { host: null, contentLength: 7, hasContentType: false })
})

t.test('fields of this hop stay behind, and close is remembered', async t => {
  const hop = { Connection: 'keep-alive', 'Keep-Alive': 'timeout=5', 'Transfer-Encoding': 'chunked', Upgrade: 'x', 'Proxy-Connection': 'close', Expect: '100-continue' }
  t.match(dispatchHeaders(hop), { fields: [], close: false })
  t.match(dispatchHeaders({ connection: 'TE, Close' }), { fields: [], close: true })
  t.match(dispatchHeaders({ connection: 'closed' }), { close: false })
})

t.test('what cannot be sent is refused', async t => {
  const bad = [
    { 'a b': '1' }, { '': '1' }, { 'x-a': 'a\r\nb: c' }, { 'x-a': 'snow \u2603' }, { 'x-a': { b: 1 } }, { 'x-a': ['ok', {}] }, { 'x-a': Symbol('no') },
    ['x-a'], [['x-a', '1']], new Set(['x-a']), 'x-a: 1', 7,
    { host: ['a', 'b'] }, { host: 'a', HOST: 'b' }, { 'content-length': ['1', '1'] }, { 'content-length': '-1' }, { 'content-length': '1e3' },
    { 'content-length': '99999999999999999999' }
  ]
  for (const headers of bad) t.throws(() => dispatchHeaders(headers), { code: 'UND_ERR_INVALID_ARG' })
})
