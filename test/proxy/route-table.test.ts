import fc from 'fast-check'
import t from 'tap'
import type { RouteConfig } from '../../src/proxy/route-config.js'
import { RouteTable } from '../../src/proxy/route-table.js'
import type { Route } from '../../src/proxy/route.js'
import { depth, routingPath } from '../../src/proxy/routing-path.js'
import { readings } from './path-readings.js'
import { createRoute } from './route-world.js'

/** A table of routes, and a way to ask it by config. */
function tableOf (...configs: ReadonlyArray<Partial<RouteConfig>>): { table: RouteTable, ask: (host: string, path: string, method?: string) => number } {
  const routes = configs.map(config => createRoute(config))
  const table = new RouteTable(routes)
  return {
    table,
    ask: (host, path, method = 'GET') => {
      const route = table.match(host, routingPath(path).path, method)
      return route === null ? -1 : routes.indexOf(route)
    }
  }
}

t.test('the longest prefix wins, in whole segments', async t => {
  const { ask } = tableOf({ prefix: '/' }, { prefix: '/api' }, { prefix: '/api/v2/users' }, { prefix: '/ap' })
  for (const [path, expected] of [['/', 0], ['/x', 0], ['/api', 1], ['/api/', 1], ['/api/x', 1], ['/apix', 0], ['/ap', 3], ['/ap/i', 3], ['/api/v2', 1], ['/api/v2/users', 2], ['/api/v2/users/1', 2], ['/api/v2/usersx', 1], ['/API', 0], ['/api?x', 1], ['/%61pi', 1], ['//api', 1], ['/api%2fx', 1]] as const) {
    t.equal(ask('a', path), expected, path)
  }
})

t.test('no match is null', async t => {
  const { ask } = tableOf({ prefix: '/api' }, { host: 'a.example', prefix: '/' })
  t.equal(ask('b', '/'), -1)
  t.equal(ask('b', '/apix'), -1)
  t.equal(ask('b', '/api'), 0)
  t.equal(ask('a.example', '/'), 1)
  t.equal(new RouteTable([]).match('a', '/', 'GET'), null)
})

t.test('methods: a route for named ones is more exact; one that does not fit falls through to a shorter prefix', async t => {
  const { ask } = tableOf({ prefix: '/api' }, { prefix: '/api', methods: ['POST', 'PUT'] }, { prefix: '/', methods: ['GET', 'DELETE'] }, { prefix: '/only', methods: ['POST'] })
  t.equal(ask('a', '/api', 'POST'), 1)
  t.equal(ask('a', '/api', 'GET'), 0)
  t.equal(ask('a', '/only', 'POST'), 3)
  t.equal(ask('a', '/only', 'GET'), 2)
  t.equal(ask('a', '/only', 'PATCH'), -1)
  t.equal(ask('a', '/api', 'post'), 0, 'methods are case-sensitive')
})

t.test('hosts: exact, then the longest pattern, then any; each falls through to the next', async t => {
  const { ask } = tableOf({ prefix: '/' }, { host: 'shop.example', prefix: '/a' }, { host: '*.example', prefix: '/b' }, { host: '*.eu.example', prefix: '/' }, { host: '[::1]', prefix: '/' })
  t.equal(ask('shop.example', '/a'), 1)
  t.equal(ask('shop.example', '/b'), 2)
  t.equal(ask('shop.example', '/c'), 0)
  t.equal(ask('x.eu.example', '/b'), 3)
  t.equal(ask('y.x.eu.example', '/a'), 3)
  t.equal(ask('eu.example', '/b'), 2)
  t.equal(ask('example', '/b'), 0, 'a pattern stands for names below, not for itself')
  t.equal(ask('[::1]', '/'), 4)
  t.equal(ask('', '/'), 0)
})

t.test('CVE-2026-55602: a host is compared as a whole, never as a part of another', async t => {
  const { ask } = tableOf({ prefix: '/' }, { host: 'shop.example', prefix: '/' }, { host: '*.internal.example', prefix: '/' })
  for (const host of ['shop.example.evil', 'xshop.example', 'x.shop.example', 'shop.exampl', 'hop.example', 'internal.example', 'xinternal.example', 'a.internal.example.evil', 'evil/shop.example', '.shop.example']) {
    t.equal(ask(host, '/'), 0, host)
  }
  t.equal(ask('a.internal.example', '/'), 2)
})

