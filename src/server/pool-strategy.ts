import { Guarded, type FaultObserver } from '../balancing/guarded.js'
import { RoundRobin } from '../balancing/round-robin.js'
import { strategyKinds } from '../balancing/strategies.js'
import { createStrategy, type StrategySpec } from '../balancing/strategy-spec.js'
import type { Strategy, StrategyKind } from '../balancing/strategy.js'
import { ConfigError } from '../base/errors.js'
import { moduleKind } from '../config/strategy-spec.js'
import type { Log } from '../proxy/access-log.js'

/**
 * What makes the strategy of a pool, once for each of its levels. Those that are not built in are guarded, also beneath others: the first
 * fault of each is logged.
 * @throws {ConfigError} the first time, if a kind does not take its options after all.
 */
export function poolStrategy (pool: string, spec: StrategySpec, kinds: readonly StrategyKind[], log: Log): () => Strategy {
  const faults = new Faults(pool, log)
  const find = (part: StrategySpec): StrategyKind => {
    const kind = findKind(part, kinds)
    return strategyKinds.includes(kind) ? kind : guarded(kind, part.name, faults)
  }
  let made = false
  return () => {
    try {
      const strategy = createStrategy(spec, find)
      made = true
      return strategy
    } catch (error) {
      // A level more than the config began with is no reason to stop.
      if (made) return faults.standIn(spec.name, error)
      throw new ConfigError([{ path: `pools.${pool}.strategy`, message: messageOf(error) }])
    }
  }
}

/** What goes wrong with the strategies of a pool: told once for each of them. */
class Faults {
  readonly #pool: string
  readonly #log: Log
  readonly #told = new Set<string>()

  constructor (pool: string, log: Log) {
    this.#pool = pool
    this.#log = log
  }

  observer (strategy: string): FaultObserver {
    return fault => {
      if (this.#told.has(strategy)) return
      this.#told.add(strategy)
      this.#log.error({ pool: this.#pool, strategy, reason: messageOf(fault) }, 'strategy failed: round-robin takes its place')
    }
  }

  standIn (strategy: string, fault: unknown): Strategy {
    this.observer(strategy)(fault)
    return new RoundRobin()
  }
}

function guarded (kind: StrategyKind, name: string, faults: Faults): StrategyKind {
  return {
    name,
    schema: kind.schema,
    create: (options, beneath) => {
      const strategy: unknown = kind.create(options, beneath)
      if (!isStrategy(strategy)) throw new TypeError(`strategy "${name}": its "create" gave nothing with a "prepare"`)
      return new Guarded(strategy, faults.observer(name))
    }
  }
}

function isStrategy (value: unknown): value is Strategy {
  return typeof value === 'object' && value !== null && 'prepare' in value && typeof value.prepare === 'function'
}

function findKind ({ name, module }: StrategySpec, kinds: readonly StrategyKind[]): StrategyKind {
  if (module !== null) return moduleKind(module)
  const kind = kinds.find(candidate => candidate.name === name)
  if (kind === undefined) throw new RangeError(`there is no strategy "${name}"`)
  return kind
}

/** Whatever was thrown: somebody else's error may throw, too, when it is asked. */
function messageOf (error: unknown): string {
  try {
    return String(error instanceof Error ? error.message : error)
  } catch {
    return 'it threw what cannot be told as text'
  }
}
