import { readAs } from './header-names.js'
import type { HeaderRules } from './route-config.js'

/** A route's header rules, prepared once so that a request costs one look-up per field. */
export class PreparedRules {
  /** Lower-case names whose fields are left out: those removed and those set anew. */
  readonly #leftOut: ReadonlySet<string>
  /** Names and values in turn, added at the end. */
  readonly added: readonly string[]
  readonly isEmpty: boolean

  constructor (rules: HeaderRules) {
    this.#leftOut = new Set([...rules.remove.map(name => name.toLowerCase()), ...rules.set.map(([name]) => name.toLowerCase())])
    this.added = rules.set.flat()
    this.isEmpty = this.#leftOut.size === 0
  }

  /**
   * Is a field of this lower-case name left out? Spellings that some backends take for the same name are too.
   * @param read what such backends take the name for, if that is known already.
   */
  leavesOut (name: string, read?: string): boolean {
    if (this.isEmpty) return false
    const other = read ?? readAs(name)
    return this.#leftOut.has(name) || (other !== name && this.#leftOut.has(other))
  }
}
