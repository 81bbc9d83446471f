import t from 'tap'
import { configDifference } from '../../src/config/difference.js'
import { comparableConfig, describeConfig } from '../../src/config/describe.js'
import { loadConfig } from '../../src/config/load.js'

const [A, B, C] = ['http://127.0.0.1:1', 'http://127.0.0.1:2', 'http://127.0.0.1:3']

function difference (from: object, to: object): readonly string[] {
  return configDifference(describeConfig(loadConfig(from)), describeConfig(loadConfig(to)))
}

function ofPool (from: object, to: object): readonly string[] {
  return difference({ pools: { api: from } }, { pools: { api: to } })
}

t.test('the order of targets is a difference where the strategy goes by it', async t => {
  for (const strategy of ['first-available', { name: 'first-available' }, { name: 'sticky', secret: 'a secret of some length', strategy: 'first-available' }]) {
    t.strictSame(ofPool({ strategy, targets: [A, B, C] }, { strategy, targets: [C, A, B] }), [`pool api: changes the order of targets to ${C}, ${A}, ${B}`])
    t.strictSame(ofPool({ strategy, targets: [A, B] }, { strategy, targets: [C, A, B] }), [`pool api: adds 1 target (${C})`, `pool api: changes the order of targets to ${C}, ${A}, ${B}`])
    t.strictSame(ofPool({ strategy, targets: [A, B] }, { strategy, targets: [B, C] }), [`pool api: removes 1 target (${A})`, `pool api: adds 1 target (${C})`], 'the last one is where one expects it')
  }
  for (const strategy of ['round-robin', { name: 'sticky', secret: 'a secret of some length', strategy: 'random' }]) t.strictSame(ofPool({ strategy, targets: [A, B] }, { strategy, targets: [B, A] }), [])
  const own = (targets: readonly string[]) => ({ pools: { api: { strategy: { module: './own.js', options: {} }, targets: targets.map(url => ({ url })) } } })
  t.strictSame(configDifference(own([A, B]), own([B, A])), [`pool api: changes the order of targets to ${B}, ${A}`], 'it may matter to one of the user\'s own')
})

t.test('the order of a route\'s methods is no difference', async t => {
  const config = (methods: readonly string[], prefix = '/') => ({ pools: { api: { targets: [A] } }, routes: [{ prefix, methods, pool: 'api' }] })
  t.strictSame(difference(config(['GET', 'POST']), config(['POST', 'GET'])), [])
  t.strictSame(difference(config(['POST', 'GET']), config(['GET'])), ['removes route GET,POST /', 'adds route GET /'])
})

t.test('a certificate is not printed, and what is long is cut', async t => {
  const config = (ca: string | undefined, trustProxy: readonly string[]) => ({ trustProxy, pools: { api: { targets: [{ url: 'https://one.example' }], tls: { ca, serverName: 'one' } } } })
  t.strictSame(configDifference(config('BEGIN\none\nEND', []), config('BEGIN\ntwo\nEND', [])), ['pool api: changes tls.ca'])
  t.strictSame(configDifference(config(undefined, []), config('BEGIN\ntwo\nEND', [])), ['pool api: changes tls.ca'])
  const [line = ''] = configDifference(config('x', []), config('x', Array.from({ length: 100 }, (_, i) => `10.0.${i}.0/24`)))
  t.match(line, /^changes trustProxy from \[\] to \["10\.0\.0\.0\/24",.*… \(\d{4} characters\)$/)
  t.ok(line.length < 300)
})

t.test('between comparable descriptions a secret that has changed is a difference, and is not printed', async t => {
  const config = (secret: string) => loadConfig({
    debug: { secret },
    pools: { api: { targets: [A], strategy: { name: 'sticky', secret }, healthCheck: { headers: { authorization: secret } } } },
    routes: [{ prefix: '/', pool: 'api', headers: { request: { set: { 'x-auth-token': secret } } }, priority: { header: 'x-session', high: [secret] } }]
  })
  const [one, two] = ['the-first-long-secret', 'the-second-long-secret']
  t.strictSame(configDifference(comparableConfig(config(one)), comparableConfig(config(one))), [])
  const lines = configDifference(comparableConfig(config(one)), comparableConfig(config(two)))
  t.match(lines[0], /^pool api: changes the strategy \{"name":"sticky","secret":"\(redacted\)".* in what is not shown$/)
  t.strictSame(lines.slice(1), ['pool api: changes healthCheck.headers.authorization', 'changes route /: headers: request: set: x-auth-token', 'changes route /: priority: high', 'changes debug.secret'])
  t.notMatch(lines.join('\n'), /long-secret/)
  t.strictSame(configDifference(describeConfig(config(one)), describeConfig(config(two))), [], 'those that may be shown are equal')
})
