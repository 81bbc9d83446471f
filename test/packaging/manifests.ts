import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { valueAt } from '../../src/config/place.js'
import { ROOT, text } from './repository.js'

const FOLDER = 'examples/kubernetes'

export const manifestNames: readonly string[] = readdirSync(join(ROOT, FOLDER))

/** All objects of the Kubernetes example. */
export const manifests: readonly unknown[] = manifestNames.flatMap(name => parseAllDocuments(text(`${FOLDER}/${name}`)).map((document): unknown => {
  if (document.errors.length > 0) throw new Error(`${name}: ${document.errors.join()}`)
  return document.toJS()
}))

/** What lies at a place of the object of a kind and name. @throws {Error} unless there is exactly one such object. */
export function manifestAt (kind: string, name: string, ...place: ReadonlyArray<string | number>): unknown {
  const found = manifests.filter(object => valueAt(object, ['kind']) === kind && valueAt(object, ['metadata', 'name']) === name)
  if (found.length !== 1) throw new Error(`${found.length} objects are ${kind} ${name}`)
  return valueAt(found[0], place)
}

export const pod = ['spec', 'template', 'spec'] as const
export const container = [...pod, 'containers', 0] as const

/** A variable of a container: its value, or the key of the secret `headrace` or the field of the pod that it comes from. */
export interface Variable {
  readonly name: string
  readonly value: string | null
  readonly secretKey: string | null
  readonly field: string | null
}

/** The variables of the one container of a workload. @throws {Error} for one that comes from somewhere else. */
export function variables (kind: string, name: string): readonly Variable[] {
  const given = manifestAt(kind, name, ...container, 'env') ?? []
  if (!Array.isArray(given)) throw new Error(`env of ${kind} ${name} is no list`)
  return given.map((variable: unknown) => {
    const string = (...place: readonly string[]): string | null => {
      const found = valueAt(variable, place)
      return typeof found === 'string' ? found : null
    }
    const read = {
      name: string('name') ?? '',
      value: string('value'),
      secretKey: string('valueFrom', 'secretKeyRef', 'name') === 'headrace' ? string('valueFrom', 'secretKeyRef', 'key') : null,
      field: string('valueFrom', 'fieldRef', 'fieldPath')
    }
    if (read.name === '' || (read.value ?? read.secretKey ?? read.field) === null) throw new Error(`a variable of ${kind} ${name} comes from nowhere`)
    return read
  })
}
