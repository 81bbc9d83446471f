import { Ajv, type ValidateFunction } from 'ajv'
import { checks } from './checks.js'

/**
 * Compiles a schema that may use our annotations `check` (a name in `checks`) and `expects` (words for messages).
 * @param useDefaults write defaults into what is validated.
 */
export function compile<T> (schema: object, useDefaults: boolean): ValidateFunction<T> {
  // One Ajv for each: two schemas of different origin may bear the same $id. Most validators run once in a process: to optimize one takes longer than to run it.
  const ajv = new Ajv({ allErrors: true, verbose: true, strict: false, validateFormats: false, useDefaults, code: { optimize: false } })
  ajv.addKeyword({ keyword: 'expects' })
  ajv.addKeyword({ keyword: 'check', type: 'string', schemaType: 'string', errors: true, compile: compileCheck })
  return ajv.compile<T>(schema)
}

interface CheckFunction {
  (text: string): boolean
  errors?: Array<{ keyword: string, message: string, params: object }>
}

function compileCheck (name: string): CheckFunction {
  const check = checks[name]
  if (check === undefined) throw new TypeError(`a schema names the unknown check "${name}"`)
  const passes: CheckFunction = text => {
    const message = check.fault(text)
    if (message !== null) passes.errors = [{ keyword: 'check', message, params: {} }]
    return message === null
  }
  return passes
}
