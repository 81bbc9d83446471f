import { Ajv } from 'ajv'
import fc from 'fast-check'
import proxyAddr from 'proxy-addr'
import t from 'tap'
import { describeConfig } from '../../src/config/describe.js'
import { jsonSchema } from '../../src/config/json-schema.js'
import { loadConfig } from '../../src/config/load.js'
import { isRecord } from '../../src/config/place.js'
import { configArbitrary, SECRET } from '../fixtures/config-arbitrary.js'
import { faultsOf } from '../fixtures/faults-of.js'

t.test('any valid config loads, and editors agree', async t => {
  const validate = new Ajv({ strict: false }).compile(jsonSchema())
  t.doesNotThrow(() => fc.assert(fc.property(configArbitrary, input => {
    const config = loadConfig(input)
    proxyAddr.compile([...config.trustProxy])
    if (!validate(input)) throw new Error(JSON.stringify(validate.errors))
  }), { numRuns: 100 }))
})

t.test('what describes a config loads as the same config', async t => {
  t.doesNotThrow(() => fc.assert(fc.property(configArbitrary, input => {
    const config = loadConfig(input)
    const again = loadConfig(JSON.parse(JSON.stringify(describeConfig(config)).replaceAll('(redacted)', SECRET)))
    if (JSON.stringify(again) !== JSON.stringify(config)) throw new Error('differs')
  }), { numRuns: 60 }))
})

t.test('an unknown key is refused wherever it is', async t => {
  t.doesNotThrow(() => fc.assert(fc.property(configArbitrary, fc.nat(), (input, chosen) => {
    const copy: unknown = structuredClone(input)
    const objects = closedObjects(copy, '')
    const [path, object] = objects[chosen % objects.length] ?? ['', {}]
    object['unheardOf'] = 1
    const faults = faultsOf(copy)
    const place = path === '' ? 'unheardOf' : `${path}.unheardOf`
    if (!faults.some(fault => fault.startsWith(`${place}: unknown key`))) throw new Error(`${place} not among ${JSON.stringify(faults)}`)
    if (faults.length !== 1) throw new Error(`more than one fault: ${JSON.stringify(faults)}`)
  }), { numRuns: 100 }))
})

/** All objects in a config but those whose keys are names of the user's choice. */
function closedObjects (value: unknown, path: string): Array<[string, Record<string, unknown>]> {
  if (Array.isArray(value)) return value.flatMap((element, index) => closedObjects(element, `${path}[${index}]`))
  if (!isRecord(value)) return []
  const open = /^pools$|(?:^|\.)(?:set|headers)$/.test(path) && !/^routes\[\d+\]\.headers$/.test(path)
  const below = Object.entries(value).flatMap(([key, child]) => {
    const step = /^[A-Za-z_$][\w$-]*$/.test(key) ? `${path === '' ? '' : '.'}${key}` : `[${JSON.stringify(key)}]`
    return closedObjects(child, path + step)
  })
  return open ? below : [[path, value], ...below]
}

t.test('no input makes it throw anything but its own error', async t => {
  t.doesNotThrow(() => fc.assert(fc.property(fc.anything({ withNullPrototype: true, withBigInt: true, withDate: true, withMap: true }), input => {
    if (faultsOf(input).length === 0) throw new Error('loaded')
  }), { numRuns: 150 }))
  t.doesNotThrow(() => fc.assert(fc.property(fc.anything(), fc.anything(), fc.anything(), (targets, routes, rest) => {
    faultsOf({ pools: { a: { targets, healthCheck: rest, passiveHealth: rest, slowStart: rest, adaptiveLimit: rest, retryBudget: rest, queue: rest, strategy: rest, tls: rest } }, routes, listen: rest, timeouts: rest, limits: rest, trustProxy: rest })
    faultsOf({ pools: { a: { targets: ['http://a', targets] } }, routes: [routes, { prefix: rest, host: rest, headers: { request: { set: rest, remove: rest } }, methods: rest, retry: rest, priority: rest }] })
  }), { numRuns: 150 }))
})
