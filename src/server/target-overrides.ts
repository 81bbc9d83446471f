import type { Config } from '../config/config.js'
import type { TargetSpec } from '../upstream/target.js'

/** What an admin has set on a target. */
export interface Override {
  readonly state?: 'ready' | 'drain' | 'maint'
  readonly weight?: number
}

interface PoolOverrides {
  readonly changes: Map<string, Override>
  readonly added: Map<string, TargetSpec>
  readonly removed: Set<string>
}

/**
 * What admins have changed by hand, laid over what the config says: it outlives reloads, for a reload is no word on it, and ends with the
 * process. By pool name and origin, so that it still holds when a target comes back into the config.
 */
export class TargetOverrides {
  readonly #pools = new Map<string, PoolOverrides>()

  /** @param configured what the config says of the target, if it names it. Where that is what is asked for, the config has the word again. */
  change (pool: string, origin: string, override: Override, configured?: TargetSpec): void {
    const { changes } = this.#of(pool)
    const { state, weight } = { ...changes.get(origin), ...override }
    const kept = {
      ...(state !== undefined && !(state === 'ready' && configured !== undefined && configured.drain !== true) && { state }),
      ...(weight !== undefined && !(configured !== undefined && weight === (configured.weight ?? 1)) && { weight })
    }
    if (Object.keys(kept).length === 0) changes.delete(origin)
    else changes.set(origin, kept)
  }

  add (pool: string, spec: TargetSpec): void {
    const { added, removed } = this.#of(pool)
    removed.delete(spec.url)
    added.set(spec.url, spec)
  }

  /** @param configured does the config name it? One that only an admin has added leaves nothing behind: a config may name it later. */
  remove (pool: string, origin: string, configured: boolean): void {
    const { added, removed, changes } = this.#of(pool)
    added.delete(origin)
    changes.delete(origin)
    if (configured) removed.add(origin)
  }

  /** The targets that a pool is to have, given those of its config. */
  apply (pool: string, configured: readonly TargetSpec[]): readonly TargetSpec[] {
    const overrides = this.#pools.get(pool)
    if (overrides === undefined) return configured
    const { changes, added, removed } = overrides
    const known = new Set(configured.map(({ url }) => url))
    // One that an admin has added may be in the config as well, or have come into it since: what he asked for holds.
    const present = configured.filter(({ url }) => !removed.has(url)).map(spec => ({ ...spec, ...added.get(spec.url) }))
    const all = [...present, ...[...added.values()].filter(({ url }) => !known.has(url))]
    return all.map(spec => changed(spec, changes.get(spec.url)))
  }

  /** Pools as a config describes them, with the targets that they are to have. */
  over (pools: Config['pools']): Config['pools'] {
    return Object.fromEntries(Object.entries(pools).map(([name, pool]) => [name, { ...pool, targets: this.apply(name, pool.targets) }]))
  }

  /** @returns what takes back all that is changed from now on. */
  save (): () => void {
    const saved = [...this.#pools].map(([pool, { changes, added, removed }]) => [pool, { changes: new Map(changes), added: new Map(added), removed: new Set(removed) }] as const)
    return () => {
      this.#pools.clear()
      for (const [pool, overrides] of saved) this.#pools.set(pool, overrides)
    }
  }

  /** In words, one line for each change; for the log of a reload. */
  get lines (): readonly string[] {
    return [...this.#pools].flatMap(([pool, { changes, added, removed }]) => [
      ...[...changes].map(([origin, { state, weight }]) => `${pool}/${origin}${state === undefined ? '' : ` is ${state}`}${weight === undefined ? '' : ` has weight ${weight}`}`),
      ...[...added.keys()].map(origin => `${pool}/${origin} was added`),
      ...[...removed].map(origin => `${pool}/${origin} was removed`)
    ])
  }

  #of (pool: string): PoolOverrides {
    let overrides = this.#pools.get(pool)
    if (overrides === undefined) this.#pools.set(pool, overrides = { changes: new Map(), added: new Map(), removed: new Set() })
    return overrides
  }
}

function changed (spec: TargetSpec, override: Override | undefined): TargetSpec {
  if (override === undefined) return spec
  const { state, weight = spec.weight } = override
  const drain = state === undefined ? spec.drain : state === 'drain'
  return { ...spec, ...(weight !== undefined && { weight }), ...(drain !== undefined && { drain }), maintenance: state === 'maint' }
}
