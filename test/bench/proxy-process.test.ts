import t from 'tap'
import { addressIn } from '../../bench/proxy-process.js'

t.test('the line that says where the program listens is told from others', t => {
  t.equal(addressIn('{"level":30,"time":1,"msg":"listening","address":"http://127.0.0.1:8080"}'), 'http://127.0.0.1:8080')
  for (const other of ['', 'listening', '{"msg":"listening"}', '{"msg":"other","address":"http://127.0.0.1:1"}', '{"msg":"listening","address":1}', 'null', '"listening"']) {
    t.equal(addressIn(other), undefined, other)
  }
  t.end()
})
