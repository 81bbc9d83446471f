import { Value } from 'typebox/value'
import { SERVICE_TIMES, scenarioSchema } from './scenario-schema.js'

type ValidationError = ReturnType<typeof Value.Errors>[number]

/** The one place where something may have several forms. When none fits, the faults of all are reported: one sentence says it all. */
const SERVICE_TIME = /^\/targets\/[0-9]+\/serviceTime(?=\/|$)/

/** What is wrong in the form of a scenario file, each with its place; empty if nothing is. */
export function scenarioFaults (file: unknown): string[] {
  const faults = Value.Errors(scenarioSchema, file)
    // A key that is not known is reported twice: as a value that can not be, and by its name.
    .filter(error => error.keyword !== 'boolean')
    .map(error => {
      const place = SERVICE_TIME.exec(error.instancePath)?.[0]
      return place === undefined ? `${error.instancePath === '' ? '/' : error.instancePath} ${sentence(error)}` : `${place} must be ${SERVICE_TIMES}`
    })
  return [...new Set(faults)]
}

function sentence (error: ValidationError): string {
  switch (error.keyword) {
    case 'pattern': return 'must be a duration such as "10ms"'
    case 'enum': return `must be one of ${error.params.allowedValues.join(', ')}`
    case 'additionalProperties': return `has the unknown key ${error.params.additionalProperties.join(', ')}`
    default: return error.message
  }
}
