import t from 'tap'
import { prefixBytes } from '../../src/config/path-rules.js'
import { routeName } from '../../src/admin/route-name.js'
import { counted } from './counted-world.js'
import { metricsWriter } from '../../src/admin/metrics.js'

t.test('a route is called what its config calls it', async t => {
  t.equal(routeName({ host: 'shop.example', prefix: prefixBytes('/café/'), methods: ['GET', 'POST'] }), 'GET,POST shop.example/café')
  const made = counted({ route: { prefix: prefixBytes('/日本') } })
  t.match(made.route, { name: '/日本', prefix: '/日本' })
  t.match(await metricsWriter.write(made.snapshot), 'headrace_route_inflight{route="/日本",')
})
