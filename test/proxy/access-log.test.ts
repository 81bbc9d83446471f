import t from 'tap'
import { ProxyError } from '../../src/base/errors.js'
import { exchangeFields, logExchange, type Log } from '../../src/proxy/access-log.js'
import { Exchange } from '../../src/proxy/exchange.js'
import { exchangeHead } from './exchange-head.js'
import { FakeClient } from './fake-client.js'
import { FakeTransport, type FakeSending } from './fake-transport.js'
import { createPool, createRoute, FakeServices } from './route-world.js'

class Lines implements Log {
  readonly lines: Array<[level: string, message: string, fields: object]> = []
  readonly debug = (fields: object, message: string): void => { this.lines.push(['debug', message, fields]) }
  readonly info = (fields: object, message: string): void => { this.lines.push(['info', message, fields]) }
  readonly warn = (fields: object, message: string): void => { this.lines.push(['warn', message, fields]) }
  readonly error = (fields: object, message: string): void => { this.lines.push(['error', message, fields]) }
}

/** An exchange that went as `play` has it. */
function exchanged (play: (sending: FakeSending, exchange: Exchange, services: FakeServices) => void, targets = 2): Exchange {
  const services = new FakeServices()
  const transport = new FakeTransport()
  services.clock.advance(1000)
  const exchange = new Exchange(createRoute({}, services, createPool(targets), transport), exchangeHead(), null, new FakeClient())
  exchange.start()
  if (transport.sendings.length > 0) play(transport.last, exchange, services)
  return exchange
}

const answered = (): Exchange => exchanged((sending, _exchange, services) => {
  services.clock.advance(1.23456)
  sending.respond(200)
  sending.data('abc')
  services.clock.advance(2)
  sending.end()
})

t.test('one line says all of a request', async t => {
  t.strictSame(exchangeFields(answered()), {
    requestId: 'id-1',
    client: '192.0.2.7',
    method: 'GET',
    path: '/api/x?y',
    status: 200,
    bytes: 3,
    ms: 3.23,
    headMs: 1.23,
    pool: 'api',
    target: 'http://10.0.0.1:3000',
    attempts: 1,
    outcome: 'response'
  })
})

t.test('a failure says why, address and all: the log is not for the client', async t => {
  const failed = exchanged(sending => { sending.fail(new ProxyError('http_protocol_error', '10.0.0.1:3000 speaks gibberish'), 'all') })
  t.match(exchangeFields(failed), { status: 502, headMs: null, outcome: 'failure', error: 'http_protocol_error', reason: '10.0.0.1:3000 speaks gibberish', target: 'http://10.0.0.1:3000' })
})

t.test('without a target there is none to name', async t => {
  t.match(exchangeFields(exchanged(() => {}, 0)), { status: 503, target: null, attempts: 0, error: 'destination_unavailable' })
})

t.test('which lines are written, at which level', async t => {
  const failed = exchanged(sending => { sending.fail(new ProxyError('http_protocol_error', ''), 'all') })
  const aborted = exchanged(sending => { sending.respond(200); sending.fail(new ProxyError('http_response_incomplete', ''), 'all') })
  const left = exchanged((_sending, exchange) => { exchange.clientClosed() })
  for (const [exchange, access, expected] of [
    [answered(), true, [['info', 'request']]], [answered(), false, []],
    [left, true, [['info', 'request']]], [left, false, []],
    [failed, true, [['warn', 'request']]], [failed, false, [['warn', 'request failed']]],
    [aborted, true, [['warn', 'request']]], [aborted, false, [['warn', 'request failed']]]
  ] as const) {
    const log = new Lines()
    logExchange(log, exchange, access)
    t.strictSame(log.lines.map(([level, message]) => [level, message]), expected, `${exchange.outcome} ${access}`)
  }
})
