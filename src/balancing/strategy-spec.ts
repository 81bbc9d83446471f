import type { Strategy, StrategyKind } from './strategy.js'

/** Which strategy, with what: plain data, as a config holds it. */
export interface StrategySpec {
  /** A kind's name; for a module of the user's own, the module as the config writes it. */
  readonly name: string
  /** Valid by the kind's schema, its defaults filled in; without `strategy` if the kind wraps another one. */
  readonly options: object
  /** The one in the option `strategy` of a kind that wraps another; null = it does not. */
  readonly beneath: StrategySpec | null
  /** Absolute path of the user's module; null = the name is that of a kind. */
  readonly module: string | null
}

/**
 * Makes the strategy that a spec describes.
 * @param find the kind of a spec, throws if there is none.
 */
export function createStrategy (spec: StrategySpec, find: (spec: StrategySpec) => StrategyKind): Strategy {
  const { beneath } = spec
  const kind = find(spec)
  return beneath === null ? kind.create(spec.options) : kind.create(spec.options, () => createStrategy(beneath, find))
}
