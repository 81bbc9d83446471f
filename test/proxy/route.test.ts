import fc from 'fast-check'
import t from 'tap'
import type { RouteConfig } from '../../src/proxy/route-config.js'
import { routingPath } from '../../src/proxy/routing-path.js'
import { createRoute, retryRules, routeConfig } from './route-world.js'

function targetPath (config: Partial<RouteConfig>, raw: string): string {
  return createRoute(config).targetPath(raw, routingPath(raw))
}

t.test('without a rewrite the path goes on byte for byte', async t => {
  for (const raw of ['/', '/api', '//api//x?', '/%61pi/%zz', '/api/./x', '*', '/api?a=%2f']) {
    t.equal(targetPath({ prefix: '/api' }, raw), raw)
  }
})

t.test('stripPrefix', async t => {
  for (const [raw, path] of [['/api', '/'], ['/api/', '/'], ['/api/x', '/x'], ['/api?q', '/?q'], ['/api/?q', '/?q'], ['/api/x/?q=/api', '/x/?q=/api'], ['*', '*']] as const) {
    t.equal(targetPath({ prefix: '/api', stripPrefix: true }, raw), path, raw)
  }
  t.equal(targetPath({ prefix: '/', stripPrefix: true }, '/x/y?z'), '/x/y?z')
})

t.test('rewritePrefix', async t => {
  for (const [raw, path] of [['/api', '/v1'], ['/api/', '/v1/'], ['/api/x', '/v1/x'], ['/api?q', '/v1?q'], ['/api/x%20y?q', '/v1/x%20y?q']] as const) {
    t.equal(targetPath({ prefix: '/api', rewritePrefix: '/v1' }, raw), path, raw)
    t.equal(targetPath({ prefix: '/api', rewritePrefix: '/v1/' }, raw), path, `${raw}, with a slash at the end of the rule`)
  }
  t.equal(targetPath({ prefix: '/', rewritePrefix: '/v1' }, '/x'), '/v1/x')
  t.equal(targetPath({ prefix: '/', rewritePrefix: '/v1' }, '/'), '/v1/')
  t.equal(targetPath({ prefix: '/api', rewritePrefix: '/', stripPrefix: true }, '/api/x'), '/x')
})

t.test('a prefix that the client wrote in another way is taken off as it was written', async t => {
  for (const [raw, path] of [
    ['/%61pi/x', '/v1/x'], ['//api/x', '/v1/x'], ['/api//x', '/v1//x'], ['/%61%70%69', '/v1'], ['/%61pi?q', '/v1?q'], ['/api%2fx', '/v1/%2fx'], ['/api%2Fx', '/v1/%2Fx'], ['/api\\x', '/v1/\\x'], ['/api%5cx', '/v1/%5cx'],
    ['//%61pi//%2f?q', '/v1//%2f?q'], ['/a%70i/%zz', '/v1/%zz'], ['/api/x/../y', '/v1/x/../y']
  ] as const) t.equal(targetPath({ prefix: '/api', rewritePrefix: '/v1' }, raw), path, raw)
  t.equal(targetPath({ prefix: '/a/b', rewritePrefix: '/v1' }, '/a%2fb/c'), '/v1/c')
  t.equal(targetPath({ prefix: '/\xc3\xa4', rewritePrefix: '/v1' }, '/%C3%A4/c'), '/v1/c', 'characters beyond ASCII, in bytes')
})

t.test('the rest is the client\'s bytes, whatever they are', async t => {
  const prefixes = fc.constantFrom('/api', '/%61pi', '//api', '/%61%70%69', '///a%70i')
  const rest = fc.array(fc.constantFrom('/', 'x', '%2f', '%zz', '%', '\\', '.', '?', '=', '\xe4', '%00', ';'), { maxLength: 8 }).map(pieces => pieces.join(''))
  fc.assert(fc.property(prefixes, fc.constantFrom('', '/', '?'), rest, (written, separator, rest) => {
    if (separator === '' && rest !== '') return
    t.equal(targetPath({ prefix: '/api', rewritePrefix: '/v1' }, `${written}${separator}${rest}`), `/v1${separator}${rest}`)
  }), { numRuns: 500, seed: 8 })
})

t.test('methods', async t => {
  t.ok(createRoute().accepts('ANY'))
  const route = createRoute({ methods: ['GET'] })
  t.ok(route.accepts('GET'))
  t.notOk(route.accepts('POST'))
})

t.test('the limit on a response head is the shorter of the route\'s and the attempt\'s', async t => {
  const { timeouts } = routeConfig()
  for (const [responseHead, perTryTimeout, expected] of [[0, 0, 0], [5, 0, 5], [0, 3, 3], [5, 3, 3], [3, 5, 3]] as const) {
    const { attemptTimeouts } = createRoute({ timeouts: { ...timeouts, responseHead, idleBody: 7 }, retry: { ...retryRules, perTryTimeout } })
    t.strictSame(attemptTimeouts, { responseHead: expected, idleBody: 7 })
  }
})
