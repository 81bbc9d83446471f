import t from 'tap'
import { DebugSecret } from '../../src/proxy/debug-secret.js'

t.test('is in a request that has exactly it, in a field of any spelling', async t => {
  const secret = new DebugSecret('open-sesame-0815')
  t.ok(secret.isIn(['Host', 'a', 'Headrace-Debug', 'open-sesame-0815']))
  t.ok(secret.isIn(['HEADRACE-debug', 'open-sesame-0815']))
  for (const headers of [
    [],
    ['Headrace-Debug', ''],
    ['Headrace-Debug', 'open-sesame-081'],
    ['Headrace-Debug', 'open-sesame-08155'],
    ['Headrace-Debug', 'Open-sesame-0815'],
    ['Headrace-Debug', ' open-sesame-0815'],
    ['Headrace_Debug', 'open-sesame-0815'],
    ['X-Headrace-Debug', 'open-sesame-0815'],
    ['Headrace-Debug', 'open-sesame-0815', 'Headrace-Debug', 'open-sesame-0815'],
    ['Headrace-Debug', 'x'.repeat(60_000)]
  ]) t.notOk(secret.isIn(headers), headers.join(': ').slice(0, 80))
})
