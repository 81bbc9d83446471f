import type { ValidateFunction } from 'ajv'
import { findings, type Finding } from './findings.js'
import { entries, isRecord, placeText, replaceAt, valueAt, type Place } from './place.js'
import { configSchema, type ConfigInput } from './schema.js'
import { readStrategy, type StrategyReader } from './strategy-spec.js'
import { compile } from './validator.js'

let compiled: ValidateFunction<ConfigInput> | null = null

/** Does the document have the form of a config? Narrows its type; says nothing about strategies' options. */
export function isConfigInput (document: unknown): document is ConfigInput {
  compiled ??= compile<ConfigInput>(configSchema, false)
  return compiled(document)
}

/**
 * All that the schemas have against a document. A string that came whole from a variable is first turned into the
 * number or boolean that is wanted in its place.
 */
export function checkStructure (document: unknown, variables: readonly Place[], reader: StrategyReader): readonly Finding[] {
  const found = allFindings(document, reader)
  const strings = new Set(variables.map(placeText))
  const converted = found.filter(finding => strings.has(placeText(finding.place)) && convert(document, finding))
  return converted.length === 0 ? found : allFindings(document, reader)
}

function allFindings (document: unknown, reader: StrategyReader): readonly Finding[] {
  const found = isConfigInput(document) ? [] : [...findings(compiled?.errors ?? [], document)]
  const pools = isRecord(document) ? document['pools'] : undefined
  for (const [name, pool] of entries(pools)) {
    if (isRecord(pool)) found.push(...readStrategy(pool['strategy'], ['pools', name, 'strategy'], reader).findings)
  }
  return found
}

function convert (document: unknown, { place, types }: Finding): boolean {
  const text = valueAt(document, place)
  if (typeof text !== 'string') return false
  if (types.includes('boolean') && (text === 'true' || text === 'false')) {
    replaceAt(document, place, text === 'true')
    return true
  }
  if ((types.includes('number') || types.includes('integer')) && /^-?[0-9]{1,15}(?:\.[0-9]{1,15})?$/.test(text)) {
    replaceAt(document, place, Number(text))
    return true
  }
  return false
}
