import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import t from 'tap'
import { jsonSchema } from '../../src/config/json-schema.js'

t.test('the committed file is what the code says', async t => {
  const file = readFileSync(new URL('../../config.schema.json', import.meta.url), 'utf8')
  t.equal(file, `${JSON.stringify(jsonSchema(), null, 2)}\n`, 'run: npm run schema')
})

t.test('valid draft-07 without marks of our own', async t => {
  const schema = jsonSchema()
  t.doesNotThrow(() => new Ajv({ strict: true, strictTypes: false, allowMatchingProperties: true, allowUnionTypes: true }).compile(schema))
  t.notMatch(JSON.stringify(schema), /"(?:check|expects)":/)
})

t.test('accepts the example, refuses what the loader refuses by form', async t => {
  const validate = new Ajv({ strict: false }).compile(jsonSchema())
  const example: unknown = JSON.parse(readFileSync(new URL('../../config.example.json', import.meta.url), 'utf8'))
  t.ok(validate(example))
  const pool = (rest: object) => ({ pools: { api: { targets: ['http://a:1'], ...rest } } })
  t.ok(validate(pool({ strategy: { name: 'round-robin' } })))
  t.ok(validate(pool({ strategy: { module: './mine.js', options: { any: ['thing'] } } })))
  t.ok(validate({ ...pool({ spillBelow: '${SPILL}' }), zone: '${ZONE:-}', debug: { secret: '${SECRET}' }, log: { explain: true } }))
  t.ok(validate({ ...pool({}), timeouts: { connect: '${CONNECT:-3s}' }, log: { access: '${ACCESS}' } }))
  for (const good of [
    { passiveHealth: false }, { passiveHealth: { statuses: [], failureRate: { share: '${SHARE}' } } }, { slowStart: '10s' }, { slowStart: { window: '10s', aggression: 2 } },
    { adaptiveLimit: true }, { adaptiveLimit: { min: '${MIN:-4}' } }, { retryBudget: {} }, { targets: [{ url: 'http://a:1', drain: '${DRAIN}' }] },
    { targets: [{ url: 'http://a:1', backup: true, zone: 'eu-1' }, { url: 'http://b:1', priority: 2 }], spillBelow: 1 }
  ]) t.ok(validate(pool(good)), JSON.stringify(good))
  const route = (rest: object) => ({ ...pool({}), routes: [{ prefix: '/', pool: 'api', ...rest }] })
  t.ok(validate(route({ priority: { header: 'x-priority', high: ['1'] }, retry: { bufferBody: '${KEEP:-64kb}', backOff: { base: '0s' } } })))
  for (const bad of [
    pool({ passiveHealth: { statuses: [404] } }), pool({ slowStart: 10 }), pool({ adaptiveLimit: { min: 0 } }), pool({ retryBudget: true }),
    route({ priority: 'urgent' }), route({ priority: { header: 'x-priority' } }), route({ retry: { bufferBody: '64k' } }), { ...pool({}), limits: { uploadRate: 1024 } }
  ]) t.notOk(validate(bad), JSON.stringify(bad))
  for (const bad of [{}, pool({ x: 1 }), pool({ strategy: 'fastest' }), pool({ strategy: { name: 'round-robin', x: 1 } }), pool({ strategy: { module: './mine.js', x: 1 } }), pool({ strategy: { options: {} } }), pool({ spillBelow: 0 }), { ...pool({}), timeouts: { connect: 5 } }, { ...pool({}), timeouts: { connect: '5' } }]) {
    t.notOk(validate(bad), JSON.stringify(bad))
  }
})

t.test('every key tells what it is for', async t => {
  const mute: string[] = []
  const walk = (schema: unknown, path: string): void => {
    if (typeof schema !== 'object' || schema === null) return
    for (const [key, value] of Object.entries(schema)) {
      if (key === 'properties') {
        for (const [name, property] of Object.entries(value)) {
          const hasConstant = typeof property === 'object' && property !== null && 'const' in property
          if (typeof property !== 'object' || property === null || !('description' in property || hasConstant)) mute.push(`${path}.${name}`)
        }
      }
      walk(value, `${path}.${key}`)
    }
  }
  walk(jsonSchema(), '')
  t.strictSame(mute, [])
})
