import fc from 'fast-check'
import t from 'tap'
import { readCookie } from '../../src/balancing/cookie.js'
import { parseRequestKey } from '../../src/balancing/request-key.js'
import type { RequestView } from '../../src/balancing/strategy.js'
import { contextOf } from './fake-candidate.js'

const { request } = contextOf({
  path: '/a/b?x=1&name=J%C3%BCrgen+B&name=second&empty=&bare&bad=%zz',
  clientAddress: '10.0.0.7',
  headers: { 'x-tenant': 'acme', cookie: 'a=1; b="two"; a=3; c=' }
})
const nothing: RequestView = { method: 'GET', path: '/', clientAddress: null, header: () => undefined }

const keys: ReadonlyArray<readonly [string, string | null]> = [
  ['ip', '10.0.0.7'],
  ['path', '/a/b'],
  ['header:x-tenant', 'acme'],
  ['header:X-Tenant', 'acme'],
  ['header:x-none', null],
  ['cookie:a', '1'],
  ['cookie:b', 'two'],
  ['cookie:c', null],
  ['cookie:A', null],
  ['query:x', '1'],
  ['query:name', 'Jürgen B'],
  ['query:empty', null],
  ['query:bare', null],
  ['query:bad', '%zz'],
  ['query:none', null],
  ['{header:x-tenant}/{path}', 'acme//a/b'],
  ['v1:{ip}', 'v1:10.0.0.7'],
  ['{ip}{cookie:a}', '10.0.0.71'],
  ['{cookie:none}-{query:x}', '-1'],
  ['{cookie:none}-{query:none}', null]
]

for (const [description, key] of keys) {
  t.equal(parseRequestKey(description)(request), key, description)
}

t.test('of a request that has nothing there is no key, but for its path', async t => {
  for (const description of ['ip', 'header:a', 'cookie:a', 'query:a', '{ip}|{header:a}']) t.equal(parseRequestKey(description)(nothing), null, description)
  t.equal(parseRequestKey('path')(nothing), '/')
})

t.test('what is no key is refused, with a word of what would be', async t => {
  for (const bad of [
    '', ' ', 'IP', 'ip ', 'host', 'header', 'header:', 'header:a b', 'header:ü', 'cookie:', 'cookie:a;b', 'query:', 'body:x',
    '{', '}', '{}', '{ip', 'ip}', '{{ip}}', '{ip}}', '{ip}{', '{nothing}', 'a{header:}b', '{header:a b}'
  ]) {
    t.throws(() => parseRequestKey(bad), {
      name: 'TypeError',
      message: `expected "ip", "path", "header:NAME", "cookie:NAME", "query:NAME" or a template of them such as "{header:x-tenant}/{path}", got ${JSON.stringify(bad)}`
    }, bad)
  }
})

t.test('cookies: pairs as they come, the first of a name, quotes taken off', async t => {
  for (const [field, value] of [
    ['s=1', '1'], ['a=0;s=1', '1'], [' s = 1 ', '1'], ['s=1; s=2', '1'], ['s', undefined], ['s=', ''], ['=s', undefined], ['', undefined], [';;', undefined],
    ['xs=1', undefined], ['s=a=b', 'a=b'], ['s="q"', 'q'], ['s="', '"'], ['s=""', ''], ['S=1', undefined], ['a="s=1"; s=2', '2']
  ] as const) t.equal(readCookie(field, 's'), value, field)
})

t.test('whatever a client sends is read, and gives a key that is not empty or none', async t => {
  const read = keys.map(([description]) => parseRequestKey(description))
  t.doesNotThrow(() => fc.assert(fc.property(fc.string(), fc.string(), fc.option(fc.string()), (path, header, clientAddress) => {
    const sent = { method: 'GET', path, clientAddress, header: () => header }
    return read.every(keyOf => keyOf(sent) !== '')
  })))
})
