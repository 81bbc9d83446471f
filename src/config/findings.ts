import type { ErrorObject } from 'ajv'
import { checks } from './checks.js'
import { expected, typesOf } from './expected.js'
import { foldUnions } from './fold-unions.js'
import { got } from './got.js'
import { nearest } from './nearest.js'
import { isRecord, placeOf, type Place } from './place.js'

/** One thing that a schema has against a document. */
export interface Finding {
  readonly place: Place
  readonly message: string
  /** The JSON types that would have been taken, if the type was wrong; else none. */
  readonly types: readonly string[]
}

/** Turns a validator's errors into findings fit for a user's eyes: one sentence for each fault. */
export function findings (errors: readonly ErrorObject[], document: unknown): readonly Finding[] {
  return foldUnions(errors).filter(error => !isImplied(error)).map(error => finding(error, document))
}

/** Is it told better by another error that is there whenever this one is? */
function isImplied ({ keyword, parentSchema, schemaPath }: ErrorObject): boolean {
  // The error of `propertyNames` itself is the one that knows the name.
  if (keyword !== 'propertyNames' && schemaPath.includes('/propertyNames/')) return true
  return (keyword === 'pattern' || keyword === 'minLength') && parentSchema?.['check'] !== undefined
}

function finding (error: ErrorObject, document: unknown): Finding {
  const here = placeOf(error.instancePath, document)
  const { params, parentSchema } = error
  const found = (message: string, ...steps: Place): Finding => ({ place: [...here, ...steps], message, types: [] })
  switch (error.keyword) {
    case 'required': return found(`required: expected ${expected(property(parentSchema, params['missingProperty']))}`, String(params['missingProperty']))
    case 'additionalProperties': return found(unknownKey(String(params['additionalProperty']), parentSchema), String(params['additionalProperty']))
    case 'propertyNames': return found(badName(parentSchema, String(params['propertyName'])), String(params['propertyName']))
    case 'check': return found(error.message ?? 'refused')
    case 'minItems': return found('expected a list with at least one element')
    case 'minProperties': return found('expected an object with at least one entry')
    case 'uniqueItems': return found('is in the list already', Math.max(Number(params['i']), Number(params['j'])))
    case 'type':
    case 'anyOf': return { ...found(mismatch(error)), types: typesOf(parentSchema) }
    default: return found(mismatch(error))
  }
}

/** The name of a wrong type says more than all that a union or an enumeration takes, but the wrong word may have a near one. */
function mismatch ({ parentSchema, data, keyword }: ErrorObject): string {
  const allowed = keyword === 'enum' && Array.isArray(parentSchema?.['enum']) ? parentSchema['enum'].filter(value => typeof value === 'string') : []
  const meant = typeof data === 'string' ? nearest(data, allowed) : undefined
  return `expected ${expected(parentSchema)}, got ${got(data)}${meant === undefined ? '' : `, did you mean "${meant}"?`}`
}

function unknownKey (key: string, schema: unknown): string {
  const known = isRecord(schema) && isRecord(schema['properties']) ? Object.keys(schema['properties']) : []
  const meant = nearest(key, known)
  if (meant !== undefined) return `unknown key, did you mean "${meant}"?`
  return known.length === 0 ? 'unknown key' : `unknown key, expected one of ${known.map(name => `"${name}"`).join(', ')}`
}

function badName (schema: unknown, name: string): string {
  const rule = isRecord(schema) && isRecord(schema['propertyNames']) ? schema['propertyNames'] : {}
  const fault = typeof rule['check'] === 'string' ? checks[rule['check']]?.fault(name) : undefined
  return fault ?? 'this name is not allowed here'
}

function property (schema: unknown, key: unknown): unknown {
  return isRecord(schema) && isRecord(schema['properties']) && typeof key === 'string' ? schema['properties'][key] : undefined
}
