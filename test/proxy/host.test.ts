import fc from 'fast-check'
import t from 'tap'
import { hostName, isHost, readHost } from '../../src/proxy/host.js'

t.test('the one Host field, however its name is written', async t => {
  t.strictSame(readHost(['Accept', '*/*', 'hOsT', 'a.example:8080'], true), { host: 'a.example:8080' })
  t.strictSame(readHost(['Hosts', 'x', 'Host', 'a', 'Ghost', 'y'], true), { host: 'a' })
})

t.test('HTTP/1.1 must have one, HTTP/1.0 without Host may leave it out', async t => {
  t.strictSame(readHost(['Accept', '*/*'], true), { fault: 'missing' })
  t.strictSame(readHost(['Accept', '*/*'], false), { host: '' })
})

t.test('repeated is refused, be the values the same or the version old', async t => {
  for (const required of [true, false]) {
    t.strictSame(readHost(['Host', 'a', 'host', 'a'], required), { fault: 'repeated' })
    t.strictSame(readHost(['Host', 'a', 'HOST', 'b'], required), { fault: 'repeated' })
  }
})

t.test('invalid values are refused', async t => {
  const bad = ['', ' ', 'a b', 'a,b', 'a, b', 'a/b', 'a\\b', 'user@a', 'a?b', 'a#b', 'a:b', 'a:80:80', 'a:123456', ':80', 'http://a', '[::1', '::1', '[::g]', '[]', 'ä', 'a\tb', 'a"b', '<a>', 'a|b', `${'a'.repeat(256)}`]
  for (const host of bad) {
    t.notOk(isHost(host), host)
    t.strictSame(readHost(['Host', host], true), { fault: 'invalid' }, host)
  }
  // A line end must not slip in at the end either: `$` of a regular expression would let it in with the flag m.
  for (const host of ['a\n', 'a\r\n', 'a:80\n']) t.notOk(isHost(host))
})

t.test('valid values', async t => {
  for (const host of ['a', 'a.example', 'A.Example.', 'a:80', 'a:', '127.0.0.1:1', '[::1]', '[::1]:8080', '[::ffff:10.0.0.1]', 'xn--bcher-kva.example', 'my_service', 'a%20b', 'a~b']) t.ok(isHost(host), host)
})

t.test('the name that routes are matched against', async t => {
  for (const [host, name] of [['A.Example:8080', 'a.example'], ['a.example.', 'a.example'], ['a.example.:80', 'a.example'], ['a:', 'a'], ['[::1]', '[::1]'], ['[FE80::1]:80', '[fe80::1]'], ['', '']] as const) {
    t.equal(hostName(host), name, host)
  }
})

t.test('a name has no port, no capital and no way to look like another host', async t => {
  t.doesNotThrow(() => fc.assert(fc.property(fc.string({ unit: 'binary-ascii', maxLength: 20 }), text => {
    if (!isHost(text)) return
    const name = hostName(text)
    if (/[A-Z/\\@?#,\s]/.test(name)) throw new Error(name)
    if (!name.startsWith('[') && name.includes(':')) throw new Error(name)
  }), { numRuns: 2000, seed: 1 }))
})

t.test('a port that no port can be is invalid', async t => {
  for (const host of ['a:65536', 'a:99999', '[::1]:70000']) t.notOk(isHost(host), host)
  for (const host of ['a:65535', 'a:0', 'a:', '[::1]:443', '[::1]']) t.ok(isHost(host), host)
})
