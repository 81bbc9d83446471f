import { checks } from './checks.js'
import { elements, isRecord } from './place.js'

/** What a JSON Schema asks for, in words: `a whole number from 1 to 10`. */
export function expected (schema: unknown): string {
  if (!isRecord(schema)) return 'something else'
  const { expects, check } = schema
  if (typeof expects === 'string') return expects
  if (typeof check === 'string') return checks[check]?.expected ?? 'something else'
  if ('const' in schema) return JSON.stringify(schema['const'])
  if (Array.isArray(schema['enum'])) return alternatives(schema['enum'].map(value => JSON.stringify(value)))
  if (Array.isArray(schema['anyOf'])) return alternatives(schema['anyOf'].map(expected))
  return expectedType(schema)
}

function expectedType (schema: Readonly<Record<string, unknown>>): string {
  switch (schema['type']) {
    case 'string': return schema['minLength'] === 1 ? 'a string that is not empty' : typeof schema['pattern'] === 'string' ? `a string like ${schema['pattern']}` : 'a string'
    case 'integer': return `a whole number${bounds(schema)}`
    case 'number': return `a number${bounds(schema)}`
    case 'boolean': return 'true or false'
    case 'array': return 'a list'
    case 'object': return 'an object'
    default: return 'something else'
  }
}

function bounds ({ minimum, maximum }: Readonly<Record<string, unknown>>): string {
  if (typeof minimum === 'number' && typeof maximum === 'number') return ` from ${minimum} to ${maximum}`
  if (typeof minimum === 'number') return ` of at least ${minimum}`
  return typeof maximum === 'number' ? ` of at most ${maximum}` : ''
}

function alternatives (words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}`
}

/** The JSON types that a schema takes, through unions; empty if it does not say. */
export function typesOf (schema: unknown): readonly string[] {
  if (!isRecord(schema)) return []
  if (Array.isArray(schema['anyOf'])) return schema['anyOf'].flatMap(typesOf)
  if ('const' in schema) return [typeof schema['const']]
  if (Array.isArray(schema['enum'])) return [...new Set(elements(schema['enum']).map(value => typeof value))]
  return typeof schema['type'] === 'string' ? [schema['type']] : elements(schema['type']).filter(type => typeof type === 'string')
}

/** Is the value of one of the types that the schema takes? */
export function isOfType (schema: unknown, value: unknown): boolean {
  const types = typesOf(schema)
  const type = Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value
  return types.length === 0 || types.includes(type) || (type === 'number' && types.includes('integer'))
}
