import { join } from 'node:path'
import t from 'tap'
import { parseDuration } from '../../src/base/duration.js'
import { parseSize } from '../../src/base/size.js'
import { describeConfig, durationText, sizeText } from '../../src/config/describe.js'
import { loadConfig } from '../../src/config/load.js'
import { valueAt } from '../../src/config/place.js'

t.test('durations in the unit that suits them', async t => {
  const cases: ReadonlyArray<readonly [number, string]> = [[0, '0s'], [250, '250ms'], [1.5, '1.5ms'], [5000, '5s'], [90_000, '90s'], [60_000, '1m'], [3_600_000, '1h'], [172_800_000, '48h']]
  for (const [milliseconds, text] of cases) {
    t.equal(durationText(milliseconds), text)
    t.equal(parseDuration(text), milliseconds)
  }
})

t.test('sizes in the unit that suits them', async t => {
  const cases: ReadonlyArray<readonly [number, string]> = [[0, '0b'], [1, '1b'], [1500, '1500b'], [1024, '1kb'], [65_536, '64kb'], [1_572_864, '1536kb'], [1_048_576, '1mb'], [3_221_225_472, '3gb']]
  for (const [bytes, text] of cases) {
    t.equal(sizeText(bytes), text)
    t.equal(parseSize(text), bytes)
  }
})

t.test('written as its input would be, with nothing left to default', async t => {
  const described = describeConfig(loadConfig({
    pools: { api: { targets: ['http://a:1'], healthCheck: { status: [204, '200-299'], headers: { accept: '*/*' }, bodyContains: '$${ok}' } } },
    routes: [{ host: 'a.example', prefix: '/ä/', pool: 'api', hostHeader: 'b.example', retry: { on: ['timeout', 503] } }]
  }))
  t.match(described, {
    listen: [{ host: '0.0.0.0', port: 8080 }],
    timeouts: { connect: '3s', tls: '3s', request: '0s' },
    limits: { uploadRate: '0b' },
    pools: {
      api: {
        strategy: 'round-robin',
        targets: [{ url: 'http://a:1', weight: 1, maxConnections: 0, drain: false, priority: 0 }],
        healthCheck: { type: 'http', status: [204, '200-299'], headers: { accept: '*/*' }, bodyContains: '$${ok}', interval: '5s' },
        passiveHealth: { consecutiveFailures: 5, statuses: [502, 503, 504], failureRate: false, ejection: '30s', maxEjection: '5m', maxEjectedShare: 0.5 },
        slowStart: '0s',
        spillBelow: 0.7,
        whenAllDown: 'try-anyway',
        maxConnections: 0,
        queue: { max: 1024 },
        adaptiveLimit: false,
        retryBudget: { share: 0.2, minimumPerSecond: 3 }
      }
    },
    routes: [{
      host: 'a.example',
      prefix: '/ä',
      hostHeader: 'b.example',
      retry: { attempts: 2, perTryTimeout: '0s', backOff: { base: '25ms', max: '250ms' }, maxRetryAfter: '5s', tryFor: '0s', bufferBody: '0b', on: ['timeout', 503] },
      priority: 'normal'
    }]
  })
  t.notMatch(JSON.stringify(described), /null|"tls":\{/)
})

t.test('in the long form where there is more to say', async t => {
  const described = describeConfig(loadConfig({
    limits: { uploadRate: '1kb' },
    pools: {
      api: {
        targets: [{ url: 'http://a:1', drain: true }],
        passiveHealth: { failureRate: { window: '1m' } },
        slowStart: '10s',
        adaptiveLimit: { max: 50 },
        retryBudget: { share: 1 }
      },
      web: { targets: ['http://a:1'], passiveHealth: false }
    },
    routes: [{ prefix: '/', pool: 'api', retry: { bufferBody: '64kb', tryFor: '10s' }, priority: { header: 'X-Priority', high: ['$${high}'] } }]
  }))
  t.match(described, {
    limits: { uploadRate: '1kb' },
    pools: {
      api: {
        targets: [{ drain: true }],
        passiveHealth: { failureRate: { share: 0.5, window: '1m', minimumRequests: 20 } },
        slowStart: { window: '10s', aggression: 1 },
        adaptiveLimit: { min: 4, max: 50, initial: 20, tolerance: 1.5 },
        retryBudget: { share: 1, minimumPerSecond: 3 }
      },
      web: { passiveHealth: false }
    },
    routes: [{ retry: { bufferBody: '64kb', tryFor: '10s' }, priority: { header: 'x-priority', high: ['$${high}'] } }]
  })
})

t.test('strategies with all that they are made of', async t => {
  const described = (strategy: unknown): unknown => {
    const config: unknown = describeConfig(loadConfig({ zone: 'eu-1', pools: { api: { targets: [{ url: 'http://a:1', zone: 'eu-2', backup: true }], strategy } } }))
    t.match(config, { zone: 'eu-1', pools: { api: { targets: [{ priority: 1, zone: 'eu-2' }] } } })
    return valueAt(config, ['pools', 'api', 'strategy'])
  }
  t.equal(described('random'), 'random')
  t.strictSame(described({ name: 'consistent-hash', key: 'path' }), { name: 'consistent-hash', key: 'path', boundedLoad: 1.25 })
  t.match(described({ name: 'sticky', secret: 'sixteen-characters', strategy: 'random' }), { name: 'sticky', secret: '(redacted)', strategy: 'random' })
  const directory = t.testdir({ 'mine.cjs': 'module.exports = targets => targets[0]' })
  const module = join(directory, 'mine.cjs')
  t.strictSame(described({ module, options: { of: [1], token: 'hush' } }), { module, options: { of: [1], token: '(redacted)' } })
  t.strictSame(
    described({ module, options: { apiKey: 'hush', key: 'header:x-user', nodes: [{ redis: { password: 'hush', port: 1 } }] } }),
    { module, options: { apiKey: '(redacted)', key: 'header:x-user', nodes: [{ redis: { password: '(redacted)', port: 1 } }] } }
  )
})

t.test('tells no secret', async t => {
  const text = JSON.stringify(describeConfig(loadConfig({
    debug: { secret: 'hush-hush-hush-hush' },
    pools: {
      api: {
        targets: ['http://a:1'],
        healthCheck: { headers: { Authorization: 'Bearer hush' } },
        strategy: { name: 'sticky', secret: ['hush-hush-hush-hush', 'hush-hush-hush-hash'], cookie: 'open', strategy: { name: 'sticky', secret: 'hush-hush-hush-hush' } }
      }
    },
    routes: [{ prefix: '/', pool: 'api', headers: { request: { set: { 'X-Api-Key': 'hush', cookie: 'hush', 'x-edge': 'open' } } }, priority: { header: 'X-Token', high: ['hush', 'hush hush'] } }]
  })))
  t.notMatch(text, /hush/)
  t.match(text, /open/)
})
