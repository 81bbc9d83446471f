import t from 'tap'
import { Statistics } from '../../src/admin/statistics.js'
import { VirtualClock } from '../../src/base/virtual-clock.js'
import { fakeLoop } from './fake-loop.js'

const route = (prefix: string, pool = 'api') => ({ host: null, prefix, methods: null, pool })

t.test('a route has its numbers as long as it is there, and begins anew when it comes back', async t => {
  const statistics = new Statistics(new VirtualClock(), fakeLoop)
  t.teardown(() => { statistics.stop() })
  const [a, b, elsewhere] = [route('/a'), route('/b'), route('/b', 'web')].map(statistics.route)
  t.equal(new Set([a, b, elsewhere]).size, 3, 'each its own, by pool too')
  statistics.keep([route('/a'), route('/b')])
  t.equal(statistics.route(route('/a')), a)
  t.equal(statistics.route(route('/b')), b)
  t.not(statistics.route(route('/b', 'web')), elsewhere)
})
