import t from 'tap'
import { readWrk } from '../../../bench/peers/generator.js'

t.test('what the load generator counted is read from its own line', t => {
  t.same(readWrk('Running 2s test\n  10 requests in 2.00s\nresult 5000 2500000 12345.000000 7\n'), {
    requests: 5000,
    requestsPerSecond: 2000,
    p99: 12.345,
    errors: 7
  })
  t.throws(() => readWrk('unable to connect\n'), { message: /unable to connect/ })
  t.end()
})
