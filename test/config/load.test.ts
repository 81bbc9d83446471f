import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { roundRobin } from '../../src/balancing/round-robin.js'
import type { StrategyKind } from '../../src/balancing/strategy.js'
import { readConfigFile } from '../../src/config/file.js'
import { loadConfig, type LoadOptions } from '../../src/config/load.js'
import { faultsOf } from '../fixtures/faults-of.js'

const TARGETS = ['http://127.0.0.1:3001']

t.test('everything but pools has a default', async t => {
  const config = loadConfig({ pools: { api: { targets: TARGETS } } })
  t.strictSame(JSON.parse(JSON.stringify(config)), {
    listen: [{ host: '0.0.0.0', port: 8080 }],
    log: { level: 'info', access: true, explain: false },
    debug: { secret: null },
    zone: null,
    trustProxy: [],
    timeouts: {
      clientHeaders: 10_000,
      clientRequest: 300_000,
      clientKeepAlive: 75_000,
      connect: 3000,
      tls: 3000,
      queue: 5000,
      responseHead: 60_000,
      idleBody: 60_000,
      request: 0,
      tunnelIdle: 3_600_000,
      drain: 30_000
    },
    limits: { uploadRate: 0 },
    admin: null,
    workers: 1,
    watch: false,
    tracing: false,
    pools: {
      api: {
        strategy: { name: 'round-robin', module: null, options: {}, beneath: null },
        targets: [{ url: 'http://127.0.0.1:3001', weight: 1, maxConnections: 0, drain: false, priority: 0, zone: null }],
        healthCheck: null,
        passiveHealth: { consecutiveFailures: 5, statuses: [502, 503, 504], failureRate: null, ejection: 30_000, maxEjection: 300_000, maxEjectedShare: 0.5 },
        slowStart: null,
        spillBelow: 0.7,
        whenAllDown: 'try-anyway',
        maxConnections: 0,
        queueMax: 1024,
        adaptiveLimit: null,
        retryBudget: { share: 0.2, minimumPerSecond: 3 },
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
      retry: {
        attempts: 2,
        perTryTimeout: 0,
        backOff: { base: 25, max: 250 },
        maxRetryAfter: 5000,
        tryFor: 0,
        bufferBody: 0,
        on: { connect: true, reset: true, timeout: false, statuses: [] }
      },
      priority: 'normal'
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
  t.throws(() => listen([{ path: '/etc/headrace/h.sock' }, { path: 'h.sock' }]), { message: 'listen[1]: is in the list already' }, 'the same file')
  t.notMatch(faultsOf({ listen: [{ path: '' }, { path: 5 }, { path: '' }], pools: { api: { targets: TARGETS } } }).join('\n'), /already/, 'what is no path is not the same one')
})

t.test('the path of a Unix socket is as long as a system takes it, wherever the config lies', async t => {
  const listen = { path: 'h.sock' }
  const admin = { path: 'admin.sock' }
  const faults = (rest: object, directory: string) => faultsOf({ ...rest, pools: { api: { targets: TARGETS } } }, { directory })
  t.strictSame(faults({ listen, admin }, '/etc/headrace'), [])
  const deep = `/${'d'.repeat(107)}`
  t.match(faults({ listen, admin }, deep), [/^listen\.path: the path of a Unix socket can have \d+ bytes, and "\/d+\/h\.sock" has 115$/, /^admin\.path: .* has 119$/])
  t.match(faults({ listen: [listen, { port: 0 }] }, deep), [/^listen\[0\]\.path: /])
  t.match(faultsOf({ pools: { api: { targets: [`unix:${deep}`] } } }), [/^pools\.api\.targets\[0\]: the path of a Unix socket can have/])
})

t.test('targets in canonical form', async t => {
  const config = loadConfig({ pools: { api: { targets: ['http://A.example:80/', { url: 'unix:///run/a.sock', weight: 0 }, { url: 'https://[::1]:443', maxConnections: 5, drain: true }] } } })
  t.strictSame(config.pools['api']?.targets, [
    { url: 'http://a.example', weight: 1, maxConnections: 0, drain: false, priority: 0, zone: null },
    { url: 'unix:/run/a.sock', weight: 0, maxConnections: 0, drain: false, priority: 0, zone: null },
    { url: 'https://[::1]', weight: 1, maxConnections: 5, drain: true, priority: 0, zone: null }
  ])
})

t.test('backups, priorities and zones', async t => {
  const load = (targets: unknown[], rest: object = {}) => loadConfig({ pools: { api: { targets } }, ...rest })
  const levels = (targets: unknown[]) => load(targets).pools['api']?.targets.map(({ priority, zone }) => [priority, zone])
  t.strictSame(levels([
    'http://a', { url: 'http://b', backup: true }, { url: 'http://c', backup: false }, { url: 'http://d', priority: 15 }, { url: 'http://e', zone: 'eu-1', backup: true }, { url: 'http://f', zone: '' }
  ]), [[0, null], [1, null], [0, null], [15, null], [1, 'eu-1'], [0, null]])
  t.equal(load(TARGETS, { zone: 'eu-1' }).zone, 'eu-1')
  t.equal(load(TARGETS, { zone: '' }).zone, null, 'as of a variable that is empty')
  const env = { BACKUP: 'true', PRIORITY: '2', SPILL: '0.5', ZONE: '' }
  t.match(loadConfig({
    zone: '${ZONE}', pools: { api: { spillBelow: '${SPILL}', targets: [{ url: 'http://a', backup: '${BACKUP}' }, { url: 'http://b', priority: '${PRIORITY}' }] } }
  }, { env }), { zone: null, pools: { api: { spillBelow: 0.5, targets: [{ priority: 1 }, { priority: 2 }] } } })
})

t.test('the debug secret and explanations', async t => {
  const config = loadConfig({ log: { explain: '${EXPLAIN}' }, debug: { secret: '${SECRET}' }, pools: { api: { targets: TARGETS } } }, { env: { EXPLAIN: 'true', SECRET: 'open-sesame-0815' } })
  t.match(config, { log: { access: true, explain: true }, debug: { secret: 'open-sesame-0815' } })
  t.strictSame(loadConfig({ debug: {}, pools: { api: { targets: TARGETS } } }).debug, { secret: null })
})

t.test('a strategy beneath another', async t => {
  const secret = 'sixteen-characters'
  const read = (strategy: unknown, options?: LoadOptions) => loadConfig({ pools: { api: { targets: TARGETS, strategy } } }, options).pools['api']?.strategy
  t.match(read({ name: 'sticky', secret }), { name: 'sticky', beneath: { name: 'least-connections', options: {}, beneath: null, module: null } })
  t.notOk('strategy' in (read({ name: 'sticky', secret })?.options ?? {}), 'it is beneath, not an option')
  t.match(read({ name: 'sticky', secret, strategy: { name: 'consistent-hash', key: 'path' } }), { beneath: { name: 'consistent-hash', options: { key: 'path', boundedLoad: 1.25 } } })
  t.match(read({ name: 'sticky', secret, strategy: { name: 'sticky', secret, strategy: 'random' } }), { beneath: { name: 'sticky', beneath: { name: 'random' } } })
  const faults = (strategy: unknown) => faultsOf({ pools: { api: { targets: TARGETS, strategy: { name: 'sticky', secret, strategy } } } })
  t.strictSame(faults('randon'), ['pools.api.strategy.strategy: unknown strategy "randon", did you mean "random"?'])
  t.strictSame(faults({ name: 'consistent-hash', kay: 'path' }), ['pools.api.strategy.strategy.kay: unknown key, did you mean "key"?'])
  t.strictSame(faults({ module: './nowhere.js' }).map(fault => fault.slice(0, 76)), ['pools.api.strategy.strategy.module: cannot load "./nowhere.js": Cannot find '])
  const wrapper: StrategyKind = { name: 'wrapper', schema: {}, wraps: true, create: (_options, beneath) => beneath?.() ?? roundRobin.create({}) }
  t.match(read({ name: 'wrapper' }, { strategies: [wrapper, roundRobin] }), { name: 'wrapper', beneath: { name: 'round-robin' } }, 'where the kind says no default it is the pool\'s')
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

t.test('short and long forms of passive health', async t => {
  const health = (passiveHealth?: unknown) => loadConfig({ pools: { api: { targets: TARGETS, passiveHealth } } }).pools['api']?.passiveHealth
  t.equal(health(false), null)
  t.strictSame(health(true), health())
  t.strictSame(health({}), health(true))
  t.strictSame(health({ consecutiveFailures: 0, statuses: [500], ejection: '1m', maxEjection: '90s', maxEjectedShare: 1, failureRate: true }), {
    consecutiveFailures: 0,
    statuses: [500],
    failureRate: { share: 0.5, window: 10_000, minimumRequests: 20 },
    ejection: 60_000,
    maxEjection: 90_000,
    maxEjectedShare: 1
  })
  t.strictSame(health({ statuses: [] })?.statuses, [])
  t.match(health({ failureRate: false }), { consecutiveFailures: 5, failureRate: null })
  t.match(health({ failureRate: {} }), { failureRate: { share: 0.5, window: 10_000, minimumRequests: 20 } })
  t.match(health({ failureRate: { share: 0.2, window: '1m' } }), { failureRate: { share: 0.2, window: 60_000, minimumRequests: 20 } })
})

t.test('short and long forms of slow start, of the adaptive limit, and parts of the retry budget', async t => {
  const pool = (rest: object) => loadConfig({ pools: { api: { targets: TARGETS, ...rest } } }).pools['api']
  for (const [slowStart, expected] of [
    ['10s', { window: 10_000, aggression: 1 }],
    [{ window: '1m' }, { window: 60_000, aggression: 1 }],
    [{ window: '500ms', aggression: 2.5 }, { window: 500, aggression: 2.5 }],
    ['0s', null],
    [{ window: '0s', aggression: 2 }, null]
  ] as const) t.strictSame(pool({ slowStart })?.slowStart, expected, JSON.stringify(slowStart))
  for (const [adaptiveLimit, expected] of [
    [false, null],
    [true, { min: 4, max: 1000, initial: 20, tolerance: 1.5 }],
    [{}, { min: 4, max: 1000, initial: 20, tolerance: 1.5 }],
    [{ min: 7, max: 7, tolerance: 2 }, { min: 7, max: 7, initial: 20, tolerance: 2 }],
    [{ initial: 50 }, { min: 4, max: 1000, initial: 50, tolerance: 1.5 }]
  ] as const) t.strictSame(pool({ adaptiveLimit })?.adaptiveLimit, expected, JSON.stringify(adaptiveLimit))
  t.strictSame(pool({ retryBudget: { share: 0 } })?.retryBudget, { share: 0, minimumPerSecond: 3 })
  t.strictSame(pool({ retryBudget: { minimumPerSecond: 0.5 } })?.retryBudget, { share: 0.2, minimumPerSecond: 0.5 })
})

t.test('limits and timeouts of clients and connections', async t => {
  const { limits, timeouts } = loadConfig({ limits: { uploadRate: '2kb' }, timeouts: { tls: '1.5s' }, pools: { api: { targets: TARGETS } } })
  t.strictSame(limits, { uploadRate: 2048 })
  t.match(timeouts, { tls: 1500, connect: 3000 })
  for (const [size, bytes] of [['0b', 0], ['1500b', 1500], ['1mb', 1_048_576], ['2gb', 2_147_483_648]] as const) {
    t.equal(loadConfig({ limits: { uploadRate: size }, pools: { api: { targets: TARGETS } } }).limits.uploadRate, bytes)
  }
})

t.test('retries and priority of a route', async t => {
  const route = (rest: object) => loadConfig({ pools: { api: { targets: TARGETS } }, routes: [{ prefix: '/', pool: 'api', ...rest }] }).routes[0]
  t.strictSame(route({ retry: { backOff: { base: '0s', max: '2s' }, maxRetryAfter: '0s', tryFor: '10s', bufferBody: '64kb' } })?.retry, {
    attempts: 2,
    perTryTimeout: 0,
    backOff: { base: 0, max: 2000 },
    maxRetryAfter: 0,
    tryFor: 10_000,
    bufferBody: 65_536,
    on: { connect: true, reset: true, timeout: false, statuses: [] }
  })
  t.match(route({ retry: { backOff: { max: '1s' } } }), { retry: { backOff: { base: 25, max: 1000 } } })
  t.match(route({ retry: { backOff: {} } }), { retry: { backOff: { base: 25, max: 250 } } })
  t.match(route({ retry: false }), { retry: { attempts: 1, tryFor: 0, bufferBody: 0 } })
  t.equal(route({ priority: 'high' })?.priority, 'high')
  t.strictSame(route({ priority: { header: 'X-Priority', high: ['1', 'High'] } })?.priority, { header: 'x-priority', high: ['1', 'High'] })
})

t.test('numbers and sizes from the environment', async t => {
  const env = { RATE: '4kb', SHARE: '0.1', DRAIN: 'true', FAILURES: '7' }
  const config = loadConfig({
    limits: { uploadRate: '${RATE}' },
    pools: { api: { targets: [{ url: 'http://a:1', drain: '${DRAIN}' }], passiveHealth: { consecutiveFailures: '${FAILURES}' }, retryBudget: { share: '${SHARE}' }, slowStart: '${WINDOW:-10s}', adaptiveLimit: '${ADAPT:-true}' } }
  }, { env })
  t.match(config, {
    limits: { uploadRate: 4096 },
    pools: { api: { targets: [{ drain: true }], passiveHealth: { consecutiveFailures: 7 }, retryBudget: { share: 0.1 }, slowStart: { window: 10_000 }, adaptiveLimit: { initial: 20 } } }
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
  t.strictSame(loadConfig(load({ name: 'sticky', key: 'a' }), options).pools['api']?.strategy, { name: 'sticky', module: null, options: { key: 'a', spread: 3 }, beneath: null })
  t.strictSame(loadConfig(load({ name: 'sticky2', key: 'a', spread: '${SPREAD}', deep: '${DEEP}' }), options).pools['api']?.strategy.options, { key: 'a', spread: 7, deep: true })
  t.strictSame(faultsOf(load('sticky'), options), ['pools.api.strategy.key: required: expected a string'])
  t.strictSame(faultsOf(load({ name: 'sticky', key: 1, spred: 2 }), options), [
    'pools.api.strategy.spred: unknown key, did you mean "spread"?',
    'pools.api.strategy.key: expected a string, got 1'
  ])
  t.strictSame(faultsOf(load({ name: 'sticky', key: 'a', spread: 0 }), options), ['pools.api.strategy.spread: expected a whole number of at least 1, got 0'])
  t.strictSame(faultsOf(load('round-robin'), options), ['pools.api.strategy: unknown strategy "round-robin", expected one of "sticky", "sticky2"'])
})
