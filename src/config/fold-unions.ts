import type { ErrorObject } from 'ajv'
import { isOfType } from './expected.js'
import { elements, isRecord } from './place.js'

/**
 * Of a union that nothing fits, a validator reports every branch. This keeps the errors of the one branch that the value
 * was meant for, or the union's own error if it was meant for none.
 */
export function foldUnions (errors: readonly ErrorObject[]): readonly ErrorObject[] {
  let open = errors
  const done = new Set<ErrorObject>()
  for (;;) {
    // The outermost first: an inner union in a branch that is dropped is dropped with it.
    const union = open.filter(error => error.keyword === 'anyOf' && !done.has(error)).reduce<ErrorObject | undefined>(shorter, undefined)
    if (union === undefined) return open
    done.add(union)
    const branch = chooseBranch(union)
    const kept = `${union.schemaPath}/${branch}/`
    open = open.filter(error => error === union ? branch === -1 : !isInside(error, union) || error.schemaPath.startsWith(kept))
  }
}

function shorter (a: ErrorObject | undefined, b: ErrorObject): ErrorObject {
  return a === undefined || b.schemaPath.length < a.schemaPath.length ? b : a
}

function isInside (error: ErrorObject, union: ErrorObject): boolean {
  return error.schemaPath.startsWith(`${union.schemaPath}/`) && `${error.instancePath}/`.startsWith(`${union.instancePath}/`)
}

/** Index of the branch that the value was meant for; -1 if it has the type of none, or could be any of several scalars. */
function chooseBranch ({ parentSchema, data }: ErrorObject): number {
  const branches = elements(parentSchema?.['anyOf'])
  const fitting = branches.flatMap((branch, index) => isOfType(branch, data) ? [index] : [])
  if (!isRecord(data)) {
    const [only = -1, ...others] = fitting
    const branch = branches[only]
    // A plain word or number is best answered with all that could be there; lists and checked strings have more to say.
    return others.length === 0 && (Array.isArray(data) || (isRecord(branch) && 'check' in branch)) ? only : -1
  }
  let best = -1
  let bestScore = Number.NEGATIVE_INFINITY
  for (const index of fitting) {
    const score = likeness(branches[index], data)
    if (score > bestScore) [best, bestScore] = [index, score]
  }
  return best
}

/** How much an object looks like it was written for a schema: a fixed value decides, then required keys, then known ones. */
function likeness (branch: unknown, data: Readonly<Record<string, unknown>>): number {
  if (!isRecord(branch)) return 0
  const properties = isRecord(branch['properties']) ? branch['properties'] : {}
  let score = 0
  for (const [key, schema] of Object.entries(properties)) {
    const isConstant = isRecord(schema) && 'const' in schema
    if (key in data) score += !isConstant ? 1 : schema['const'] === data[key] ? 1000 : -1000
  }
  for (const key of elements(branch['required'])) score += typeof key === 'string' && key in data ? 1.5 : -10
  return score
}
