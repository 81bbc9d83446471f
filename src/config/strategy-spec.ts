import type { ValidateFunction } from 'ajv'
import type { StrategyKind } from '../balancing/strategy.js'
import { findings, type Finding } from './findings.js'
import { got } from './got.js'
import { nearest } from './nearest.js'
import { isRecord, type Place } from './place.js'
import { configDefaults } from './schema.js'
import { compile } from './validator.js'

/** A pool's strategy, read: the kind's name and its options with defaults; and what is wrong with it. */
export interface StrategySpec {
  readonly name: string
  readonly options: object
  readonly findings: readonly Finding[]
}

const validators = new WeakMap<StrategyKind, ValidateFunction>()

/** Reads `strategy` of a pool: absent, a name, or an object. Anything else is the config schema's affair. */
export function readStrategy (input: unknown, place: Place, kinds: readonly StrategyKind[]): StrategySpec {
  const { name = configDefaults.strategy, ...given } = isRecord(input) ? input : { name: input }
  if (typeof name !== 'string') return { name: '', options: {}, findings: [] }
  const kind = kinds.find(candidate => candidate.name === name)
  if (kind === undefined) {
    const finding = { place: isRecord(input) ? [...place, 'name'] : place, message: unknownStrategy(name, kinds), types: [] }
    return { name, options: {}, findings: [finding] }
  }
  const options: object = given
  const validate = validatorOf(kind)
  if (validate(options)) return { name, options, findings: [] }
  const found = findings(validate.errors ?? [], options).map(finding => ({ ...finding, place: [...place, ...finding.place] }))
  return { name, options, findings: found }
}

/** A kind's options schema, closed unless it says otherwise: a mistyped option has no effect, so it is refused. */
export function optionsSchema (kind: StrategyKind): object {
  return { type: 'object', additionalProperties: false, ...kind.schema }
}

function validatorOf (kind: StrategyKind): ValidateFunction {
  let validate = validators.get(kind)
  if (validate === undefined) validators.set(kind, validate = compile(optionsSchema(kind), true))
  return validate
}

function unknownStrategy (name: string, kinds: readonly StrategyKind[]): string {
  const names = kinds.map(kind => kind.name)
  const meant = nearest(name, names)
  if (meant !== undefined) return `unknown strategy ${got(name)}, did you mean "${meant}"?`
  return `unknown strategy ${got(name)}, expected one of ${names.map(known => `"${known}"`).join(', ')}`
}
