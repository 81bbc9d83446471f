import t from 'tap'
import type { ExchangeHead } from '../../src/proxy/exchange-head.js'
import { joinedValue, RequestContext } from '../../src/proxy/request-context.js'
import { exchangeHead } from './exchange-head.js'
import { FakeServices } from './route-world.js'

const services = new FakeServices()
const context = (head: Partial<ExchangeHead>): RequestContext => new RequestContext(exchangeHead(head), services)

t.test('shows the request as the client sent it', async t => {
  const { request } = context({ method: 'POST', path: '/v1/x', originalPath: '/api/x?y', clientAddress: '192.0.2.7' })
  t.match(request, { method: 'POST', path: '/api/x?y', clientAddress: '192.0.2.7' })
  t.equal(context({ clientAddress: null }).request.clientAddress, null)
})

t.test('the path of a whole URL is its path', async t => {
  for (const [sent, path, method] of [
    ['http://shop.example/api/x?y', '/api/x?y'],
    ['HTTP://shop.example:81?y', '/?y'],
    ['https://shop.example', '/'],
    ['*', '*', 'OPTIONS'],
    ['/http://x', '/http://x']
  ] as const) t.equal(context({ originalPath: sent, method: method ?? 'GET' }).path, path, sent)
})

t.test('fields are those that the client sent, whatever goes to the target', async t => {
  const { request } = context({ headers: ['Host', 'a', 'X-User', 'rewritten'], received: ['Host', 'b', 'x-uSER', 'one', 'Cookie', 'a=1', 'X-User', 'two', 'cookie', 'b=2'] })
  t.equal(request.header('x-user'), 'one, two')
  t.equal(request.header('cookie'), 'a=1; b=2', 'cookies are joined in their own way')
  t.equal(request.header('host'), 'b')
  t.equal(request.header('x-none'), undefined)
  t.equal(joinedValue(['A', '', 'a', ''], 'a'), ', ')
  t.equal(joinedValue([], 'a'), undefined)
})

t.test('chance and time are those of the route', async t => {
  const of = context({})
  services.draw = 0.25
  t.equal(of.random(), 0.25)
  services.clock.advance(40)
  t.equal(of.now(), 40)
})

t.test('chance and time may be taken out of it, as strategies do', async t => {
  const { random, now } = context({})
  const number = random()
  t.ok(number >= 0 && number < 1)
  t.equal(now(), services.clock.now())
})
