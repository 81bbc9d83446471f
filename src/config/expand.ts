import type { ConfigFault } from '../base/errors.js'
import { placeText, type Place } from './place.js'

/** Variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>

/** A copy of the input with its variables filled in. */
export interface Expansion {
  /** Objects in it have no prototype. */
  readonly document: unknown
  /** Where a string was one variable and nothing else: it may stand for a number or a boolean. */
  readonly variables: readonly Place[]
  readonly faults: readonly ConfigFault[]
}

const DEEPEST = 32
const VARIABLE = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}|\$\{/g
const ONLY_VARIABLE = /^\$\{[A-Za-z_][^}]*\}$/

/** Copies the input and expands `${NAME}` and `${NAME:-default}` in each string; `$${` stands for `${`. */
export function expand (input: unknown, environment: Environment): Expansion {
  const copier = new Copier(environment)
  const document = copier.copy(input, [])
  return { document, variables: copier.variables, faults: copier.faults }
}

class Copier {
  readonly variables: Place[] = []
  readonly faults: ConfigFault[] = []
  readonly #environment: Environment

  constructor (environment: Environment) {
    this.#environment = environment
  }

  copy (value: unknown, place: Place): unknown {
    if (typeof value === 'string') return this.#expandText(value, place)
    if (typeof value !== 'object' || value === null) return value
    if (place.length >= DEEPEST) {
      this.#fault(place, 'nested too deeply')
      return null
    }
    if (Array.isArray(value)) return value.map((element, index) => this.copy(element, [...place, index]))
    const copy: Record<string, unknown> = Object.create(null)
    for (const [key, child] of Object.entries(value)) {
      if (key === '__proto__') this.#fault([...place, key], 'unknown key')
      // As JSON.stringify does: callers of the API write `host: maybe`.
      else if (child !== undefined) copy[key] = this.copy(child, [...place, key])
    }
    return copy
  }

  #expandText (text: string, place: Place): string {
    if (!text.includes('${')) return text
    if (ONLY_VARIABLE.test(text)) this.variables.push(place)
    return text.replace(VARIABLE, (whole: string, name: string | undefined, fallback: string | undefined) => {
      if (whole === '$${') return '${'
      if (name === undefined) {
        this.#fault(place, '"${" begins no variable: expected ${NAME} or ${NAME:-default}, or $${ for the characters themselves')
        return whole
      }
      return this.#variable(name, fallback, place) ?? whole
    })
  }

  /** As in a shell, the default stands in for an empty variable too. */
  #variable (name: string, fallback: string | undefined, place: Place): string | undefined {
    const value = Object.hasOwn(this.#environment, name) ? this.#environment[name] : undefined
    if (fallback !== undefined && (value === undefined || value === '')) return fallback
    if (value === undefined) this.#fault(place, `the environment variable ${name} is not set and \${${name}} gives no default`)
    return value
  }

  #fault (place: Place, message: string): void {
    this.faults.push({ path: placeText(place), message })
  }
}
