import t from 'tap'
import { strategyKinds } from '../../src/balancing/strategies.js'
import { configSchema } from '../../src/config/schema.js'
import { faultsOf } from '../fixtures/faults-of.js'

const names = strategyKinds.map(({ name }) => `"${name}"`).join(', ')
const pools = { api: { targets: ['http://127.0.0.1:3001'] }, web: { targets: ['http://127.0.0.1:4001'] } }

function pool (rest: object): object {
  return { pools: { api: { targets: ['http://a:1'], ...rest } } }
}

/** Two sticky pools; the first has the target http://a:80. */
function stickies (a: object, b: object, targets: readonly unknown[] = ['http://b']): object {
  const strategy = { name: 'sticky', secret: 'sixteen-characters' }
  return {
    pools: { A: { targets: ['http://a:80'], strategy: { ...strategy, ...a } }, B: { targets, strategy: { ...strategy, ...b } } },
    routes: [{ prefix: '/', pool: 'A' }, { prefix: '/b', pool: 'B' }]
  }
}

function route (rest: object): object {
  return { pools, routes: [{ prefix: '/', pool: 'api', ...rest }] }
}

function request (rules: object): object {
  return route({ headers: { request: rules } })
}

const DURATION = 'expected a duration such as "250ms" or "5s"'
const SIZE = 'expected a size such as "64kb" or "1mb"'

