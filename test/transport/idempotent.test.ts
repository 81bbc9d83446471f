import t from 'tap'
import { isIdempotent } from '../../src/transport/idempotent.js'

t.test('which methods may be repeated', async t => {
  for (const method of ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'QUERY', 'PROPFIND', 'REPORT', 'SEARCH']) t.ok(isIdempotent(method), method)
  for (const method of ['POST', 'PATCH', 'LOCK', 'MOVE', 'COPY', 'MKCOL', 'PURGE', 'get', '']) t.notOk(isIdempotent(method), method)
})
