import t from 'tap'
import { expand } from '../../src/config/expand.js'
import { loadConfig } from '../../src/config/load.js'
import { faultsOf } from '../fixtures/faults-of.js'

const env = { A: 'one', EMPTY: '', PORT: '4000', ON: 'true', SELF: '${A}', UNSET: undefined }

t.test('variables, defaults, escapes', async t => {
  const cases: ReadonlyArray<readonly [string, string]> = [
    ['plain $ text', 'plain $ text'],
    ['${A}', 'one'],
    ['a-${A}-${A}', 'a-one-one'],
    ['${EMPTY}', ''],
    ['${EMPTY:-x}', 'x'],
    ['${UNSET:-x}', 'x'],
    ['${NONE:-}', ''],
    ['${NONE:-a:-b c}', 'a:-b c'],
    ['${A:-x}', 'one'],
    ['$${A}', '${A}'],
    ['$$${A}', '$${A}'],
    ['$A ${A', '$A ${A'],
    ['${SELF}', '${A}']
  ]
  for (const [text, expanded] of cases) t.equal(expand(text, env).document, expanded, text)
})

t.test('what is missing or malformed is a fault with its place', async t => {
  const faults = (text: string) => expand({ a: ['', text] }, env).faults
  t.strictSame(faults('${NONE}'), [{ path: 'a[1]', message: 'the environment variable NONE is not set and ${NONE} gives no default' }])
  t.strictSame(faults('${UNSET}').length, 1)
  t.strictSame(faults('${toString}').length, 1, 'not what every object has')
  for (const text of ['${', '${}', '${A-B}', '${1}', 'x${A']) {
    t.strictSame(faults(text), [{ path: 'a[1]', message: '"${" begins no variable: expected ${NAME} or ${NAME:-default}, or $${ for the characters themselves' }], text)
  }
})

t.test('a string that is one variable becomes the number or boolean that is wanted', async t => {
  const config = loadConfig({
    listen: { port: '${PORT}' },
    log: { access: '${OFF:-false}' },
    pools: { api: { targets: [{ url: 'http://127.0.0.1:${PORT}', weight: '${W:-2.5}' }], healthCheck: '${ON}' } },
    routes: [{ prefix: '/${A}', pool: 'api', stripPrefix: '${ON}', retry: { on: ['connect', '${STATUS:-503}'] } }]
  }, { env })
  t.strictSame(config.listen, [{ host: '0.0.0.0', port: 4000 }])
  t.equal(config.log.access, false)
  t.strictSame(config.pools['api']?.targets, [{ url: 'http://127.0.0.1:4000', weight: 2.5, maxConnections: 0, drain: false, priority: 0, zone: null }])
  t.equal(config.pools['api']?.healthCheck?.interval, 5000)
  t.match(config.routes, [{ prefix: '/one', stripPrefix: true, retry: { on: { statuses: [503] } } }])
})

t.test('but only then', async t => {
  const fault = (port: string) => faultsOf({ listen: { port }, pools: { api: { targets: ['http://a:1'] } } }, { env })
  t.strictSame(fault('4000'), ['listen.port: expected a whole number from 0 to 65535, got "4000"'])
  t.strictSame(fault('4${PORT}'), ['listen.port: expected a whole number from 0 to 65535, got "44000"'])
  t.strictSame(fault('${A}'), ['listen.port: expected a whole number from 0 to 65535, got "one"'])
  t.strictSame(fault('${P:-70000}'), ['listen.port: expected a whole number from 0 to 65535, got 70000'])
})

t.test('keys are not expanded, and the environment is only what is passed in', async t => {
  t.strictSame(faultsOf({ '${A}': 1, pools: { api: { targets: ['http://a:1'] } } }, { env }).length, 1)
  t.strictSame(faultsOf({ pools: { api: { targets: ['${PATH}'] } } }), ['pools.api.targets[0]: the environment variable PATH is not set and ${PATH} gives no default'])
})