const refusals: ReadonlyArray<readonly [input: unknown, ...faults: string[]]> = [
  // the whole
  [[], 'expected an object, got a list'],
  [undefined, 'expected an object, got nothing'],
  ['x', 'expected an object, got "x"'],
  [{}, 'pools: required: expected an object'],
  [{ pools: {} }, 'pools: expected an object with at least one entry'],
  [{ pools: [] }, 'pools: expected an object, got a list'],
  [{ pools, routez: [], routes: [{ prefix: '/', pool: 'api' }] }, 'routez: unknown key, did you mean "routes"?'],
  [JSON.parse('{"pools":{"api":{"targets":["http://a:1"]}},"__proto__":{}}'), '__proto__: unknown key'],
  [JSON.parse('{"pools":{"__proto__":{},"api":{"targets":["http://a:1"]}}}'), 'pools.__proto__: unknown key'],
  [JSON.parse('{"pools":{"api":{"targets":["http://a:1"],"healthCheck":{"headers":{"__proto__":"x"}}}}}'), 'pools.api.healthCheck.headers.__proto__: unknown key'],

  // what is not there is not taken in silence
  ...['plugins', 'cache'].map((key): [unknown, string] => [{ ...pool({}), [key]: {} }, `${key}: unknown key, expected one of ${Object.keys(configSchema.properties).map(known => `"${known}"`).join(', ')}`]),
  [{ ...pool({}), listen: { port: 1, tls: {} } }, 'listen.tls: unknown key, expected one of "host", "port"'],
  [{ ...pool({}), listen: { port: 1, http2: true } }, 'listen.http2: unknown key, expected one of "host", "port"'],

  // listen, log, trustProxy, timeouts
  [{ ...pool({}), listen: 8080 }, 'listen: expected an object or a list of objects, got 8080'],
  [{ ...pool({}), listen: [] }, 'listen: expected a list with at least one element'],
  [{ ...pool({}), listen: { port: 65536 } }, 'listen.port: expected a whole number from 0 to 65535, got 65536'],
  [{ ...pool({}), listen: { port: '80' } }, 'listen.port: expected a whole number from 0 to 65535, got "80"'],
  [{ ...pool({}), listen: { host: '[::1]' } }, 'listen.host: expected a name or an IP address, without port and brackets, got "[::1]"'],
  [{ ...pool({}), listen: { path: '' } }, 'listen.path: expected the path of a socket, got ""'],
  [{ ...pool({}), listen: { path: '/a', port: 1 } }, 'listen.port: unknown key, expected one of "path"'],
  [{ ...pool({}), listen: [{ port: 1 }, { port: 1 }, { port: 0 }, { port: 0 }] }, 'listen[1]: is in the list already'],
  [{ ...pool({}), log: { level: 'warm' } }, 'log.level: expected "fatal", "error", "warn", "info", "debug", "trace" or "silent", got "warm", did you mean "warn"?'],
  [{ ...pool({}), log: { explain: 1 } }, 'log.explain: expected true or false, got 1'],
  [{ ...pool({}), zone: 1 }, 'zone: expected a string, got 1'],
  [{ ...pool({}), debug: true }, 'debug: expected an object, got true'],
  [{ ...pool({}), debug: { secrets: [] } }, 'debug.secrets: unknown key, did you mean "secret"?'],
  // Whatever is wrong with a secret, its text is not told.
  ...['hush', 'hush hush hush hush', 'hush-hush-hush-hüsh', 'hush-hush-hush-hush\n'].map((secret): [unknown, string] => [
    { ...pool({}), debug: { secret } }, 'debug.secret: expected a secret of at least 16 visible ASCII characters, without spaces'
  ]),
  [{ ...pool({}), log: { access: 'no' } }, 'log.access: expected true or false, got "no"'],
  ...['1', '10.0.0.0/33', '::1/129', 'fe80::1%lo', '10.0.0.0/8/8', 'loopbak', '10.0.0.0/'].map((range): [unknown, string] => [
    { ...pool({}), trustProxy: [range] },
    `trustProxy[0]: expected an IP address such as "10.0.0.1", a range such as "10.0.0.0/8", or "loopback", "linklocal" or "uniquelocal", got "${range}"`
  ]),
  [{ ...pool({}), timeouts: { connect: 5 } }, `timeouts.connect: ${DURATION}, got 5`],
  [{ ...pool({}), timeouts: { connect: '5' } }, `timeouts.connect: ${DURATION}, got "5"`],
  [{ ...pool({}), timeouts: { connect: '0s' } }, 'timeouts.connect: must be longer than "0s"'],
  [{ ...pool({}), timeouts: { drain: '99d' } }, 'timeouts.drain: "99d" is longer than 24 days'],
  [{ ...pool({}), timeouts: { conect: '1s' } }, 'timeouts.conect: unknown key, did you mean "connect"?'],
  [{ ...pool({}), timeouts: { tls: '0s' } }, 'timeouts.tls: must be longer than "0s"'],
  [route({ timeouts: { tls: '1s' } }), 'routes[0].timeouts.tls: unknown key, expected one of "responseHead", "idleBody", "request", "tunnelIdle"'],
  [{ ...pool({}), limits: '1kb' }, 'limits: expected an object, got "1kb"'],
  ...[1024, '1024', '64 kb', '1.5kb', '-1b', '64KB', '64k', '9999999999999b', ''].map((size): [unknown, string] => [
    { ...pool({}), limits: { uploadRate: size } }, `limits.uploadRate: ${SIZE}, got ${JSON.stringify(size)}`
  ]),
  [{ ...pool({}), limits: { uploadRates: '1kb' } }, 'limits.uploadRates: unknown key, did you mean "uploadRate"?'],

  // pools
  [{ pools: { 'a b': { targets: ['http://a:1'] } } }, 'pools["a b"]: expected a pool name of at most 64 letters, digits and . _ -, got "a b"'],
  [pool({ targets: [] }), 'pools.api.targets: expected a list with at least one element'],
  [pool({ targets: 'http://a:1' }), 'pools.api.targets: expected a list, got "http://a:1"'],
  [pool({ targets: [{ url: 'http://a:1' }, { url: 'http://b:1' }, { url: 'foo' }] }), 'pools.api.targets[2].url: "foo" is not a URL'],
  [pool({ targets: ['http://a:1', 'http://b:1', 'foo'] }), 'pools.api.targets[2]: "foo" is not a URL'],
  [pool({ targets: ['ftp://a'] }), 'pools.api.targets[0]: "ftp://a" is not an http:, https: or unix: address'],
  [pool({ targets: [7] }), 'pools.api.targets[0]: expected a URL or an object with a "url", got 7'],
  [pool({ targets: [{ uri: 'http://a:1' }] }), 'pools.api.targets[0].url: required: expected a URL such as "http://10.0.0.1:3000"', 'pools.api.targets[0].uri: unknown key, did you mean "url"?'],
  [pool({ targets: [{ url: 'http://a:1', weight: -1 }] }), 'pools.api.targets[0].weight: expected a number from 0 to 1000000, got -1'],
  [pool({ targets: [{ url: 'http://a:1', maxConnections: 1.5 }] }), 'pools.api.targets[0].maxConnections: expected a whole number from 0 to 1000000, got 1.5'],
  [pool({ targets: ['http://a:80', 'http://b', { url: 'http://A/' }] }), 'pools.api.targets[2]: http://a is in this pool already: targets[0]'],
  [pool({ whenAllDown: 'try-anyways' }), 'pools.api.whenAllDown: expected "try-anyway" or "fail", got "try-anyways", did you mean "try-anyway"?'],
  [pool({ strategy: 'least-conections' }), 'pools.api.strategy: unknown strategy "least-conections", did you mean "least-connections"?'],
  [pool({ strategy: { name: 'fastest' } }), `pools.api.strategy.name: unknown strategy "fastest", expected one of ${names}`],
  [pool({ strategy: { name: 'round-robin', speed: 1 } }), 'pools.api.strategy.speed: unknown key'],
  [pool({ strategy: { nam: 'round-robin' } }), 'pools.api.strategy.name: required: expected a string', 'pools.api.strategy.nam: unknown key'],
  [pool({ strategy: 1 }), 'pools.api.strategy: expected a strategy\'s name or an object with a "name" or a "module", got 1'],
  [pool({ strategy: {} }), 'pools.api.strategy.name: required: expected a string'],
  [pool({ strategy: { module: 1 } }), 'pools.api.strategy.module: expected a path or the name of a package, got 1'],
  [pool({ strategy: { module: '' } }), 'pools.api.strategy.module: expected a path or the name of a package, got ""'],
  [pool({ strategy: { module: 1, name: 'a', options: 2 } }), 'pools.api.strategy.name: unknown key beside "module": a module\'s own options go into "options"', 'pools.api.strategy.options: expected an object, got 2', 'pools.api.strategy.module: expected a path or the name of a package, got 1'],
  [stickies({}, {}), 'pools.B.strategy.cookie: "headrace" is the cookie of pool A too, whose targets are others: give it another name'],
  [stickies({ cookie: 'c', domain: 'Shop.example' }, { cookie: 'c', path: '/', domain: 'shop.example' }), 'pools.B.strategy.cookie: "c" is the cookie of pool A too, whose targets are others: give it another name'],
  [stickies({}, {}, ['http://a', 'http://b']), 'pools.B.strategy.cookie: "headrace" is the cookie of pool A too, whose targets are others: give it another name'],

  // health checks
  [pool({ healthCheck: 'yes' }), 'pools.api.healthCheck: expected true, false or an object, got "yes"'],
  [pool({ healthCheck: { type: 'htp' } }), 'pools.api.healthCheck.type: expected "http" or "tcp", got "htp"'],
  [pool({ healthCheck: { type: 'tcp', path: '/' } }), 'pools.api.healthCheck.path: unknown key, expected one of "type", "interval", "intervalDown", "jitter", "timeout", "rise", "fall", "port"'],
  [pool({ healthCheck: { intervall: '5s' } }), 'pools.api.healthCheck.intervall: unknown key, did you mean "interval"?'],
  [pool({ healthCheck: { interval: '0s' } }), 'pools.api.healthCheck.interval: must be longer than "0s"'],
  [pool({ healthCheck: { path: 'health' } }), 'pools.api.healthCheck.path: must start with "/"'],
  [pool({ healthCheck: { path: '/a?b c' } }), 'pools.api.healthCheck.path: the query needs percent-encoding'],
  [pool({ healthCheck: { path: '/a b' } }), 'pools.api.healthCheck.path: expected a path, percent-encoded where needed and without a query'],
  [pool({ healthCheck: { method: 'CONNECT' } }), 'pools.api.healthCheck.method: CONNECT is never forwarded'],
  [pool({ healthCheck: { method: 'HEAD', bodyContains: 'ok' } }), 'pools.api.healthCheck.bodyContains: the answer to HEAD has no body'],
  [pool({ healthCheck: { headers: { Host: 'a' } } }), 'pools.api.healthCheck.headers.Host: use "host" of the health check'],
  [pool({ healthCheck: { headers: { a: 'b\r\nc: d' } } }), 'pools.api.healthCheck.headers.a: a field value cannot hold line breaks, other control characters, or characters beyond Latin-1'],
  [pool({ healthCheck: { host: 'a b' } }), 'pools.api.healthCheck.host: expected a host such as "shop.example:8080", got "a b"'],
  [pool({ healthCheck: { port: 0 } }), 'pools.api.healthCheck.port: expected a whole number from 1 to 65535, got 0'],
  [pool({ healthCheck: { jitter: 2 } }), 'pools.api.healthCheck.jitter: expected a number from 0 to 1, got 2'],
  [pool({ healthCheck: { fall: 0 } }), 'pools.api.healthCheck.fall: expected a whole number from 1 to 1000, got 0'],
  [pool({ healthCheck: { status: '299-200' } }), 'pools.api.healthCheck.status: expected a status such as 204 or a range such as "200-299", got "299-200"'],
  [pool({ healthCheck: { status: 99 } }), 'pools.api.healthCheck.status: expected a status such as 204, a range such as "200-299", or a list of these, got 99'],
  [pool({ healthCheck: { status: ['200-299', 'ok'] } }), 'pools.api.healthCheck.status[1]: expected a status such as 204 or a range such as "200-299", got "ok"'],

  [pool({ targets: [{ url: 'http://a:1', drain: 'yes' }] }), 'pools.api.targets[0].drain: expected true or false, got "yes"'],
  [pool({ targets: [{ url: 'http://a:1', backup: 'yes' }] }), 'pools.api.targets[0].backup: expected true or false, got "yes"'],
  [pool({ targets: [{ url: 'http://a:1', priority: 16 }] }), 'pools.api.targets[0].priority: expected a whole number from 0 to 15, got 16'],
  [pool({ targets: [{ url: 'http://a:1', priority: 0.5 }] }), 'pools.api.targets[0].priority: expected a whole number from 0 to 15, got 0.5'],
  [pool({ targets: ['http://b:1', { url: 'http://a:1', backup: true, priority: 1 }] }), 'pools.api.targets[1].backup: cannot go together with "priority": it stands for a priority of 1'],
  [pool({ targets: [{ url: 'http://a:1', zone: 1 }] }), 'pools.api.targets[0].zone: expected a string, got 1'],
  [pool({ spillBelow: 0 }), 'pools.api.spillBelow: expected a number from 0.01 to 1, got 0'],
  [pool({ spillBelow: 1.1 }), 'pools.api.spillBelow: expected a number from 0.01 to 1, got 1.1'],
  [pool({ spillbelow: 0.5 }), 'pools.api.spillbelow: unknown key, did you mean "spillBelow"?'],
  [pool({ targets: [{ url: 'http://a:1', drian: true }] }), 'pools.api.targets[0].drian: unknown key, did you mean "drain"?'],

  // passive health
  [pool({ passiveHealth: 'yes' }), 'pools.api.passiveHealth: expected true, false or an object, got "yes"'],
  [pool({ passiveHealth: { consecutiveFailure: 1 } }), 'pools.api.passiveHealth.consecutiveFailure: unknown key, did you mean "consecutiveFailures"?'],
  [pool({ passiveHealth: { consecutiveFailures: -1 } }), 'pools.api.passiveHealth.consecutiveFailures: expected a whole number from 0 to 1000000, got -1'],
  [pool({ passiveHealth: { statuses: 503 } }), 'pools.api.passiveHealth.statuses: expected a list, got 503'],
  [pool({ passiveHealth: { statuses: [503, 404] } }), 'pools.api.passiveHealth.statuses[1]: expected a whole number from 500 to 599, got 404'],
  [pool({ passiveHealth: { statuses: [503, 503] } }), 'pools.api.passiveHealth.statuses[1]: is in the list already'],
  [pool({ passiveHealth: { ejection: '0s' } }), 'pools.api.passiveHealth.ejection: must be longer than "0s"'],
  [pool({ passiveHealth: { maxEjection: 300 } }), `pools.api.passiveHealth.maxEjection: ${DURATION}, got 300`],
  [pool({ passiveHealth: { maxEjectedShare: 1.1 } }), 'pools.api.passiveHealth.maxEjectedShare: expected a number from 0 to 1, got 1.1'],
  [pool({ passiveHealth: { failureRate: 0.5 } }), 'pools.api.passiveHealth.failureRate: expected true, false or an object, got 0.5'],
  [pool({ passiveHealth: { failureRate: { share: 0 } } }), 'pools.api.passiveHealth.failureRate.share: expected a number from 0.01 to 1, got 0'],
  [pool({ passiveHealth: { failureRate: { window: '0s' } } }), 'pools.api.passiveHealth.failureRate.window: must be longer than "0s"'],
  [pool({ passiveHealth: { failureRate: { minimumRequests: 0 } } }), 'pools.api.passiveHealth.failureRate.minimumRequests: expected a whole number from 1 to 1000000, got 0'],

  // slow start
  [pool({ slowStart: true }), 'pools.api.slowStart: expected a duration such as "10s" or an object with a "window", got true'],
  [pool({ slowStart: '10' }), `pools.api.slowStart: ${DURATION}, got "10"`],
  [pool({ slowStart: {} }), `pools.api.slowStart.window: required: ${DURATION}`],
  [pool({ slowStart: { window: '10s', aggression: 0 } }), 'pools.api.slowStart.aggression: expected a number from 0.1 to 10, got 0'],
  [pool({ slowStart: { window: '10s', agression: 1 } }), 'pools.api.slowStart.agression: unknown key, did you mean "aggression"?'],

  // adaptive limit
  [pool({ adaptiveLimit: 20 }), 'pools.api.adaptiveLimit: expected true, false or an object, got 20'],
  [pool({ adaptiveLimit: { min: 0 } }), 'pools.api.adaptiveLimit.min: expected a whole number from 1 to 1000000, got 0'],
  [pool({ adaptiveLimit: { initial: 1.5 } }), 'pools.api.adaptiveLimit.initial: expected a whole number from 1 to 1000000, got 1.5'],
  [pool({ adaptiveLimit: { tolerance: 0.9 } }), 'pools.api.adaptiveLimit.tolerance: expected a number from 1 to 10, got 0.9'],
  [pool({ adaptiveLimit: { tolerence: 2 } }), 'pools.api.adaptiveLimit.tolerence: unknown key, did you mean "tolerance"?'],
  [pool({ adaptiveLimit: { min: 30, max: 20 } }), 'pools.api.adaptiveLimit.max: "min" (30) is above "max" (20)'],
  [pool({ adaptiveLimit: { max: 3 } }), 'pools.api.adaptiveLimit.max: "min" (4) is above "max" (3)'],
  [pool({ adaptiveLimit: { min: 1001 } }), 'pools.api.adaptiveLimit.min: "min" (1001) is above "max" (1000)'],

  // retry budget
  [pool({ retryBudget: 0.2 }), 'pools.api.retryBudget: expected an object, got 0.2'],
  [pool({ retryBudget: { share: -0.1 } }), 'pools.api.retryBudget.share: expected a number from 0 to 10, got -0.1'],
  [pool({ retryBudget: { minimumPerSecond: '3' } }), 'pools.api.retryBudget.minimumPerSecond: expected a number from 0 to 1000000, got "3"'],
  [pool({ retryBudget: { minimum: 3 } }), 'pools.api.retryBudget.minimum: unknown key, expected one of "share", "minimumPerSecond"'],

  // tls
  [pool({ tls: {} }), 'pools.api.tls: has no effect: no target of this pool is https:'],
  [pool({ targets: ['https://a'], tls: { verify: 'no' } }), 'pools.api.tls.verify: expected true or false, got "no"'],
  [pool({ targets: ['https://a'], tls: { serverName: 'a:1' } }), 'pools.api.tls.serverName: expected a host name, got "a:1"'],

  // routes
  [{ pools }, 'routes: required, as there is more than one pool'],
  [{ pools, routes: [] }, 'routes: expected a list with at least one element'],
  [{ pools, routes: [{ prefx: '/', pool: 'api' }] }, 'routes[0].prefix: required: expected a path such as "/api"', 'routes[0].prefx: unknown key, did you mean "prefix"?'],
  [route({ prefx: '/' }), 'routes[0].prefx: unknown key, did you mean "prefix"?'],
  [route({ pool: 'apj' }), 'routes[0].pool: there is no pool "apj", did you mean "api"?'],
  [route({ pool: 'constructor' }), 'routes[0].pool: there is no pool "constructor"'],
  [route({ prefix: 'api' }), 'routes[0].prefix: must start with "/"'],
  [route({ prefix: '/a?b' }), 'routes[0].prefix: expected a path without "?", "#", "\\" and control characters'],
  [route({ prefix: '/a//b' }), 'routes[0].prefix: must not have an empty segment ("//")'],
  [route({ prefix: '/a/../b' }), 'routes[0].prefix: must not have a "." or ".." segment'],
  [route({ prefix: '/a/.' }), 'routes[0].prefix: must not have a "." or ".." segment'],
  [route({ prefix: '/a%2fb' }), 'routes[0].prefix: a prefix is compared with the decoded path: write the characters themselves instead of their percent-encoding'],
  [route({ rewritePrefix: 'v1' }), 'routes[0].rewritePrefix: must start with "/"'],
  [route({ rewritePrefix: '/%2e%2E/x' }), 'routes[0].rewritePrefix: must not have a "." or ".." segment'],
  [route({ rewritePrefix: '/a?b' }), 'routes[0].rewritePrefix: expected a path, percent-encoded where needed and without a query'],
  [route({ stripPrefix: true, rewritePrefix: '/v1' }), 'routes[0].rewritePrefix: cannot go together with "stripPrefix": "rewritePrefix" alone replaces the prefix'],
  ...['a:80', '*', 'a..b', 'a b', '::1', '*.*.a', '[::g]', '-a', ''].map((host): [unknown, string] => [
    route({ host }), `routes[0].host: expected a host such as "shop.example" or "*.shop.example", without a port, got "${host}"`
  ]),
  [route({ methods: [] }), 'routes[0].methods: expected a list with at least one element'],
  [route({ methods: ['get'] }), 'routes[0].methods[0]: "get" is not a method, did you mean "GET"?'],
  [route({ methods: ['GET', 'TRACE'] }), 'routes[0].methods[1]: TRACE is never forwarded'],
  [route({ methods: ['GET', 'GET'] }), 'routes[0].methods[1]: is in the list already'],
  [route({ hostHeader: 'a b' }), 'routes[0].hostHeader: expected "client", "target" or a host such as "shop.example:8080", got "a b"'],
  [route({ hostHeader: 'Target' }), 'routes[0].hostHeader: expected "client", "target" or a host such as "shop.example:8080", got "Target"'],
  [route({ hostHeader: 'a:' }), 'routes[0].hostHeader: expected "client", "target" or a host such as "shop.example:8080", got "a:"'],
  [route({ timeouts: { connect: '1s' } }), 'routes[0].timeouts.connect: unknown key, expected one of "responseHead", "idleBody", "request", "tunnelIdle"'],
  [route({ retry: true }), 'routes[0].retry: expected false or an object, got true'],
  [route({ retry: { attempts: 11 } }), 'routes[0].retry.attempts: expected a whole number from 1 to 10, got 11'],
  [route({ retry: { on: [] } }), 'routes[0].retry.on: expected a list with at least one element'],
  [route({ retry: { on: ['conect'] } }), 'routes[0].retry.on[0]: expected "connect", "reset", "timeout" or a status from 400 to 599, got "conect"'],
  [route({ retry: { on: [200] } }), 'routes[0].retry.on[0]: expected "connect", "reset", "timeout" or a status from 400 to 599, got 200'],
  [route({ retry: { backOff: '25ms' } }), 'routes[0].retry.backOff: expected an object, got "25ms"'],
  [route({ retry: { backOff: { base: 25 } } }), `routes[0].retry.backOff.base: ${DURATION}, got 25`],
  [route({ retry: { backOff: { base: '1s', max: '1' } } }), `routes[0].retry.backOff.max: ${DURATION}, got "1"`],
  [route({ retry: { backoff: {} } }), 'routes[0].retry.backoff: unknown key, did you mean "backOff"?'],
  [route({ retry: { maxRetryAfter: 5 } }), `routes[0].retry.maxRetryAfter: ${DURATION}, got 5`],
  [route({ retry: { tryFor: true } }), `routes[0].retry.tryFor: ${DURATION}, got true`],
  [route({ retry: { tryFor: '25d' } }), 'routes[0].retry.tryFor: "25d" is longer than 24 days'],
  [route({ retry: { bufferBody: 65536 } }), `routes[0].retry.bufferBody: ${SIZE}, got 65536`],
  [route({ retry: { bufferBody: '64k' } }), `routes[0].retry.bufferBody: ${SIZE}, got "64k"`],
  [route({ retry: { bufferbody: '64kb' } }), 'routes[0].retry.bufferbody: unknown key, did you mean "bufferBody"?'],
  [route({ priority: 1 }), 'routes[0].priority: expected "normal", "high" or an object with a "header", got 1'],
  [route({ priority: 'low' }), 'routes[0].priority: expected "normal", "high" or an object with a "header", got "low"'],
  [route({ priority: {} }), 'routes[0].priority.header: required: expected a field name such as "x-priority"', 'routes[0].priority.high: required: expected a list'],
  [route({ priority: { header: 'x priority', high: ['1'] } }), 'routes[0].priority.header: expected a field name such as "x-priority", got "x priority"'],
  [route({ priority: { header: '', high: ['1'] } }), 'routes[0].priority.header: expected a field name such as "x-priority", got ""'],
  [route({ priority: { header: 'x-priority', high: [] } }), 'routes[0].priority.high: expected a list with at least one element'],
  [route({ priority: { header: 'x-priority', high: 'yes' } }), 'routes[0].priority.high: expected a list, got "yes"'],
  [route({ priority: { header: 'x-priority', high: [1] } }), 'routes[0].priority.high[0]: expected a string that is not empty, got 1'],
  [route({ priority: { header: 'x-priority', high: ['1', ''] } }), 'routes[0].priority.high[1]: expected a string that is not empty, got ""'],

  // routes that collide
  [{ pools, routes: [{ prefix: '/a', pool: 'api' }, { prefix: '/a/', pool: 'web' }] }, 'routes[1]: is for the same host, prefix and methods as routes[0]'],
  [{ pools, routes: [{ host: 'A.example', prefix: '/', pool: 'api' }, { host: 'a.example', prefix: '/', pool: 'web' }] }, 'routes[1]: is for the same host, prefix and methods as routes[0]'],
  [{ pools, routes: [{ prefix: '/', methods: ['GET', 'PUT'], pool: 'api' }, { prefix: '/', pool: 'web' }, { prefix: '/', methods: ['POST', 'PUT'], pool: 'web' }] }, 'routes[2]: is for the same host, prefix and methods as routes[0]'],

  // header rules
  [request({ set: { Host: 'a' } }), 'routes[0].headers.request.set.Host: a header rule cannot change "host": use "hostHeader"'],
  ...['Connection', 'upgrade', 'te', 'trailer', 'keep-alive', 'proxy-connection'].flatMap((name): Array<[unknown, string]> => [
    [request({ set: { [name]: 'a' } }), `routes[0].headers.request.set.${name}: a header rule cannot change "${name.toLowerCase()}": it belongs to one connection and never passes the proxy`],
    [route({ headers: { response: { remove: [name] } } }), `routes[0].headers.response.remove[0]: a header rule cannot change "${name.toLowerCase()}": it belongs to one connection and never passes the proxy`]
  ]),
  ...['content-length', 'transfer-encoding'].flatMap((name): Array<[unknown, string]> => [
    [request({ remove: [name] }), `routes[0].headers.request.remove[0]: a header rule cannot change "${name}": it says where the message ends, and the proxy writes it itself`],
    [route({ headers: { response: { set: { [name]: '1' } } } }), `routes[0].headers.response.set.${name}: a header rule cannot change "${name}": it says where the message ends, and the proxy writes it itself`]
  ]),
  [request({ set: { expect: '100-continue' } }), 'routes[0].headers.request.set.expect: a header rule cannot change "expect": the proxy answers it itself'],
  [request({ set: { 'a b': '' } }), 'routes[0].headers.request.set["a b"]: expected a field name: letters, digits and - _ . ! # $ % & \' * + ^ ` | ~'],
  [request({ set: { 'a\n': '' } }), 'routes[0].headers.request.set["a\\n"]: expected a field name: letters, digits and - _ . ! # $ % & \' * + ^ ` | ~'],
  ...['a\nb', 'a\rb', 'a\0b', 'a\u0100'].map((value): [unknown, string] => [
    request({ set: { a: value } }), 'routes[0].headers.request.set.a: a field value cannot hold line breaks, other control characters, or characters beyond Latin-1'
  ]),
  [request({ set: { a: 1 } }), 'routes[0].headers.request.set.a: expected a string, got 1'],
  [request({ set: { 'X-A': '1', 'x-a': '2' } }), 'routes[0].headers.request.set.x-a: is set already, in another spelling'],
  [request({ set: { 'X-A': '1' }, remove: ['x-a'] }), 'routes[0].headers.request.remove[0]: is set or removed already'],
  [route({ headers: { requests: {} } }), 'routes[0].headers.requests: unknown key, did you mean "request"?']
]

