import t from 'tap'
import { adminFaults } from '../../src/config/admin-schema.js'
import { resolveAdmin } from '../../src/config/resolve-admin.js'

const TOKEN = 'a-token-that-nobody-guesses'

t.test('the token is required where others can reach the listener', async t => {
  for (const host of ['127.0.0.1', '127.9.9.9', '::1', '0:0:0:0:0:0:0:1', '::ffff:127.0.0.1', 'localhost', 'LocalHost', undefined]) {
    t.strictSame(adminFaults(host === undefined ? {} : { host }), [], host ?? 'the default')
  }
  for (const host of ['0.0.0.0', '::', '10.0.0.1', '128.0.0.1', 'fe80::1', 'admin.example', 'localhost.example']) {
    t.strictSame(adminFaults({ host }), [{ path: 'admin.token', message: `required, as others can reach "${host}"` }])
    t.strictSame(adminFaults({ host, token: '' }).length, 1, 'an empty one is none')
    t.strictSame(adminFaults({ host, token: TOKEN }), [])
  }
  t.strictSame(adminFaults({ path: 'admin.sock' }), [], 'the file system says who may use a socket')
})

t.test('a token that is no good is not repeated', async t => {
  t.strictSame(adminFaults({ token: 'short' }), [{ path: 'admin.token', message: 'expected a secret of at least 16 characters, got one of 5' }])
  t.strictSame(adminFaults({ token: 'with a blank in it' }), [{ path: 'admin.token', message: 'can hold visible ASCII characters only' }])
  t.strictSame(adminFaults({ token: 'ümläute-everywhere' }).length, 1)
})

t.test('what has the wrong form is passed over', async t => {
  for (const admin of [undefined, null, 'on', [], { host: 5 }, { host: '0.0.0.0', token: 5 }]) t.strictSame(adminFaults(admin), [])
})

t.test('resolving', async t => {
  t.equal(resolveAdmin(undefined, '/etc'), null, 'left out: there is none')
  t.strictSame(resolveAdmin({}, '/etc'), { address: { host: '127.0.0.1', port: 9090 }, token: null })
  t.strictSame(resolveAdmin({ port: 0, token: TOKEN }, '/etc'), { address: { host: '127.0.0.1', port: 0 }, token: TOKEN })
  t.strictSame(resolveAdmin({ path: 'admin.sock', token: '' }, '/etc/headrace'), { address: { path: '/etc/headrace/admin.sock' }, token: null })
})
