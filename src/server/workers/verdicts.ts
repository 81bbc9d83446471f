import type { TargetVerdict } from './messages.js'

/** Hears of verdicts on the targets of one pool. @param origin of the target. */
export type VerdictListener = (origin: string, up: boolean) => void

/** What a worker has been told of the health of targets, whether its pools have them already or not. */
export class Verdicts {
  readonly #up = new Map<string, Map<string, boolean>>()
  readonly #listeners = new Map<string, Set<VerdictListener>>()

  /** up, down, or null = nothing is known. */
  get (pool: string, origin: string): boolean | null {
    return this.#up.get(pool)?.get(origin) ?? null
  }

  tell ({ pool, target, up }: TargetVerdict): void {
    let targets = this.#up.get(pool)
    if (targets === undefined) this.#up.set(pool, targets = new Map())
    targets.set(target, up)
    for (const listener of this.#listeners.get(pool) ?? []) listener(target, up)
  }

  /** Takes all that is known: of others nothing is. */
  replace (verdicts: readonly TargetVerdict[]): void {
    this.#up.clear()
    for (const verdict of verdicts) this.tell(verdict)
  }

  /** @returns what ends it. */
  listen (pool: string, listener: VerdictListener): () => void {
    let listeners = this.#listeners.get(pool)
    if (listeners === undefined) this.#listeners.set(pool, listeners = new Set())
    listeners.add(listener)
    return () => {
      listeners.delete(listener)
      if (listeners.size === 0 && this.#listeners.get(pool) === listeners) this.#listeners.delete(pool)
    }
  }
}