t.test('every fault is told with its place and what was expected', async t => {
  for (const [input, ...faults] of refusals) t.strictSame(faultsOf(input), faults, faults[0] ?? 'a refusal')
})

t.test('two sticky pools may have cookies that differ, or one cookie for the same targets', async t => {
  for (const b of [{ cookie: 'other' }, { path: '/b' }, { domain: 'b.example' }]) t.strictSame(faultsOf(stickies({}, b)), [])
  t.strictSame(faultsOf(stickies({}, {}, ['http://A/'])), [])
  t.strictSame(faultsOf(stickies({}, {}, [{ url: 'http://a', weight: 2 }])), [])
})

t.test('all faults in one go, of form and of sense', async t => {
  t.strictSame(faultsOf({
    timeouts: { connect: 5 },
    pools: { api: { targets: [{ url: 'http://a:1' }, 'http://a:1', { url: 'foo' }], strategy: 'fastest' }, web: { targets: ['http://b:1'] } },
    routes: [{ prefx: '/api', prefix: '/api', pool: 'apj' }, { prefix: '/api', pool: 'web', methods: ['${METHOD}'] }]
  }), [
    'routes[1].methods[0]: the environment variable METHOD is not set and ${METHOD} gives no default',
    'timeouts.connect: expected a duration such as "250ms" or "5s", got 5',
    'pools.api.targets[2].url: "foo" is not a URL',
    'routes[0].prefx: unknown key, did you mean "prefix"?',
    `pools.api.strategy: unknown strategy "fastest", expected one of ${names}`,
    'pools.api.targets[1]: http://a:1 is in this pool already: targets[0]',
    'routes[0].pool: there is no pool "apj", did you mean "api"?'
  ])
})

t.test('a message does not grow with the value', async t => {
  const [fault = ''] = faultsOf({ ...pool({}), log: { level: 'x'.repeat(10_000) } })
  t.ok(fault.length < 250)
})

t.test('an input without end is refused', async t => {
  const endless: Record<string, unknown> = { ...pool({}) }
  endless['log'] = endless
  t.ok(faultsOf(endless).some(fault => fault.endsWith('nested too deeply')))
})
