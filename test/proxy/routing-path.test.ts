import fc from 'fast-check'
import t from 'tap'
import { depth, resolveDots, routableTarget, routingPath } from '../../src/proxy/routing-path.js'

t.test('a plain path is itself, without the query', async t => {
  for (const path of ['/', '/a', '/a/', '/a/b.c/d', '/a;b=c/d', '/a..b/c', '/\xc3\xa4', '/*', '/a:b@c']) {
    t.strictSame(routingPath(path), { path, offsets: null, dots: 'none' }, path)
    t.strictSame(routingPath(`${path}?/../%2e//\\`), { path, offsets: null, dots: 'none' }, `${path}?`)
  }
})

t.test('decoded once, slashes merged, backslashes taken for slashes', async t => {
  for (const [raw, path] of [
    ['/%61pi', '/api'], ['//api', '/api'], ['/api//x', '/api/x'], ['///', '/'], ['/a%2Fb', '/a/b'], ['/a%2f%2Fb', '/a/b'], ['/a\\b', '/a/b'], ['/a%5Cb', '/a/b'], ['/a\\/b', '/a/b'],
    ['/%252e', '/%2e'], ['/%', '/%'], ['/%zz/%4', '/%zz/%4'], ['/%4\xe4', '/%4\xe4'], ['/a%3Fb', '/a?b'], ['/a%3fb?c', '/a?b'], ['/.a', '/.a'], ['/a/...', '/a/...'], ['/%c3%a4', '/\xc3\xa4'], ['/%00', '/\0']
  ] as const) {
    const { path: got, dots } = routingPath(raw)
    t.equal(got, path, raw)
    t.equal(dots, 'none', raw)
  }
})

t.test('dot segments are seen', async t => {
  for (const raw of ['/.', '/..', '/a/.', '/a/..', '/a/./b', '/a/../b', '/a/b/../../c', '/../a', '/a/.?x', '/a%20b/../c', '/a/%2e/b', '/a//./b', '/.;x/a']) t.equal(routingPath(raw).dots, 'plain', raw)
})

t.test('a climb that servers read differently is unclear: %2e%2e, %2f, backslash, double slashes, path parameters', async t => {
  for (const raw of [
    '/a/%2e%2e', '/a/%2E%2e/b', '/a/.%2e/b', '/a/%2e./b', '/a%2f..', '/a%2F../b', '/a/..%2fb', '/a\\..\\b', '/a/..\\b', '/a%5c..', '/a/..%5cb', '/a//../b', '/a/b//x/../c', '/a/../b//c',
    '/a/b%2fc/../d', '/a/..;/b', '/a/..;x=y/b', '/a/..%3b/b', '/a\\b/../c', '/%2e%2e%2f%2e%2e%2f'
  ]) t.equal(routingPath(raw).dots, 'unclear', raw)
})

t.test('offsets say where each character begins in the raw path', async t => {
  const raw = '//%61p%69//x%2f?q=%61'
  const { path, offsets } = routingPath(raw)
  t.equal(path, '/api/x/')
  t.strictSame(offsets?.map(offset => raw.slice(offset)), ['//%61p%69//x%2f?q=%61', '%61p%69//x%2f?q=%61', 'p%69//x%2f?q=%61', '%69//x%2f?q=%61', '//x%2f?q=%61', 'x%2f?q=%61', '%2f?q=%61', '?q=%61'])
})

t.test('dot segments resolved (RFC 3986, section 5.2.4)', async t => {
  for (const [path, floor, resolved] of [
    ['/a/b/c/./../../g', 0, '/a/g'], ['/a/..', 0, '/'], ['/a/b/..', 0, '/a'], ['/a/./b/', 0, '/a/b/'], ['/..', 0, null], ['/a/../..', 0, null], ['/api/..', 1, null], ['/api/x/..', 1, '/api'],
    ['/api/x/../..', 1, null], ['/api/./x', 1, '/api/x'], ['/api/x/../../api', 1, null], ['/a/.;x/b', 0, '/a/b'], ['/...', 0, '/...']
  ] as const) t.equal(resolveDots(path, floor), resolved, `${path} ${floor}`)
})

t.test('depth', async t => {
  t.strictSame(['/', '/a', '/a/b'].map(depth), [0, 1, 2])
})

t.test('what a router gets to read: as it came where possible', async t => {
  for (const raw of ['/', '/a?b', '/a/../b', '/%61', '/a%2fb', '/a?%zz//', '/.a']) t.equal(routableTarget(raw), raw)
  t.equal(routableTarget('//a///b?c//d'), '/a/b?c//d')
  for (const [raw, readable] of [['/%zz', '/%25zz'], ['/%', '/%25'], ['/%61/%ff?%', '/%2561/%25ff?%']] as const) t.equal(routableTarget(raw), readable)
})

const piece = fc.constantFrom('/', '//', '\\', '%2f', '%5C', '.', '..', '%2e', '%', '%4', '%41', 'a', 'api', ';', '?', '\xe4', '%C3')
const rawPath = fc.array(piece, { maxLength: 12 }).map(pieces => `/${pieces.join('')}`)

t.test('any path: the same through the quick way and the long one, no double slash, offsets that fit', async t => {
  t.doesNotThrow(() => fc.assert(fc.property(rawPath, raw => {
    const { path, offsets } = routingPath(raw)
    const query = raw.indexOf('?')
    const before = query === -1 ? raw : raw.slice(0, query)
    const decoded = before.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))).replace(/[\\/]+/g, '/')
    if (path !== decoded) throw new Error(`${path} is not ${decoded}`)
    if (offsets === null) return
    if (offsets.length !== path.length + 1 || offsets.at(-1) !== before.length) throw new Error('offsets do not fit')
    for (let i = 1; i < offsets.length; i++) if ((offsets[i] ?? 0) <= (offsets[i - 1] ?? 0)) throw new Error('offsets do not grow')
  }), { numRuns: 5000, seed: 4 }))
})

t.test('any path becomes one that a router can decode, with its query kept', async t => {
  t.doesNotThrow(() => fc.assert(fc.property(rawPath, raw => {
    const readable = routableTarget(raw)
    const query = raw.indexOf('?')
    const path = readable.slice(0, query === -1 ? undefined : readable.indexOf('?'))
    decodeURIComponent(path)
    if (query !== -1 && !readable.endsWith(raw.slice(query))) throw new Error(readable)
    if (path.includes('//') || !path.startsWith('/')) throw new Error(path)
  }), { numRuns: 2000, seed: 5 }))
})

t.test('a long path costs time in proportion', async t => {
  // A regular expression that backtracks would take for ever here; there is no clock in this test but its own time limit.
  for (const raw of [`/${'a/'.repeat(8000)}%`, '/'.repeat(16000), `/${'a'.repeat(16000)}\\`, `/${'../'.repeat(5000)}`, `/${'%2e%2e%2f'.repeat(1700)}`]) t.type(routingPath(raw).path, 'string')
})
