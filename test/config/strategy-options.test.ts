import t from 'tap'
import { faultsOf } from '../fixtures/faults-of.js'

const KEY = 'expected "ip", "path", "header:NAME", "cookie:NAME", "query:NAME" or a template of them such as "{header:x-tenant}/{path}"'
const SECRET = 'expected a secret of at least 16 characters'
const secret = 'sixteen letters!'

function hash (options: object): object {
  return { name: 'consistent-hash', ...options }
}

function sticky (options: object): object {
  return { name: 'sticky', secret, ...options }
}

function aware (options: object): object {
  return { name: 'load-aware', ...options }
}

function faults (strategy: unknown): readonly string[] {
  return faultsOf({ pools: { api: { targets: ['http://a:1'], strategy } } }).map(fault => fault.replace('pools.api.strategy', 'strategy'))
}

for (const [strategy, ...expected] of [
  [hash({ key: 'user' }), `strategy.key: ${KEY}, got "user"`],
  [hash({ key: '{header:a b}' }), `strategy.key: ${KEY}, got "{header:a b}"`],
  [hash({ key: 1 }), 'strategy.key: expected a key such as "header:x-user-id", got 1'],
  [hash({ boundedLoad: 0.9 }), 'strategy.boundedLoad: expected a number from 1 to 1000 or false, got 0.9'],
  [hash({ boundedLoad: true }), 'strategy.boundedLoad: expected a number from 1 to 1000 or false, got true'],
  [hash({ keys: 'ip' }), 'strategy.keys: unknown key, did you mean "key"?'],
  ['sticky', 'strategy.secret: required: expected a secret of at least 16 characters or a list of them'],
  [sticky({ secret: 'too short' }), `strategy.secret: ${SECRET}, got one of 9`],
  [sticky({ secret: [secret, 'too short'] }), `strategy.secret[1]: ${SECRET}, got one of 9`],
  [sticky({ secret: [] }), 'strategy.secret: expected a list with at least one element'],
  [sticky({ cookie: 'a b' }), 'strategy.cookie: expected a cookie name such as "headrace", got "a b"'],
  [sticky({ path: 'shop' }), 'strategy.path: expected a path such as "/", got "shop"'],
  [sticky({ path: '/a; Secure' }), 'strategy.path: expected a path such as "/", got "/a; Secure"'],
  [sticky({ domain: '.shop.example' }), 'strategy.domain: expected a domain such as "shop.example", got ".shop.example"'],
  [sticky({ sameSite: 'None' }), 'strategy.sameSite: expected "lax", "strict" or "none", got "None", did you mean "none"?'],
  [sticky({ sameSite: 'none' }), 'strategy: expected "secure": true beside "sameSite": "none", got an object'],
  [sticky({ sameSite: 'none', secure: false }), 'strategy: expected "secure": true beside "sameSite": "none", got an object'],
  [sticky({ maxAge: 3600 }), 'strategy.maxAge: expected a duration such as "250ms" or "5s", got 3600'],
  [sticky({ strategy: 1 }), 'strategy.strategy: expected a strategy\'s name or an object with a "name", got 1'],
  [aware({ blackout: '10' }), 'strategy.blackout: expected a duration such as "250ms" or "5s", got "10"'],
  [aware({ expiry: '0s' }), 'strategy.expiry: must be longer than "0s"'],
  [aware({ errorPenalty: -1 }), 'strategy.errorPenalty: expected a number from 0 to 1000, got -1']
] as const) t.strictSame(faults(strategy), expected, JSON.stringify(strategy))

for (const good of [
  'consistent-hash', hash({ key: 'v2:{header:x-tenant}/{path}', boundedLoad: false }), hash({ boundedLoad: 1 }),
  sticky({}), sticky({ secret: [secret, `${secret}old`], strategy: 'round-robin', sameSite: 'none', secure: true, maxAge: '1h', domain: 'shop.example' }),
  sticky({ strategy: hash({ key: 'path' }) }),
  'load-aware', aware({ blackout: '0s', expiry: '1m', errorPenalty: 0 })
]) t.strictSame(faults(good), [], JSON.stringify(good))
