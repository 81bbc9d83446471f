import t from 'tap'
import { parseRequestTarget } from '../../src/proxy/request-target.js'

t.test('origin form passes byte for byte', async t => {
  for (const path of ['/', '/a?b', '/a/../b', '//evil.example/x', '/%zz', '/%', '/a%2Fb?c=%', '/?', '/??', '/a b', '/\\x', '/http://x/', '/\xe4']) {
    t.strictSame(parseRequestTarget(path, 'GET'), { path, authority: null })
  }
})

t.test('the asterisk is for OPTIONS alone', async t => {
  t.strictSame(parseRequestTarget('*', 'OPTIONS'), { path: '*', authority: null })
  for (const method of ['GET', 'HEAD', 'POST', 'PROPFIND', 'options']) t.equal(parseRequestTarget('*', method), null, method)
  t.equal(parseRequestTarget('*/a', 'OPTIONS'), null)
})

t.test('absolute form: its authority overrules, its path goes on', async t => {
  t.strictSame(parseRequestTarget('http://a.example:80/x?y', 'GET'), { path: '/x?y', authority: 'a.example:80' })
  t.strictSame(parseRequestTarget('HTTPS://a.example', 'GET'), { path: '/', authority: 'a.example' })
  t.strictSame(parseRequestTarget('http://a.example?x', 'GET'), { path: '/?x', authority: 'a.example' })
  t.strictSame(parseRequestTarget('http://[::1]:8080//x', 'GET'), { path: '//x', authority: '[::1]:8080' })
})

t.test('OPTIONS of an empty path becomes the asterisk (RFC 9112, section 3.2.4)', async t => {
  t.strictSame(parseRequestTarget('http://a.example', 'OPTIONS'), { path: '*', authority: 'a.example' })
  t.strictSame(parseRequestTarget('http://a.example/', 'OPTIONS'), { path: '/', authority: 'a.example' })
  t.strictSame(parseRequestTarget('http://a.example?x', 'OPTIONS'), { path: '/?x', authority: 'a.example' })
})

t.test('authorities that recipients could read differently are refused', async t => {
  for (const raw of ['http://', 'http:///x', 'http://user@a/', 'http://a:b@c/', 'http://good\\@evil/', 'http://a,b/', 'http://a b/', 'http://a:x/', 'http:/a', 'http:a']) {
    t.equal(parseRequestTarget(raw, 'GET'), null, raw)
  }
})

t.test('what is no request target is refused', async t => {
  for (const raw of ['', 'a', 'a/b', 'ftp://a/', '?x', '/a#b', '#', 'http://a/#x', '\\a', ' /a', 'a.example:443', 'file:///etc/passwd', 'javascript:1']) {
    t.equal(parseRequestTarget(raw, 'GET'), null, raw)
  }
})
