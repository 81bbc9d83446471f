import type { StrategyKind } from '../balancing/strategy.js'
import { strategyKinds } from '../balancing/strategies.js'
import { isRecord, replaceAt, valueAt, type Place } from './place.js'
import { configSchema } from './schema.js'
import { optionsSchema } from './strategy-spec.js'

/** Where a value may come from the environment. */
const VARIABLE = '\\$\\{'
const STRATEGY: Place = ['properties', 'pools', 'patternProperties', '^.*$', 'properties', 'strategy']

/**
 * The config's JSON Schema (draft-07, which editors know best), made from the schemas that check it. What only the loader
 * can tell, such as a pool's name that nobody bears, is not in it.
 */
export function jsonSchema (kinds: readonly StrategyKind[] = strategyKinds): object {
  // Through JSON, as it is going to be a file: a copy without TypeBox's own marks.
  const schema: unknown = JSON.parse(JSON.stringify(configSchema))
  replaceAt(schema, STRATEGY, strategySchema(objectOf(valueAt(schema, STRATEGY)), kinds))
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: 'urn:headrace:config',
    title: 'Headrace config',
    description: 'Any string may hold environment variables: ${NAME} or ${NAME:-default}.',
    ...objectOf(publish(schema))
  }
}

function strategySchema (general: Readonly<Record<string, unknown>>, kinds: readonly StrategyKind[]): object {
  const { description, default: standard } = general
  return { description, default: standard, anyOf: [{ enum: kinds.map(kind => kind.name) }, ...kinds.map(strategyObject), ownStrategy] }
}

const ownStrategy = {
  type: 'object',
  properties: {
    module: { type: 'string', description: 'Path of a module whose default export is a strategy, relative to the config file; or the name of a package.' },
    options: { type: 'object', description: 'What the module\'s strategy is given.' }
  },
  required: ['module'],
  additionalProperties: false
}

function strategyObject (kind: StrategyKind): object {
  const options = objectOf(optionsSchema(kind))
  const required = Array.isArray(options['required']) ? options['required'] : []
  return { ...options, properties: { name: { const: kind.name }, ...objectOf(options['properties']) }, required: ['name', ...required] }
}

/** Drops our own annotations, and lets a variable stand where the loader does. */
function publish (schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(publish)
  if (!isRecord(schema)) return schema
  const { check, expects, propertyNames, ...rest } = schema
  const entries = Object.entries(rest).map(([key, value]) => [key, isVerbatim(key) ? value : key === 'properties' ? publishAll(value) : publish(value)])
  const names = isRecord(propertyNames) && 'pattern' in propertyNames ? { propertyNames: { pattern: propertyNames['pattern'] } } : {}
  return orVariable({ ...Object.fromEntries(entries), ...names })
}

function publishAll (properties: unknown): unknown {
  return Object.fromEntries(Object.entries(objectOf(properties)).map(([name, schema]) => [name, publish(schema)]))
}

function isVerbatim (keyword: string): boolean {
  return keyword === 'default' || keyword === 'enum' || keyword === 'const'
}

function orVariable (schema: Readonly<Record<string, unknown>>): object {
  const { type, description, default: standard, ...rules } = schema
  if (type === 'string' && typeof rules['pattern'] === 'string') return { ...schema, pattern: `${rules['pattern']}|${VARIABLE}` }
  const isScalar = type === 'integer' || type === 'number' || type === 'boolean' || Array.isArray(rules['enum'])
  if (!isScalar) return schema
  return {
    ...(description === undefined ? {} : { description }),
    ...(standard === undefined ? {} : { default: standard }),
    anyOf: [{ ...(type === undefined ? {} : { type }), ...rules }, { type: 'string', pattern: VARIABLE }]
  }
}

function objectOf (value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {}
}
