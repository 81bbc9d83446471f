import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import type { StrategyKind } from '../../src/balancing/strategy.js'
import { readConfigFile } from '../../src/config/file.js'
import { loadConfig } from '../../src/config/load.js'
import { faultsOf } from '../fixtures/faults-of.js'

const TARGETS = ['http://127.0.0.1:3001']

t.test('everything but pools has a default', async t => {
  const config = loadConfig({ pools: { api: { targets: TARGETS } } })
  t.strictSame(JSON.parse(JSON.stringify(config)), {
    listen: [{ host: '0.0.0.0', port: 8080 }],
    log: { level: 'info', access: true },
    trustProxy: [],
    timeouts: {
      clientHeaders: 10_000,
      clientRequest: 300_000,
      clientKeepAlive: 75_000,
      connect: 3000,
      queue: 5000,
      responseHead: 60_000,
      idleBody: 60_000,
      request: 0,
      tunnelIdle: 3_600_000,
      drain: 30_000
    },
    pools: {
      api: {
        strategy: { name: 'round-robin', options: {} },
        targets: [{ url: 'http://127.0.0.1:3001', weight: 1, maxConnections: 0 }],
        healthCheck: null,
        whenAllDown: 'try-anyway',
        maxConnections: 0,
        queueMax: 1024,
        tls: { verify: true }
      }
    },
    routes: [{
      host: null,
      prefix: '/',
      methods: null,
      pool: 'api',
      stripPrefix: false,
      rewritePrefix: null,
      hostHeader: 'client',
      headers: { request: { set: [], remove: [] }, response: { set: [], remove: [] } },
      timeouts: { responseHead: 60_000, idleBody: 60_000, request: 0, tunnelIdle: 3_600_000 },
      retry: { attempts: 2, perTryTimeout: 0, on: { connect: true, reset: true, timeout: false, statuses: [] } }
    }]
  })
})

t.test('a small file as a benchmark would write it', async t => {
  const config = loadConfig(JSON.parse(`{ "listen": { "host": "127.0.0.1", "port": 4000 }, "log": { "level": "warn", "access": false },
    "pools": { "web": { "strategy": "round-robin", "targets": ["http://127.0.0.1:9001", "http://127.0.0.1:9002"], "healthCheck": { "path": "/", "interval": "2s" } } },
    "routes": [ { "prefix": "/", "pool": "web" } ] }`))
  t.strictSame(config.listen, [{ host: '127.0.0.1', port: 4000 }])
  t.strictSame(config.pools['web']?.healthCheck, {
    type: 'http',
    path: '/',
    method: 'GET',
    headers: [],
    status: [{ from: 200, to: 299 }],
    bodyContains: null,
    host: null,
    port: null,
    interval: 2000,
    intervalDown: 2000,
    jitter: 0.1,
    timeout: 2000,
    rise: 2,
    fall: 3
  })
})

t.test('the example file loads', async t => {
  const path = fileURLToPath(new URL('../../config.example.json', import.meta.url))
  const config = readConfigFile(path)
  t.strictSame(Object.keys(config.pools), ['api', 'web'])
  t.strictSame(config.routes.map(({ host, prefix, pool }) => [host, prefix, pool]), [
    ['shop.example', '/api', 'api'], ['shop.example', '/api/reports', 'api'], [null, '/', 'web']
  ])
  t.strictSame(config.listen, [{ host: '0.0.0.0', port: 8080 }])
  t.strictSame(loadConfig(JSON.parse(readFileSync(path, 'utf8')), { env: { PORT: '0' } }).listen, [{ host: '0.0.0.0', port: 0 }])
})

t.test('listen: one or several, TCP or Unix', async t => {
  const listen = (value: unknown) => loadConfig({ listen: value, pools: { api: { targets: TARGETS } } }, { directory: '/etc/headrace' }).listen
  t.strictSame(listen({ port: 0 }), [{ host: '0.0.0.0', port: 0 }])
  t.strictSame(listen({ host: '::1' }), [{ host: '::1', port: 8080 }])
  t.strictSame(listen([{ path: '/run/h.sock' }, { path: 'h.sock' }, { host: 'localhost', port: 1 }]), [
    { path: '/run/h.sock' }, { path: '/etc/headrace/h.sock' }, { host: 'localhost', port: 1 }
  ])
})

t.test('targets in canonical form', async t => {
  const config = loadConfig({ pools: { api: { targets: ['http://A.example:80/', { url: 'unix:///run/a.sock', weight: 0 }, { url: 'https://[::1]:443', maxConnections: 5 }] } } })
  t.strictSame(config.pools['api']?.targets, [
    { url: 'http://a.example', weight: 1, maxConnections: 0 },
    { url: 'unix:/run/a.sock', weight: 0, maxConnections: 0 },
    { url: 'https://[::1]', weight: 1, maxConnections: 5 }
  ])
})

t.test('short and long forms of a health check', async t => {
  const check = (healthCheck: unknown) => loadConfig({ pools: { api: { targets: TARGETS, healthCheck } } }).pools['api']?.healthCheck
  t.equal(check(false), null)
  t.strictSame(check(true), check({}))
  t.strictSame(check({ type: 'http' }), check({}))
  t.strictSame(check({ type: 'tcp', fall: 1, port: 8081, intervalDown: '30s' }), {
    type: 'tcp', port: 8081, interval: 5000, intervalDown: 30_000, jitter: 0.1, timeout: 2000, rise: 2, fall: 1
  })
  t.match(check({ status: 204 }), { status: [{ from: 204, to: 204 }] })
  t.match(check({ status: ['200-204', 304, '401'] }), { status: [{ from: 200, to: 204 }, { from: 304, to: 304 }, { from: 401, to: 401 }] })
  t.match(check({ headers: { 'X-A': ' 1 ', accept: '*/*' }, host: 'a.example:81', path: '/health?deep=1' }), {
    headers: ['X-A', '1', 'accept', '*/*'], host: 'a.example:81', path: '/health?deep=1'
  })
})

