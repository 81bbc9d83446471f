import t from 'tap'
import { parseDuration } from '../../src/base/duration.js'
import { describeConfig, durationText } from '../../src/config/describe.js'
import { loadConfig } from '../../src/config/load.js'

t.test('durations in the unit that suits them', async t => {
  const cases: ReadonlyArray<readonly [number, string]> = [[0, '0s'], [250, '250ms'], [1.5, '1.5ms'], [5000, '5s'], [90_000, '90s'], [60_000, '1m'], [3_600_000, '1h'], [172_800_000, '48h']]
  for (const [milliseconds, text] of cases) {
    t.equal(durationText(milliseconds), text)
    t.equal(parseDuration(text), milliseconds)
  }
})

t.test('written as its input would be, with nothing left to default', async t => {
  const described = describeConfig(loadConfig({
    pools: { api: { targets: ['http://a:1'], healthCheck: { status: [204, '200-299'], headers: { accept: '*/*' }, bodyContains: '$${ok}' } } },
    routes: [{ host: 'a.example', prefix: '/ä/', pool: 'api', hostHeader: 'b.example', retry: { on: ['timeout', 503] } }]
  }))
  t.match(described, {
    listen: [{ host: '0.0.0.0', port: 8080 }],
    timeouts: { connect: '3s', request: '0s' },
    pools: {
      api: {
        strategy: 'round-robin',
        targets: [{ url: 'http://a:1', weight: 1, maxConnections: 0 }],
        healthCheck: { type: 'http', status: [204, '200-299'], headers: { accept: '*/*' }, bodyContains: '$${ok}', interval: '5s' },
        whenAllDown: 'try-anyway',
        maxConnections: 0,
        queue: { max: 1024 }
      }
    },
    routes: [{ host: 'a.example', prefix: '/ä', hostHeader: 'b.example', retry: { attempts: 2, perTryTimeout: '0s', on: ['timeout', 503] } }]
  })
  t.notMatch(JSON.stringify(described), /null|"tls"/)
})

t.test('tells no secret', async t => {
  const text = JSON.stringify(describeConfig(loadConfig({
    pools: { api: { targets: ['http://a:1'], healthCheck: { headers: { Authorization: 'Bearer hush' } } } },
    routes: [{ prefix: '/', pool: 'api', headers: { request: { set: { 'X-Api-Key': 'hush', cookie: 'hush', 'x-edge': 'open' } } } }]
  })))
  t.notMatch(text, /hush/)
  t.match(text, /open/)
})
