import t from 'tap'
import { RoundRobin } from '../../src/balancing/round-robin.js'
import type { Candidate, PickContext } from '../../src/balancing/strategy.js'
import { addedFields, debugFields } from '../../src/proxy/added-fields.js'
import { Exchange } from '../../src/proxy/exchange.js'
import { Pool } from '../../src/upstream/pool.js'
import { exchangeHead } from './exchange-head.js'
import { FakeClient } from './fake-client.js'
import { FakeTransport } from './fake-transport.js'
import { createRoute, FakeServices } from './route-world.js'

class Naming extends RoundRobin {
  readonly #silent: boolean
  constructor (silent: boolean) { super(); this.#silent = silent }

  responseFields ({ id }: Candidate, { request }: PickContext): readonly string[] | null {
    return this.#silent ? null : ['X-Chosen', id, 'X-Path', request.path]
  }
}

function exchangeOf (options: { debug?: boolean, silent?: boolean, targets?: number } = {}): Exchange {
  const { debug = false, silent = false, targets = 1 } = options
  const services = new FakeServices()
  const pool = new Pool({ name: 'api', strategyName: 'naming', strategy: () => new Naming(silent), whenAllDown: 'fail', clock: services.clock })
  pool.reconcile(Array.from({ length: targets }, (_, i) => ({ url: `http://10.0.0.${i + 1}:3000` })))
  const exchange = new Exchange(createRoute({}, services, pool, new FakeTransport()), exchangeHead({ debug }), null, new FakeClient())
  exchange.start()
  return exchange
}

t.test('what the strategy asks for, of the target that was chosen and the request that was sent', async t => {
  t.strictSame(addedFields(exchangeOf()), ['X-Chosen', 'api/http://10.0.0.1:3000', 'X-Path', '/api/x?y'])
  t.strictSame(addedFields(exchangeOf({ silent: true })), [])
})

t.test('the explanation for who may see it, behind the strategy\'s own', async t => {
  const [, , , , name, value = ''] = addedFields(exchangeOf({ debug: true }))
  t.equal(name, 'Headrace-Debug')
  t.match(JSON.parse(value), { pool: 'api', strategy: 'naming', choices: [{ chosen: 'http://10.0.0.1:3000' }] })
  t.strictSame(addedFields(exchangeOf({ debug: true, silent: true })).length, 2)
})

t.test('where nobody was chosen there is nothing to remember', async t => {
  const exchange = exchangeOf({ targets: 0, debug: true })
  t.equal(exchange.target, null)
  t.match(addedFields(exchange), ['Headrace-Debug', /"chosen":null/])
})

t.test('an answer of the proxy\'s own has the explanation at most', async t => {
  t.strictSame(debugFields(exchangeOf()), [])
  t.strictSame(debugFields(exchangeOf({ debug: true }))[0], 'Headrace-Debug')
  t.equal(debugFields(exchangeOf({ debug: true })).length, 2)
})

t.test('stays short enough for clients to take, whatever the pool', async t => {
  const [, value = ''] = debugFields(exchangeOf({ debug: true, targets: 250 }))
  t.ok(value.length < 4096, `${value.length} bytes`)
  t.match(JSON.parse(value), { choices: [{ chosen: 'http://10.0.0.1:3000', targets: [{}], of: 250 }] })
})