t.test('routes: what is normalised and what is inherited', async t => {
  const { routes } = loadConfig({
    timeouts: { responseHead: '1s', tunnelIdle: '0s' },
    pools: { api: { targets: TARGETS } },
    routes: [
      { host: 'Shop.Example', prefix: '/api/', pool: 'api', rewritePrefix: '/v1/', hostHeader: 'b.example', timeouts: { idleBody: '2s' } },
      { host: '*.Shop.example', prefix: '/ä', pool: 'api', hostHeader: 'target', retry: { on: ['timeout', 503, 'connect'], attempts: 3, perTryTimeout: '1.5s' } },
      { host: '[::1]', prefix: '/', pool: 'api', retry: false, headers: { request: { set: { 'X-Edge': ' a ' }, remove: ['Cookie'] } } },
      { host: 'bücher.example', prefix: '/', pool: 'api', methods: ['GET', 'PROPFIND'] }
    ]
  })
  t.match(routes, [
    {
      host: 'shop.example',
      prefix: '/api',
      rewritePrefix: '/v1',
      hostHeader: { literal: 'b.example' },
      timeouts: { responseHead: 1000, idleBody: 2000, request: 0, tunnelIdle: 0 }
    },
    { host: '*.shop.example', hostHeader: 'target', retry: { attempts: 3, perTryTimeout: 1500, on: { connect: true, reset: false, timeout: true, statuses: [503] } } },
    { host: '[::1]', retry: { attempts: 1 }, headers: { request: { set: [['X-Edge', 'a']], remove: ['cookie'] } } },
    { host: 'xn--bcher-kva.example', methods: ['GET', 'PROPFIND'] }
  ])
  t.equal(routes[1]?.prefix, '/Ã¤', 'one character per byte, as the paths it is compared with')
})

t.test('routes for some methods beside one for all', async t => {
  const pools = { api: { targets: TARGETS }, web: { targets: TARGETS } }
  t.strictSame(faultsOf({ pools, routes: [{ prefix: '/', pool: 'api', methods: ['GET'] }, { prefix: '/', pool: 'web', methods: ['POST'] }, { prefix: '/', pool: 'web' }] }), [])
})

t.test('the result is frozen, all the way down, and shares nothing with the input', async t => {
  const input = { trustProxy: ['loopback'], pools: { api: { targets: TARGETS, strategy: { name: 'round-robin' } } } }
  const config = loadConfig(input)
  const isDeepFrozen = (value: unknown): boolean => typeof value !== 'object' || value === null || (Object.isFrozen(value) && Object.values(value).every(isDeepFrozen))
  t.ok(isDeepFrozen(config))
  t.notOk(Object.isFrozen(input.trustProxy))
  t.notOk(Object.isFrozen(TARGETS))
})

t.test('pools with names of the language\'s own', async t => {
  const config = loadConfig({ pools: { constructor: { targets: TARGETS } } })
  t.strictSame(Object.keys(config.pools), ['constructor'])
  t.equal(loadConfig({ pools: { api: { targets: TARGETS } } }).pools['constructor'], undefined)
})

t.test('undefined is absent, as in JSON', async t => {
  t.equal(loadConfig({ log: undefined, pools: { api: { targets: TARGETS, healthCheck: undefined } } }).log.level, 'info')
})

t.test('strategies of the user\'s own', async t => {
  const kind: StrategyKind = {
    name: 'sticky',
    schema: { $id: 'sticky', type: 'object', properties: { key: { type: 'string' }, spread: { type: 'integer', minimum: 1, default: 3 }, deep: { type: 'boolean' } }, required: ['key'] },
    create: () => { throw new Error('is not created by loading') }
  }
  const load = (strategy: unknown) => ({ pools: { api: { targets: TARGETS, strategy } } })
  const options = { strategies: [kind, { ...kind, name: 'sticky2' }], env: { SPREAD: '7', DEEP: 'true' } }
  t.strictSame(loadConfig(load({ name: 'sticky', key: 'a' }), options).pools['api']?.strategy, { name: 'sticky', options: { key: 'a', spread: 3 } })
  t.strictSame(loadConfig(load({ name: 'sticky2', key: 'a', spread: '${SPREAD}', deep: '${DEEP}' }), options).pools['api']?.strategy.options, { key: 'a', spread: 7, deep: true })
  t.strictSame(faultsOf(load('sticky'), options), ['pools.api.strategy.key: required: expected a string'])
  t.strictSame(faultsOf(load({ name: 'sticky', key: 1, spred: 2 }), options), [
    'pools.api.strategy.spred: unknown key, did you mean "spread"?',
    'pools.api.strategy.key: expected a string, got 1'
  ])
  t.strictSame(faultsOf(load({ name: 'sticky', key: 'a', spread: 0 }), options), ['pools.api.strategy.spread: expected a whole number of at least 1, got 0'])
  t.strictSame(faultsOf(load('round-robin'), options), ['pools.api.strategy: unknown strategy "round-robin", expected one of "sticky", "sticky2"'])
})
