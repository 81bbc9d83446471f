import { createRequire } from 'node:module'
import { isAbsolute, resolve } from 'node:path'
import type { Candidate, NonEmpty, PickContext, Strategy, StrategyKind } from '../balancing/strategy.js'
import { isRecord } from './place.js'

/** The least that a strategy of the user's own can be: chooses one of the targets it is given. */
export type PickFunction = (targets: NonEmpty<Candidate>, context: PickContext, options: object) => Candidate

const require = createRequire(import.meta.url)

/** The file that a config's `module` names: a path is relative to the config file, anything else is a package. */
export function modulePath (name: string, directory: string): string {
  return name.startsWith('.') || isAbsolute(name) ? resolve(directory, name) : require.resolve(name, { paths: [resolve(directory)] })
}

/**
 * Loads a strategy from a module whose default export is a `StrategyKind`, a `Strategy` or a `PickFunction`. A module is loaded once in the life of the process.
 * @throws what the module throws, {TypeError} if what it exports is none of these, and {SyntaxError} with a hint if it is TypeScript that this Node does not read.
 */
export function loadStrategyModule (path: string): StrategyKind {
  const loaded = requireModule(path)
  const exported = isRecord(loaded) && 'default' in loaded ? loaded['default'] : loaded
  // What it takes and gives can't be seen from outside: the strategy is guarded for that.
  if (isClass(exported)) throw new TypeError('its default export is a class: export a kind, { create: options => new YourStrategy(options) }')
  if (typeof exported === 'function') return kindOf(options => functionStrategy(exported as PickFunction, options))
  if (isKind(exported)) return { ...exported, name: path, schema: exported.schema ?? OPEN, create: (options, beneath) => exported.create(options, beneath) }
  if (isStrategy(exported)) return kindOf(() => exported)
  throw new TypeError('its default export is neither a function that picks, nor a strategy with "prepare", nor a kind with "create"')

  function kindOf (create: (options: object) => Strategy): StrategyKind {
    return { name: path, schema: OPEN, create: options => create(isRecord(options) ? options : {}) }
  }
}

function requireModule (path: string): unknown {
  try {
    return require(path)
  } catch (error) {
    if (!(error instanceof SyntaxError) || !/\.m?ts$/.test(path)) throw error
    const [reason = ''] = error.message.split('\n', 1)
    throw new SyntaxError(`${reason}: compile it to JavaScript, or use a Node that reads TypeScript (22.18 or later)`, { cause: error })
  }
}

const OPEN = { type: 'object', additionalProperties: true }

function functionStrategy (pick: PickFunction, options: object): Strategy {
  return {
    prepare<T extends Candidate> (eligible: NonEmpty<T>) {
      // That it chose one of those it was given is for the guard to see.
      // A list of its own each time: what it does with one is not seen by the next pick.
      return { pick: (context: PickContext) => pick([...eligible], context, options) as T }
    }
  }
}

function isClass (value: unknown): boolean {
  return typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value))
}

function isKind (value: unknown): value is Pick<StrategyKind, 'create'> & { readonly schema?: object } {
  return isRecord(value) && typeof value['create'] === 'function'
}

function isStrategy (value: unknown): value is Strategy {
  return isRecord(value) && typeof value['prepare'] === 'function'
}