t.test('GHSA-qmw8-3v4g-gwj4, GHSA-c4qr-gmr9-v23w: a path that leads out of its route is caught', async t => {
  const { table } = tableOf({ prefix: '/' }, { prefix: '/api', rewritePrefix: '/v1' }, { prefix: '/api/secret' })
  const escapes = (raw: string): boolean => {
    const routing = routingPath(raw)
    const route = table.match('a', routing.path, 'GET')
    if (route === null) throw new Error('it has a route')
    return table.escapes(route, 'a', routing, 'GET')
  }
  for (const raw of [
    '/..', '/../x', '/api/..', '/api/../x', '/api/x/../../y', '/api/./../y', '/x/../api', '/x/../../api', '/api/x/../secret', '/api/./secret', '/./api', '/api/secret/..', '/api/secret/../x',
    '/api/%2e%2e/x', '/api/%2E%2E%2Fx', '/api%2f..%2fx', '/api/..%2fx', '/api\\..\\x', '/api/..\\x', '/api%5c..%5cx', '/api//../x', '/api/x%2f../../y', '/api/.%2e/x', '/api/..;/x',
    '/api/x%2fy/../../../secret', '/api//x/..//..//y'
  ]) t.ok(escapes(raw), raw)
  for (const raw of ['/', '/api', '/api/x/../y', '/api/./y', '/api/.', '/x/../y', '/api/..x', '/api/...', '/api/%252e%252e/x', '/api//x', '/api%2fx', '/api\\x', '/api/x?/../..', '/api/a;b/../c', '/api/a%20b/../c']) {
    t.notOk(escapes(raw), raw)
  }
})

t.test('GHSA-qmw8-3v4g-gwj4: segments that only some servers see cannot pay for a climb', async t => {
  // Depth by our count 3 and 2, by that of a server which keeps %2f or merges slashes 2 and 1: it would climb out of /v1.
  const { table } = tableOf({ prefix: '/' }, { prefix: '/api', rewritePrefix: '/v1' }, { prefix: '/a/secret' })
  for (const raw of ['/api/b%2fx/../../secret', '/api/b\\x/../../secret', '/api/b%5cx/../../secret', '/a/b//../../secret', '/a/b/%2e%2e/../secret']) {
    const routing = routingPath(raw)
    const route = table.match('a', routing.path, 'GET')
    t.ok(route !== null && table.escapes(route, 'a', routing, 'GET'), raw)
  }
})

t.test('a climb into a route of another host, or for other methods, is caught', async t => {
  const { table } = tableOf({ prefix: '/' }, { host: 'a.example', prefix: '/x/y' }, { prefix: '/p', methods: ['POST'] })
  const escapes = (host: string, raw: string, method: string): boolean => {
    const routing = routingPath(raw)
    const route = table.match(host, routing.path, method)
    if (route === null) throw new Error('it has a route')
    return table.escapes(route, host, routing, method)
  }
  t.ok(escapes('a.example', '/x/z/../y', 'GET'))
  t.notOk(escapes('b.example', '/x/z/../y', 'GET'))
  t.ok(escapes('b.example', '/q/../p', 'POST'))
  t.notOk(escapes('b.example', '/q/../p', 'GET'))
})

const segment = fc.constantFrom('a', 'b', 'ab', 'api', 'x')
const prefix = fc.array(segment, { maxLength: 3 }).map(segments => `/${segments.join('/')}`)
const host = fc.constantFrom(null, 'a.example', 'b.a.example', '*.example', '*.a.example')
const methods = fc.constantFrom(null, ['GET'], ['POST', 'PUT'])
const routes = fc.uniqueArray(fc.record({ prefix, host, methods }), { maxLength: 10, selector: route => JSON.stringify(route) })

