import t from 'tap'
import { parseAddress } from '../../src/upstream/address.js'

t.test('reads addresses into their canonical form', async t => {
  for (const [text, protocol, hostname, port, authority, origin] of [
    ['http://127.0.0.1:3001', 'http:', '127.0.0.1', 3001, '127.0.0.1:3001', 'http://127.0.0.1:3001'],
    ['http://B.Example', 'http:', 'b.example', 80, 'b.example', 'http://b.example'],
    ['http://b.example:80/', 'http:', 'b.example', 80, 'b.example', 'http://b.example'],
    ['https://b.example', 'https:', 'b.example', 443, 'b.example', 'https://b.example'],
    ['https://b.example:80', 'https:', 'b.example', 80, 'b.example:80', 'https://b.example:80'],
    ['http://[::1]:3001', 'http:', '::1', 3001, '[::1]:3001', 'http://[::1]:3001'],
    ['http://[0:0:0:0:0:0:0:1]:3001', 'http:', '::1', 3001, '[::1]:3001', 'http://[::1]:3001'],
    ['http://0x7f.1:1', 'http:', '127.0.0.1', 1, '127.0.0.1:1', 'http://127.0.0.1:1']
  ] as const) {
    t.strictSame(parseAddress(text), { protocol, hostname, port, socketPath: null, authority, origin }, text)
  }
})

t.test('reads Unix sockets', async t => {
  const expected = { protocol: 'http:', hostname: 'localhost', port: 80, socketPath: '/run/app.sock', authority: 'localhost', origin: 'unix:/run/app.sock' }
  t.strictSame(parseAddress('unix:/run/app.sock'), expected)
  t.strictSame(parseAddress('unix:///run/app.sock'), expected)
})

t.test('refuses the rest, saying why', async t => {
  for (const [text, why] of [
    ['', /not a URL/], ['foo', /not a URL/], ['localhost:3000', /not an http/], ['ftp://a', /not an http/], ['http://', /not a URL/],
    ['http://a:0', /port 0/], ['http://a:65536', /not a URL/], ['http://u@a', /user name or password/], ['http://:p@a', /user name or password/],
    ['http://a/b', /path or query/], ['http://a/?b', /path or query/], ['http://a/#b', /path or query/],
    ['unix:run/app.sock', /absolute/], ['unix:', /absolute/], ['unix:/', /absolute/], ['unix:///', /absolute/], ['unix:/a\0b', /absolute/],
    [`unix:/${'s'.repeat(107)}`, /path of a Unix socket can have \d+ bytes, and "\/s+" has 108/]
  ] as const) {
    t.throws(() => parseAddress(text), { name: 'TypeError', message: why }, JSON.stringify(text))
  }
})

t.test('never repeats a password', async t => {
  t.throws(() => parseAddress('http://u:hunter2@a'), { message: /^((?!hunter2).)*$/ })
})
