import { readFileSync } from 'node:fs'
import t from 'tap'
import { jsonSchema } from '../../src/config/json-schema.js'
import { isRecord } from '../../src/config/place.js'
import { sections } from '../fixtures/markdown.js'

const PAGE = new URL('../../docs/configuration.md', import.meta.url)

/** What the schema says of one key, over all the forms that its object may have. */
interface Key {
  readonly descriptions: Set<string>
  readonly defaults: Set<string>
  readonly words: Set<string>
  required: boolean
}

/** The keys of a schema by their path: `pools.NAME.targets[].url`. */
function keysOf (schema: unknown, path = '', keys = new Map<string, Key>()): Map<string, Key> {
  if (!isRecord(schema)) return keys
  const required = Array.isArray(schema['required']) ? schema['required'] : []
  for (const [name, value] of Object.entries(isRecord(schema['properties']) ? schema['properties'] : {})) {
    const place = path === '' ? name : `${path}.${name}`
    note(keys, place, value, required.includes(name))
    keysOf(value, place, keys)
  }
  for (const form of Array.isArray(schema['anyOf']) ? schema['anyOf'] : []) keysOf(form, path, keys)
  // A list of addresses is written like one address: its keys are those of `listen` itself.
  keysOf(schema['items'], path === 'listen' ? path : `${path}[]`, keys)
  for (const value of Object.values(isRecord(schema['patternProperties']) ? schema['patternProperties'] : {})) keysOf(value, `${path}.NAME`, keys)
  return keys
}

function note (keys: Map<string, Key>, place: string, schema: unknown, required: boolean): void {
  if (!isRecord(schema)) return
  const key = keys.get(place) ?? { descriptions: new Set(), defaults: new Set(), words: new Set(), required: true }
  keys.set(place, key)
  // A key that one form needs and another has a default for may be left out.
  key.required &&= required
  if (typeof schema['description'] === 'string') key.descriptions.add(schema['description'])
  if ('default' in schema) key.defaults.add(JSON.stringify(schema['default']))
  for (const word of words(schema)) key.words.add(JSON.stringify(word))
}

/** The words that a value may be one of. */
function words (schema: Readonly<Record<string, unknown>>): readonly unknown[] {
  const forms = Array.isArray(schema['anyOf']) ? schema['anyOf'] : []
  return [
    ...('const' in schema ? [schema['const']] : []),
    ...(Array.isArray(schema['enum']) ? schema['enum'] : []),
    ...[...forms, schema['items']].flatMap(form => isRecord(form) && !isRecord(form['properties']) ? words(form) : [])
  ]
}

interface Row {
  readonly type: string
  readonly standard: string
  readonly meaning: string
}

/** The rows of the page's tables by the path of their key. */
function rowsOf (text: string): Map<string, Row> {
  const rows = new Map<string, Row>()
  for (const { heading, table } of sections(text)) {
    const places = heading === 'Top level' ? [''] : [...heading.matchAll(/`([^`]+)`/g)].map(match => `${match[1]}.`)
    for (const [key = '', type = '', standard = '', meaning = ''] of table) {
      for (const place of places) rows.set(place + key.replaceAll('`', ''), { type, standard, meaning })
    }
  }
  return rows
}

const rows = rowsOf(readFileSync(PAGE, 'utf8'))
const keys = keysOf(jsonSchema())

t.test('every key of the config has a row, and every row is a key', async t => {
  t.ok(keys.size > 60, 'the schema is read')
  t.strictSame([...rows.keys()].sort(), [...keys.keys()].sort())
})

t.test('defaults, words and descriptions are those of the schema', async t => {
  for (const [place, { descriptions, defaults, words, required }] of keys) {
    const row = rows.get(place)
    if (row === undefined) continue
    t.equal(row.standard, required ? 'required' : [...defaults].map(value => `\`${value}\``).join(''), `${place}: default`)
    for (const word of words) t.ok(row.type.includes(`\`${word}\``), `${place}: ${word}`)
    for (const description of descriptions) t.ok(row.meaning.includes(description), `${place}: ${description}`)
  }
})
