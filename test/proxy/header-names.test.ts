import t from 'tap'
import { isResponseDropped, isTrailerAllowed, listedByConnection, requestField } from '../../src/proxy/header-names.js'

const HOP_BY_HOP = ['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'te', 'trailer', 'upgrade', 'http2-settings', 'proxy-authenticate', 'proxy-authentication-info']

t.test('hop-by-hop fields pass in neither direction', async t => {
  for (const name of HOP_BY_HOP) {
    t.equal(requestField(name), 'drop', name)
    t.ok(isResponseDropped(name), name)
    t.notOk(isTrailerAllowed(name), name)
  }
  t.equal(requestField('proxy-authorization'), 'drop')
})

t.test('end-to-end fields pass', async t => {
  for (const name of ['accept', 'cookie', 'authorization', 'content-length', 'content-type', 'x-y', 'x-forwarded', 'via', 'origin', 'sec-websocket-key', 'my_field', 'a.b', '_', 'x_y', '!#$%&\'*+-.^_`|~']) {
    t.equal(requestField(name), 'pass', name)
  }
  for (const name of ['set-cookie', 'content-length', 'etag', 'via', 'x_y']) t.notOk(isResponseDropped(name), name)
})

t.test('fields with a meaning of their own', async t => {
  t.equal(requestField('host'), 'host')
  t.equal(requestField('expect'), 'expect')
  t.equal(requestField('x-request-id'), 'request-id')
  for (const name of ['forwarded', 'x-real-ip', 'x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host', 'x-forwarded-port', 'x-forwarded-prefix', 'x-forwarded-']) t.equal(requestField(name), 'forwarding', name)
})

t.test('GHSA-f59h-q822-g45g, GHSA-49wc-4hcv-v58q: names that a backend may read as a guarded one are dropped', async t => {
  const spoofs = ['x_forwarded_for', 'x-forwarded_for', 'x_forwarded-for', 'x.forwarded.for', 'x_forwarded.proto', 'x_real_ip', 'x.real.ip', 'x_request_id', 'transfer_encoding', 'proxy_authorization', 'keep_alive', 'http2_settings', 'x+forwarded+for', 'x~real~ip', 'x!forwarded!host']
  for (const name of spoofs) t.equal(requestField(name), 'drop', name)
  t.equal(requestField('content_length'), 'drop', 'a second opinion on where the body ends')
})

t.test('what a Connection field lists', async t => {
  t.equal(listedByConnection([]), null)
  t.equal(listedByConnection(['Connection', 'keep-alive']), null)
  t.equal(listedByConnection(['Connection', 'close']), null)
  t.equal(listedByConnection(['CONNECTION', 'Keep-Alive, CLOSE,,  ,']), null)
  t.equal(listedByConnection(['Connections', 'x-a', 'X-Connection', 'x-b']), null)
  t.strictSame(listedByConnection(['cOnNeCtIoN', 'close, X-One,x-TWO ,\tx-three']), new Set(['x-one', 'x-two', 'x-three']))
})

t.test('several Connection fields add up', async t => {
  t.strictSame(listedByConnection(['Connection', 'x-a', 'Accept', 'x-no', 'connection', 'keep-alive', 'CONNECTION', 'x-b, close']), new Set(['x-a', 'x-b']))
})

t.test('a field that frames or addresses the message cannot be listed away', async t => {
  t.equal(listedByConnection(['Connection', 'Host, Content-Length, content-type, Transfer-Encoding']), null)
})

t.test('trailers: neither framing nor routing, no authentication, nothing the proxy vouches for', async t => {
  for (const name of ['host', 'content-length', 'content-encoding', 'content-type', 'content-range', 'authorization', 'cookie', 'set-cookie', 'www-authenticate', 'cache-control', 'expect', 'range', 'max-forwards', 'forwarded', 'x-real-ip', 'x-forwarded-for', 'x-forwarded-prefix', 'x-request-id', 'if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since', 'if-range', 'pragma']) {
    t.notOk(isTrailerAllowed(name), name)
  }
  for (const name of ['x_forwarded_for', 'x.real.ip', 'content_length', 'set_cookie']) t.notOk(isTrailerAllowed(name), name)
  for (const name of ['x-checksum', 'server-timing', 'grpc-status', 'grpc-message', 'digest', 'etag', 'my_sum']) t.ok(isTrailerAllowed(name), name)
})
