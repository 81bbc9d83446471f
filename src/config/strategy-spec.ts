import type { ValidateFunction } from 'ajv'
import type { StrategyKind } from '../balancing/strategy.js'
import type { StrategySpec } from '../balancing/strategy-spec.js'
import { findings, type Finding } from './findings.js'
import { got } from './got.js'
import { nearest } from './nearest.js'
import { isRecord, type Place } from './place.js'
import { configDefaults } from './schema.js'
import { loadStrategyModule, modulePath } from './strategy-module.js'
import { compile } from './validator.js'

/** What strategies are read with. */
export interface StrategyReader {
  readonly kinds: readonly StrategyKind[]
  /** What paths of modules are relative to. */
  readonly directory: string
}

/** A strategy, read; and what is wrong with it. */
export interface ReadStrategy {
  readonly spec: StrategySpec
  readonly findings: readonly Finding[]
}

const NOTHING: StrategySpec = { name: '', options: {}, beneath: null, module: null }

const validators = new WeakMap<StrategyKind, ValidateFunction>()
const moduleKinds = new Map<string, StrategyKind>()

/** Reads `strategy` of a pool: absent, a name, or an object with a `name` or a `module`. Anything else is the config schema's affair. */
export function readStrategy (input: unknown, place: Place, reader: StrategyReader): ReadStrategy {
  if (isRecord(input) && 'module' in input) return readModule(input, place, reader)
  const { name = configDefaults.strategy, ...given } = isRecord(input) ? input : { name: input }
  if (typeof name !== 'string') return { spec: NOTHING, findings: [] }
  const kind = reader.kinds.find(candidate => candidate.name === name)
  if (kind === undefined) {
    const finding = { place: isRecord(input) ? [...place, 'name'] : place, message: unknownStrategy(name, reader.kinds), types: [] }
    return { spec: { ...NOTHING, name }, findings: [finding] }
  }
  const read = readOptions(given, place, kind, reader)
  return { spec: { name, module: null, ...read.spec }, findings: read.findings }
}

/** The kind that a module of the user's own is; `modulePath` gives the path. @throws as `loadStrategyModule` does. */
export function moduleKind (path: string): StrategyKind {
  let kind = moduleKinds.get(path)
  if (kind === undefined) moduleKinds.set(path, kind = loadStrategyModule(path))
  return kind
}

/** A kind's options schema, closed unless it says otherwise: a mistyped option has no effect, so it is refused. */
export function optionsSchema (kind: StrategyKind): object {
  return { type: 'object', additionalProperties: false, ...kind.schema }
}

function readModule (input: Readonly<Record<string, unknown>>, place: Place, reader: StrategyReader): ReadStrategy {
  const { module, options = {}, ...others } = input
  const fault = (key: string, message: string): Finding => ({ place: [...place, key], message, types: [] })
  const found = Object.keys(others).map(key => fault(key, 'unknown key beside "module": a module\'s own options go into "options"'))
  if (!isRecord(options)) found.push(fault('options', `expected an object, got ${got(options)}`))
  if (typeof module !== 'string' || module === '') return { spec: NOTHING, findings: [...found, fault('module', `expected a path or the name of a package, got ${got(module)}`)] }
  try {
    const path = modulePath(module, reader.directory)
    const read = readOptions(isRecord(options) ? options : {}, [...place, 'options'], moduleKind(path), reader)
    return { spec: { name: module, module: path, ...read.spec }, findings: [...found, ...read.findings] }
  } catch (error) {
    return { spec: NOTHING, findings: [...found, fault('module', `cannot load ${got(module)}: ${error instanceof Error ? firstLine(error.message) : String(error)}`)] }
  }
}

function readOptions (given: Readonly<Record<string, unknown>>, place: Place, kind: StrategyKind, reader: StrategyReader): { readonly spec: Pick<StrategySpec, 'options' | 'beneath'>, readonly findings: readonly Finding[] } {
  // A copy: defaults are written into it, and the input is read more than once.
  const options: Record<string, unknown> = { ...given }
  const validate = validatorOf(kind)
  const found = validate(options) ? [] : findings(validate.errors ?? [], options).map(finding => ({ ...finding, place: [...place, ...finding.place] }))
  if (kind.wraps !== true) return { spec: { options, beneath: null }, findings: found }
  const { strategy, ...own } = options
  const beneath = readStrategy(strategy, [...place, 'strategy'], reader)
  return { spec: { options: own, beneath: beneath.spec }, findings: [...found, ...beneath.findings] }
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

/** Node adds the chain of requires to what it could not find. */
function firstLine (text: string): string {
  return text.split('\n', 1)[0] ?? ''
}
