import t from 'tap'
import { seededRandom } from '../../../src/base/random.js'
import { Clients } from '../../../bench/strategies/clients.js'

t.test('without keys each client has its own, and each is as likely', async t => {
  const clients = new Clients(4, null, seededRandom(1))
  t.strictSame(clients.fields(3, clients.key(3)), { 'x-key': '3' })
  t.strictSame(new Set(Array.from({ length: 100 }, () => clients.any())), new Set([0, 1, 2, 3]))
})

t.test('keys are drawn anew for each request', async t => {
  const clients = new Clients(4, { count: 100, skew: 0 }, seededRandom(1))
  t.ok(new Set(Array.from({ length: 50 }, () => clients.key(0))).size > 20)
  t.strictSame(clients.fields(77, 77), { 'x-key': '77' })
  t.ok(Array.from({ length: 100 }, () => clients.any()).some(client => client > 50), 'whose key it is asks')
})

t.test('cookies are kept by client and name', async t => {
  const clients = new Clients(2, null, seededRandom(1))
  clients.keep(1, 'headrace-pool=a.b=c; Path=/; HttpOnly')
  clients.keep(1, 'other=1')
  clients.keep(1, 'other=2; Secure')
  clients.keep(1, 'nonsense')
  t.equal(clients.fields(1, 1)['cookie'], 'headrace-pool=a.b=c; other=2')
  t.equal(clients.fields(0, 0)['cookie'], undefined)
})