/** What matching means, in the plainest words. */
function naive (all: readonly Route[], host: string, path: string, method: string): Route | null {
  const segments = path.split('/').filter(segment => segment !== '')
  const hostRank = ({ config }: Route): number => {
    if (config.host === null) return 0
    if (config.host === host) return 1000
    return config.host.startsWith('*.') && host.length > config.host.length - 1 && host.endsWith(config.host.slice(1)) ? config.host.length : -1
  }
  const fits = ({ config }: Route): boolean => {
    const wanted = config.prefix.split('/').filter(segment => segment !== '')
    return wanted.every((segment, i) => segments[i] === segment) && (config.methods === null || config.methods.includes(method))
  }
  const [best] = all.filter(route => hostRank(route) >= 0 && fits(route)).sort((a, b) =>
    hostRank(b) - hostRank(a) || depth(b.config.prefix) - depth(a.config.prefix) || Number(a.config.methods === null) - Number(b.config.methods === null))
  return best ?? null
}

t.test('keeps to a naive model', async t => {
  let matched = 0
  const path = fc.tuple(prefix, fc.constantFrom('', '/', '/x', '/a/b/a/b')).map(parts => parts.join('').replace(/\/+/g, '/'))
  fc.assert(fc.property(routes, fc.constantFrom('a.example', 'b.a.example', 'c.b.a.example', 'example', 'other', ''), path, fc.constantFrom('GET', 'POST', 'PATCH'), (configs, host, path, method) => {
    const all = configs.map(config => createRoute(config))
    const got = new RouteTable(all).match(host, path, method)
    const expected = naive(all, host, path, method)
    if (got !== expected) throw new Error(`${host} ${path} ${method}: ${JSON.stringify(got?.config)} instead of ${JSON.stringify(expected?.config)}`)
    if (got !== null) matched++
  }), { numRuns: 3000, seed: 6 })
  t.ok(matched > 500, `${matched} matched`)
})

const piece = fc.constantFrom('/', '/', '/', '//', '\\', '%2f', '%2F', '%5c', '.', '..', '../', '..;/', '%2e', '%2e%2e', '.%2e', '%252e', 'a', 'api', 'v1', 'secret', '%61pi', ';x', '%3b', '?')
const rawPath = fc.tuple(fc.constantFrom('/', '/api', '/%61pi/', '//api/', '/api/secret/', '/a/'), fc.array(piece, { maxLength: 9 })).map(([start, pieces]) => `${start}${pieces.join('')}`)

t.test('whatever a server makes of it: what is let through stays under the prefix it was given, and is not what a longer prefix guards', async t => {
  const { table } = tableOf({ prefix: '/' }, { prefix: '/api', rewritePrefix: '/v1' }, { prefix: '/api/secret' }, { prefix: '/secret' }, { prefix: '/a/secret', stripPrefix: true }, { prefix: '/v1', rewritePrefix: '/a/b' })
  let through = 0
  let dotted = 0
  fc.assert(fc.property(rawPath, raw => {
    const routing = routingPath(raw)
    const route = table.match('h', routing.path, 'GET')
    if (route === null) throw new Error('it has a route')
    if (table.escapes(route, 'h', routing, 'GET')) return
    through++
    if (routing.dots !== 'none') dotted++
    const { prefix, rewritePrefix, stripPrefix } = route.config
    const base = rewritePrefix ?? (stripPrefix ? '/' : null)
    const target = route.targetPath(raw, routing)
    for (const reading of readings) {
      const seen = reading.resolve(raw, depth(prefix))
      const guard = seen === null ? null : table.match('h', seen.replace(/\/{2,}/g, '/'), 'GET')
      if (guard === null || !`${prefix}/`.startsWith(guard.config.prefix)) throw new Error(`${raw} under ${prefix} is read as ${seen} (${reading.name})`)
      if (base === null) continue
      const reached = reading.resolve(target, depth(base))
      if (reached === null || !(base === '/' || reached === base || reached.startsWith(`${base}/`))) throw new Error(`${target} for ${raw} under ${base} is read as ${reached} (${reading.name})`)
    }
  }), { numRuns: 20_000, seed: 7 })
  t.ok(through > 5000 && dotted > 300, `${through} let through, ${dotted} with dots`)
})
